"""Pages that workflows have for people: the same door and lifecycle as webhooks (contract.md G27), but nobody signs in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.workflows import WebhookRow, WorkflowRow
from app.engine.program import Program, Step
from app.journal.records import NewExecution
from app.sdk import Json
from app.services.accounts import Accounts
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.hooks import Hooks
from app.services.idempotency import Key
from app.services.lending import Programs
from app.services.rate_limit import RateLimit
from app.services.starts import Started
from app.services.workflow_rows import armed_window

ALL_PER_MINUTE = 600
"""What one page takes from everybody together."""
LONGEST_MARK = 100


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that takes what people send. `options` is the configuration of its block."""

    address: WebhookRow
    row: WorkflowRow
    revision: int
    program: Program
    step: Step
    options: Any
    is_armed: bool
    actor: Actor | None

    @property
    def type(self) -> str:
        """That of its block: `trigger.form` or another."""
        return self.step.block.type

    @property
    def answers(self) -> bool:
        """Whether the workflow has a block that answers whoever started it."""
        return _answers(self.program)


class PublicPages:
    def __init__(self, hooks: Hooks, programs: Programs, accounts: Accounts) -> None:
        self._hooks = hooks
        self._programs = programs
        self._accounts = accounts
        self._limits: dict[int, RateLimit] = {}

    async def open(self, page_id: str, actor: Actor | None) -> OpenPage:
        """Raises 404 where there is none, 403 while it is closed, 401 where only members may and nobody has signed in."""
        found = await self._hooks.find(_checked_id(page_id))
        if found is None:
            raise _missing()
        row, sources = found
        is_deployed = row.state == "deployed" and "deployed" in sources
        address = sources["deployed" if is_deployed or "draft" not in sources else "draft"]
        revision = (row.deployed_revision if address.source == "deployed" else None) or row.revision
        program = (await self._programs.load(row.id, revision)).program
        step = program.steps[program.plan.number[address.block_id]]
        if "page_id" not in step.block.config.model_fields:
            raise _missing()
        is_open = is_deployed or armed_window(row) is not None
        if not row.enabled or not step.enabled or not is_open:
            raise ServiceError("PAGE_CLOSED", "This page is closed at the moment.", 403)
        options: Any = step.config.static
        if options is None:
            raise ServiceError("PAGE_SETTINGS", "This page's settings cannot be used; its block in the workflow says why.", 503)
        who = await self._member(actor, row) if options.access == "members" else None
        return OpenPage(address, row, revision, program, step, options, not is_deployed, who)

    def slow_down(self, page: OpenPage, caller: str) -> None:
        """Raises 429 for who sends too much, and when everybody together does."""
        per_minute: int = page.options.per_minute
        own = self._limits.setdefault(per_minute, RateLimit(per_minute))
        everybody = self._limits.setdefault(ALL_PER_MINUTE, RateLimit(ALL_PER_MINUTE))
        wait = own.take(f"{page.address.webhook_id} {caller}") or everybody.take(page.address.webhook_id)
        if wait > 0:
            message = "That was a lot in a short time. Please wait a minute and try again."
            raise ServiceError("TOO_MANY_REQUESTS", message, 429, data={"retry_after": int(wait) + 1})

    def execution(self, page: OpenPage, variables: dict[str, Json], request: Json) -> NewExecution:
        """What `start` is to be given."""
        user_id = page.actor.user_id if page.actor else None
        trigger = page.type.removeprefix("trigger.")
        return new_execution(page.row, page.revision, page.step.id, trigger, user_id, variables, request)

    async def start(self, page: OpenPage, new: NewExecution, mark: str) -> Started:
        """Start the workflow, on disk before this returns. What bears a mark that came before has started it already."""
        told = f"{page.step.id}:{mark[:LONGEST_MARK]}"
        key = Key("page:" + hashlib.sha256(told.encode()).hexdigest()) if mark else None
        try:
            return await self._hooks.start_within(page.row, new, page.address, key, None, armed=page.is_armed)
        except ServiceError as error:
            if error.code == "NOT_DEPLOYED":
                raise ServiceError("PAGE_CLOSED", "This page is closed at the moment.", 403) from None
            if error.code != "CONCURRENCY_LIMIT":
                raise
            message = "Too many use this at the same time. Please try again in a moment."
            raise ServiceError(error.code, message, 429, data=error.data) from None

    async def _member(self, actor: Actor | None, row: WorkflowRow) -> Actor:
        """Raises 401 without a person, 404 for those of other workspaces, 403 for who may not run workflows."""
        if actor is None:
            raise ServiceError("UNAUTHORIZED", "Sign in first: this page is for members.", 401)
        try:
            member = await self._accounts.at_work_in(actor, row.workspace_id)
        except ServiceError:
            raise _missing() from None
        member.demand("workflows.run")
        return member


def _answers(program: Program) -> bool:
    return any(step.block.answers for step in program.steps) or any(_answers(body) for body in program.bodies.values())


def _missing() -> ServiceError:
    return ServiceError("PAGE_NOT_FOUND", "There is nothing at this address.", 404)


def _checked_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise _missing() from None
