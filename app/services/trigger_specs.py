"""Pure: what a trigger of each type is configured with (contract.md G10, G17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.engine.values import encode
from app.sdk import Json
from app.services.errors import invalid
from app.services.schedule_times import SHORTEST, Schedule

MAX_CONFIG_BYTES = 100_000
M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScheduleSpec(_Strict):
    """Exactly one of a cron line and an interval; runs are at least 60 seconds apart."""

    cron: Annotated[str, Field(max_length=200)] | None = None
    intervalSeconds: Annotated[int, Field(ge=60, le=31_622_400)] | None = None  # noqa: N815 - the contract's spelling
    timezone: str = Field("UTC", max_length=64)
    startAt: str | None = None  # noqa: N815
    endAt: str | None = None  # noqa: N815
    maxRuns: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None  # noqa: N815
    catchUp: Literal["skip", "once", "all"] = "skip"  # noqa: N815
    args: dict[str, Any] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError):
            raise ValueError("is not a time zone") from None
        return name

    @field_validator("cron")
    @classmethod
    def _can_run(cls, line: str | None) -> str | None:
        if line is not None:
            try:
                simulated = CronSim(line, datetime.now(UTC))
                first, second = next(simulated), next(simulated)
            except (CronSimError, StopIteration) as error:
                raise ValueError(f"cannot be used: {str(error) or 'it never comes'}") from None
            if second - first < SHORTEST:
                raise ValueError("makes runs that are less than 60 seconds apart")
        return line

    @field_validator("startAt", "endAt")
    @classmethod
    def _is_time(cls, text: str | None) -> str | None:
        if text is not None:
            datetime.fromisoformat(text)
        return text

    @model_validator(mode="after")
    def _one_of_both(self) -> ScheduleSpec:
        if (self.cron is None) == (self.intervalSeconds is None):
            raise ValueError("either cron or intervalSeconds is needed")
        start, end = self.moment(self.startAt), self.moment(self.endAt)
        if start is not None and end is not None and end <= start:
            raise ValueError("endAt must be later than startAt")
        return self

    def moment(self, text: str | None) -> datetime | None:
        """A time without an offset is one of the schedule's zone."""
        if text is None:
            return None
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(self.timezone))).astimezone(UTC)

    def schedule(self) -> Schedule:
        interval = max(SHORTEST, timedelta(seconds=self.intervalSeconds or 0))
        bounds = (self.moment(self.startAt), self.moment(self.endAt))
        return Schedule(self.cron, interval, self.timezone, *bounds, self.maxRuns, catch_up=self.catchUp)


class EventSpec(_Strict):
    """`*` in the name of the event stands for anything."""

    event: str = Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")


class WebhookSpec(_Strict):
    """A webhook is known by its key alone."""


def read_spec(type: str, raw: Json) -> dict[str, Json]:
    """The configuration of a trigger with its defaults. Raises 400 naming every field that is wrong."""
    models: dict[str, type_of_spec] = {"schedule": ScheduleSpec, "event": EventSpec, "webhook": WebhookSpec}
    if type not in models:
        raise invalid("`type` must be webhook, schedule or event.", [{"field": "type", "message": "is not known"}])
    if not isinstance(raw, dict):
        raise invalid("`config` must be an object.", [{"field": "config", "message": "must be an object"}])
    if len(encode(raw)) > MAX_CONFIG_BYTES:
        raise invalid("`config` is too large.", [{"field": "config", "message": "is too large"}])
    return checked(models[type], raw, "config").model_dump(mode="json")


type_of_spec = type[BaseModel]


def checked(model: type[M], raw: Json, place: str = "") -> M:
    """What a caller sends, as a model. Raises 400 naming every field that is wrong."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        details = []
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            path = ".".join([*([place] if place else []), *(str(part) for part in item["loc"])])
            words = {"missing": "is needed", "extra_forbidden": "is not a known field"}.get(item["type"], item["msg"])
            details.append({"field": path, "message": words.removeprefix("Value error, ")})
        first = details[0]
        named = f"`{first['field']}` " if first["field"] else ""
        raise invalid(f"{named}{first['message']}.", details) from None
