"""What holds for every execution of a workflow, however it is started."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import workflows as queries
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.expressions import ExpressionError, compile_expression
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid
from app.services.workflow_rows import find_row

YEAR_MS = 31_536_000_000
Days = Annotated[int, Field(ge=1, le=36_500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Concurrency(_Strict):
    """How many executions may be under way at once, and what happens to one too many."""

    limit: int | None = Field(None, ge=1, le=10_000)
    when_full: Literal["queue", "skip", "replace"] = "queue"


class Retention(_Strict):
    """What is deleted in time. Failures are kept for `failed_days`; without that, they are kept like the others."""

    days: Days | None = None
    count: int | None = Field(None, ge=1, le=10_000_000)
    failed_days: Days | None = None

    @model_validator(mode="after")
    def _failures_longer(self) -> Retention:
        if self.days is not None and self.failed_days is not None and self.failed_days < self.days:
            raise ValueError("failed_days must not be less than days")
        return self


class WorkflowSettings(_Strict):
    """`error_workflow` is the id of the workflow that is told of failures, `idempotency_key` a bare expression."""

    deadline_ms: int | None = Field(None, ge=1, le=YEAR_MS)
    concurrency: Concurrency = Concurrency()
    priority: int = Field(0, ge=-1_000, le=1_000)
    error_workflow: str = Field("", max_length=200)
    retention: Retention = Retention()
    idempotency_key: str = Field("", max_length=10_000)

    @field_validator("idempotency_key")
    @classmethod
    def _compiles(cls, source: str) -> str:
        try:
            if source.strip():
                compile_expression(source)
        except ExpressionError as error:
            raise ValueError(error.message) from None
        return source.strip()


def settings_of(row: WorkflowRow) -> WorkflowSettings:
    """The stored settings of a workflow, or the defaults."""
    return _read(row.settings)


@lru_cache(1_000)
def _read(stored: bytes | None) -> WorkflowSettings:
    return WorkflowSettings() if stored is None else WorkflowSettings.model_validate(decode_stored(stored))


def store_settings(settings: WorkflowSettings) -> bytes:
    """The stored form, which settings_of reads."""
    return encode(settings.model_dump(mode="json"))


def parse_settings(raw: Json) -> WorkflowSettings:
    """Settings as a caller sends them; what is left out has its default. Raises 400 naming every field that is wrong."""
    try:
        return WorkflowSettings.model_validate(raw)
    except ValidationError as error:
        details = [
            {"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"].removeprefix("Value error, ")}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        first = details[0]
        message = f"`{first['field']}`: {first['message']}" if first["field"] else f"The settings: {first['message']}"
        raise invalid(f"{message}.", details) from None


class SettingsOfWorkflows:
    """Reading and changing the settings of workflows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, actor: Actor, id_or_name: str) -> WorkflowSettings:
        actor.require("viewer")
        async with self._database.read() as connection:
            return settings_of(await find_row(connection, actor.workspace_id, id_or_name))

    async def put(self, actor: Actor, id_or_name: str, raw: Json) -> WorkflowSettings:
        """Replace all settings. They hold for executions that start from now on."""
        actor.require("editor")
        wanted = parse_settings(raw)
        async with self._database.write() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            if wanted.error_workflow:
                wanted = wanted.model_copy(update={"error_workflow": await _other(connection, actor, row, wanted.error_workflow)})
            await queries.update(connection, row.id, settings=store_settings(wanted))
        return wanted


async def _other(connection: AsyncConnection, actor: Actor, row: WorkflowRow, id_or_name: str) -> str:
    """The id of another workflow. Raises 400 when there is none; by its id it is found again when it is renamed."""
    try:
        other = await find_row(connection, actor.workspace_id, id_or_name)
    except ServiceError:
        raise _wrong_error_workflow(f"There is no workflow `{id_or_name}`.") from None
    if other.id == row.id:
        raise _wrong_error_workflow("A workflow cannot be told of its own failures.")
    return other.id


def _wrong_error_workflow(message: str) -> ServiceError:
    return invalid(message, [{"field": "error_workflow", "message": message}])
