"""Webhook calls: who may start what (contract.md A206-A235, C19-C20, G28)."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import inbound
from app.db import workflows as queries
from app.db.memory import Memory
from app.db.session import Database
from app.db.workflows import WebhookRow, WorkflowRow
from app.engine.program import Program
from app.hosts.bus import EventBus
from app.journal.records import NewExecution
from app.services.errors import ServiceError
from app.services.executions import new_execution
from app.services.hook_answers import HookAnswer, HookCall, call_details, wait_for_answer
from app.services.hook_body import read_body
from app.services.hook_guard import Guard, Guards, Once
from app.services.hook_limits import HookLimits
from app.services.hook_refusals import HookRefusals
from app.services.idempotency import Key
from app.services.lending import Programs
from app.services.light import LightWebhooks
from app.services.starts import Started, Starts
from app.services.workflow_rows import armed_window, changed

REMEMBERED = frozenset({400, 401, 403, 405, 409, 413, 415, 422, 429})
"""Statuses with which a call is refused for a reason that its sender, or whoever set up the webhook, can do something about."""


Admitted = tuple[Program, Guard | None, Once | None]
"""A call that may start something: the program to run, the webhook's guard where it has one, and what the guard has found."""


class Hooks:
    """`is_helper`: in a process that has nothing but what light workflows need."""

    def __init__(
        self,
        database: Database,
        starts: Starts,
        programs: Programs,
        bus: EventBus,
        wait_seconds: float,
        *,
        is_helper: bool = False,
    ) -> None:
        self._database = database
        self._starts = starts
        self._programs = programs
        self._bus = bus
        self._wait_seconds = wait_seconds
        self._is_helper = is_helper
        self._webhooks = Memory(database, self._find)
        self._guards = Guards()
        self._limits = HookLimits(database)
        self.refusals = HookRefusals(database)
        self.light = LightWebhooks(database, bus)

    async def find(self, webhook_id: str) -> tuple[WorkflowRow, dict[str, WebhookRow]] | None:
        """The workflow behind an address, and where it stands in its draft and in its deployed revision."""
        return await self._webhooks.get(webhook_id)

    async def _find(self, webhook_id: str) -> tuple[WorkflowRow, dict[str, WebhookRow]] | None:
        async with self._database.read() as connection:
            return await queries.find_webhook(connection, webhook_id)

    async def call(self, call: HookCall, *, is_guess: bool = False) -> HookAnswer:
        """Answer a webhook call. Raises ServiceError with the codes of G28; a wrong secret never uses up an arm.

        `is_guess`: the caller did not name this webhook; it is not told of calls that were meant for another.
        """
        webhook_id = _checked_id(call.webhook_id)
        mark = self._database.changes.mark
        found = await self.find(webhook_id)
        if found is None:
            raise ServiceError("WEBHOOK_NOT_FOUND", f"There is no webhook `{webhook_id}`.", 404)
        row, sources = found
        try:
            started = await self._started(call, webhook_id, row, sources, mark)
        except ServiceError as error:
            if error.status in REMEMBERED and not is_guess:
                self.refusals.note(webhook_id, row.workspace_id, error, call.address)
            raise
        return await wait_for_answer(started, self._wait_seconds)

    async def too_large(self, call: HookCall, error: ServiceError) -> None:
        """A call was refused before it was read. Raises 400 for an id that is none."""
        webhook_id = _checked_id(call.webhook_id)
        found = await self._webhooks.get(webhook_id)
        if found is not None:
            self.refusals.note(webhook_id, found[0].workspace_id, error, call.address)

    async def _started(
        self, call: HookCall, webhook_id: str, row: WorkflowRow, sources: dict[str, WebhookRow], mark: bytes
    ) -> Started:
        deployed = row.state == "deployed" and "deployed" in sources
        webhook = sources["deployed" if deployed or "draft" not in sources else "draft"]
        revision = (row.deployed_revision if webhook.source == "deployed" else None) or row.revision
        program, guard, once = await self._admitted(call, webhook, revision)
        if not row.enabled:
            raise ServiceError("WORKFLOW_DISABLED", "This workflow is switched off.", 403)
        if not deployed and armed_window(row) is None:
            raise ServiceError("NOT_DEPLOYED", "This workflow is neither deployed nor armed, so it takes no calls.", 403)
        if self._is_helper and (guard is not None or not program.is_light):
            raise ServiceError("MISDIRECTED", "This connection serves other webhooks. Please connect again.", 421)
        if deployed and guard is None:
            self.light.note(webhook_id, row, program, mark)
        variables = await read_body(call.headers.get("content-type", ""), call.body)
        details = call_details(call, guard.secret_header) if guard is not None else call_details(call)
        new = new_execution(row, revision, webhook.block_id, "webhook", None, variables, details)
        try:
            if deployed and (guard is None or (once is None and not guard.has_same)):
                return await self._starts.start(row, new)
            key = None if guard is None else guard.same(call, row, new)
            return await self.start_within(row, new, webhook, key, once, armed=not deployed)
        except ServiceError as error:
            raise _too_many(error) if error.code == "CONCURRENCY_LIMIT" else error from None

    async def _admitted(self, call: HookCall, webhook: WebhookRow, revision: int) -> Admitted:
        """Raises 401 without proof of the webhook's secret, 405 for a method that the block does not take, and as guards do."""
        program = (await self._programs.load(webhook.workflow_id, revision)).program
        step = program.steps[program.plan.number[webhook.block_id]]
        if "webhook_id" not in step.block.config.model_fields:  # a page for people has an address of the same kind
            raise ServiceError("WEBHOOK_NOT_FOUND", f"There is no webhook `{webhook.webhook_id}`.", 404)
        guard = self._guards.of(step)
        if guard is not None:
            guard.check_place(call)
            guard.check_size(call)
        once = None
        if guard is not None and guard.replaces_secret:
            once = guard.check_proof(call)
        else:
            secret = str(step.config.raw.get("webhook_secret") or "")
            if not secret_fits(secret, call.headers.get("authorization"), call.query.get("token")):
                raise ServiceError("UNAUTHORIZED", "The webhook's secret is missing or wrong.", 401)
        if not step.enabled:
            raise ServiceError("WEBHOOK_DISABLED", "This webhook block is switched off.", 403)
        methods = step.config.raw.get("methods") or ["POST"]
        if call.method not in methods:
            raise ServiceError("METHOD_NOT_ALLOWED", f"This webhook takes {', '.join(methods)}, not {call.method}.", 405)
        if guard is not None:
            await self._limits.slow_down(webhook, guard.calls_per_minute)
        return program, guard, once

    async def start_within(
        self, row: WorkflowRow, new: NewExecution, webhook: WebhookRow, key: Key | None, once: Once | None, *, armed: bool
    ) -> Started:
        """Accept the execution, use up the arm and remember the signed call in one transaction: all of it happens, or nothing.

        A call that is the same as an earlier one gets its execution, and changes nothing.
        """
        now = datetime.now(UTC)
        async with self._database.write(counts=armed) as connection:
            accepted = await self._starts.accept_within(connection, row, new, key)
            if not accepted.replayed:
                if once is not None:
                    await _see(connection, row, webhook.webhook_id, once, now)
                if armed and not await queries.consume_arm(connection, row.id, now):
                    raise ServiceError("NOT_DEPLOYED", "The armed call has been used, or its time is over.", 403)
        if armed and not accepted.replayed:
            self._bus.publish(f"workflow:{row.id}", changed(replace(row, armed_until=None)))
        return await self._starts.go(accepted)


async def _see(connection: AsyncConnection, row: WorkflowRow, webhook_id: str, once: Once, now: datetime) -> None:
    """Raises 409 when this signed call was accepted before."""
    if not await inbound.see(connection, row.workspace_id, webhook_id, once.digest, once.until, now):
        raise ServiceError("REPLAYED", "This signed call has come before, and counts once.", 409)


def secret_fits(secret: str, authorization: str | None, token: str | None) -> bool:
    """The header rule to the letter (A229-A235): a header that starts with `bearer ` decides alone, else `?token=`."""
    if authorization is not None and authorization.lower().startswith("bearer "):
        # Header bytes come in as Latin-1 characters; callers send a secret with other letters as UTF-8.
        given = authorization[len("bearer ") :].encode("latin-1", "replace").strip()
    else:
        given = (token or "").encode("utf-8", "replace")
    return bool(secret) and bool(given) and hmac.compare_digest(given, secret.encode("utf-8", "replace"))


def _too_many(error: ServiceError) -> ServiceError:
    """The concurrency limit in the words of webhooks (contract.md G28)."""
    return ServiceError(error.code, error.message, 429, data=error.data)


def _checked_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ServiceError("VALIDATION_ERROR", "The webhook id in the address is not a UUID.", 400) from None
