"""Webhook calls: who may start what (contract.md A206-A235, C19-C20, G28)."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

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
from app.services.lending import Programs
from app.services.light import LightWebhooks
from app.services.starts import Started, Starts
from app.services.workflow_rows import armed_window, changed


class Hooks:
    def __init__(
        self, database: Database, starts: Starts, programs: Programs, bus: EventBus, wait_seconds: float
    ) -> None:
        self._database = database
        self._starts = starts
        self._programs = programs
        self._bus = bus
        self._wait_seconds = wait_seconds
        self._webhooks = Memory(database, self._find)
        self.light = LightWebhooks(database, bus)

    async def _find(self, webhook_id: str) -> tuple[WorkflowRow, dict[str, WebhookRow]] | None:
        async with self._database.read() as connection:
            return await queries.find_webhook(connection, webhook_id)

    async def call(self, call: HookCall) -> HookAnswer:
        """Answer a webhook call. Raises ServiceError with the codes of G28; a wrong secret never uses up an arm."""
        webhook_id = _checked_id(call.webhook_id)
        mark = self._database.changes.mark
        found = await self._webhooks.get(webhook_id)
        if found is None:
            raise ServiceError("WEBHOOK_NOT_FOUND", f"There is no webhook `{webhook_id}`.", 404)
        row, sources = found
        deployed = row.state == "deployed" and "deployed" in sources
        webhook = sources["deployed" if deployed or "draft" not in sources else "draft"]
        revision = (row.deployed_revision if webhook.source == "deployed" else None) or row.revision
        program = await self._authorize(call, webhook, revision)
        if not row.enabled:
            raise ServiceError("WORKFLOW_DISABLED", "This workflow is switched off.", 403)
        if not deployed and armed_window(row) is None:
            raise ServiceError("NOT_DEPLOYED", "This workflow is neither deployed nor armed, so it takes no calls.", 403)
        if deployed:
            self.light.note(webhook_id, row, program, mark)
        variables = await read_body(call.headers.get("content-type", ""), call.body)
        new = new_execution(row, revision, webhook.block_id, "webhook", None, variables, call_details(call))
        try:
            started = await self._starts.start(row, new) if deployed else await self._start_armed(row, new)
        except ServiceError as error:
            raise _too_many(error) if error.code == "CONCURRENCY_LIMIT" else error from None
        return await wait_for_answer(started, self._wait_seconds)

    async def _authorize(self, call: HookCall, webhook: WebhookRow, revision: int) -> Program:
        """The program to run. Raises 401 without the webhook's secret, 405 for a method that the block does not take."""
        program = (await self._programs.load(webhook.workflow_id, revision)).program
        step = program.steps[program.plan.number[webhook.block_id]]
        config = step.config.raw
        if not secret_fits(str(config.get("webhook_secret") or ""), call.headers.get("authorization"), call.query.get("token")):
            raise ServiceError("UNAUTHORIZED", "The webhook's secret is missing or wrong.", 401)
        if not step.enabled:
            raise ServiceError("WEBHOOK_DISABLED", "This webhook block is switched off.", 403)
        methods = config.get("methods") or ["POST"]
        if call.method not in methods:
            raise ServiceError("METHOD_NOT_ALLOWED", f"This webhook takes {', '.join(methods)}, not {call.method}.", 405)
        return program

    async def _start_armed(self, row: WorkflowRow, new: NewExecution) -> Started:
        """Use up the arm and accept the execution in one transaction: both happen, or neither."""
        async with self._database.write() as connection:
            accepted = await self._starts.accept_within(connection, row, new)
            if not accepted.replayed and not await queries.consume_arm(connection, row.id, datetime.now(UTC)):
                raise ServiceError("NOT_DEPLOYED", "The armed call has been used, or its time is over.", 403)
        if not accepted.replayed:
            self._bus.publish(f"workflow:{row.id}", changed(replace(row, armed_until=None)))
        return await self._starts.go(accepted)


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
