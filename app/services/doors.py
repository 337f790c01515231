"""The other addresses under which workflows are called from outside: by key, by name (contract.md C19, C30, G17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.db import addresses
from app.db import triggers as queries
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.sdk import Json
from app.services.errors import ServiceError
from app.services.executions import Executions, check_entry, new_execution
from app.services.hook_answers import HookAnswer, HookCall, call_details, wait_for_answer
from app.services.hook_body import read_body
from app.services.hooks import Hooks
from app.services.lending import Programs
from app.services.starts import Started, Starts
from app.services.triggers import key_hash

MAX_KEY = 200


class Doors:
    def __init__(
        self, database: Database, hooks: Hooks, executions: Executions, programs: Programs, starts: Starts, wait_seconds: float
    ) -> None:
        self._database = database
        self._hooks = hooks
        self._executions = executions
        self._programs = programs
        self._starts = starts
        self._wait_seconds = wait_seconds

    async def by_key(self, key: str, call: HookCall) -> HookAnswer:
        """Fire a webhook trigger; whoever knows its key may. Raises 404 for a key that is not there, 403 when it is off."""
        async with self._database.read() as connection:
            found = await queries.by_key(connection, key_hash(key)) if len(key) <= MAX_KEY else None
        if found is None:
            raise ServiceError("WEBHOOK_NOT_FOUND", "There is no webhook with this key.", 404)
        trigger, row = found
        if not trigger.enabled:
            raise ServiceError("WEBHOOK_DISABLED", "This webhook is switched off.", 403)
        variables = await read_body(call.headers.get("content-type", ""), call.body)
        started = await self.start(row, variables, call_details(call))
        return await wait_for_answer(started, self._wait_seconds)

    async def by_name(self, name: str, call: HookCall) -> HookAnswer:
        """Call the webhook block of a workflow: the same secret, the same deploy or arm gate. Names are of a workspace, so the
        secret decides between workflows, and between several webhook blocks of one."""
        async with self._database.read() as connection:
            ids = await addresses.webhooks_of_name(connection, name)
        refusal = ServiceError("WEBHOOK_NOT_FOUND", f"There is no workflow `{name[:200]}` with a webhook.", 404)
        for webhook_id in ids:
            try:
                return await self._hooks.call(replace(call, webhook_id=webhook_id), is_guess=webhook_id != ids[-1])
            except ServiceError as error:
                if error.code not in ("UNAUTHORIZED", "ADDRESS_REFUSED", "WEBHOOK_NOT_FOUND"):
                    raise
                refusal = refusal if error.code == "WEBHOOK_NOT_FOUND" else error  # such an address is that of a page
        raise refusal

    async def variables(self, row: WorkflowRow) -> Sequence[Mapping[str, Json]]:
        """The variables that a workflow declares where it starts, of the revision that a call runs."""
        program = (await self._programs.load(row.id, row.deployed_revision or row.revision)).program
        declared = [step.config.raw.get("variables") for step in program.triggers if step.enabled]
        return next((found for found in declared if isinstance(found, list)), [])

    async def start(
        self, row: WorkflowRow, variables: dict[str, Json], request: Json, trigger: str = "webhook", *, durably: bool = False
    ) -> Started:
        """Start what is deployed, else the newest revision, where it starts when somebody runs it. Raises 403, 400, 429.

        `durably`: it is on disk before this returns, for those who are told of it before it has ended.
        """
        if not row.enabled:
            raise ServiceError("WORKFLOW_DISABLED", "This workflow is switched off.", 403)
        if row.deployed_revision is None:
            program = await self._executions.ready_program(row)
        else:
            program = (await self._programs.load(row.id, row.deployed_revision)).program
        check_entry(program, None)
        new = new_execution(row, row.deployed_revision or row.revision, None, trigger, None, variables, request)
        try:
            return await self._starts.start(row, new, durably=durably)
        except ServiceError as error:
            if error.code != "CONCURRENCY_LIMIT":
                raise
            raise ServiceError(error.code, error.message, 429, data=error.data) from None
