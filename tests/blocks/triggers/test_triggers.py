"""Triggers: what starts a workflow, what is passed on, and what is not meant."""

from typing import Any

import pytest

from app.catalog import Catalog
from app.describe import validate_config
from app.engine.expressions import ExpressionError
from app.sdk import BlockError, Json, Output
from blocks.triggers.event import BLOCK as EVENT
from blocks.triggers.schedule import BLOCK as SCHEDULE
from blocks.triggers.workflow import BLOCK as WORKFLOW

pytestmark = pytest.mark.anyio


def test_an_execution_can_start_at_every_trigger() -> None:
    triggers = [block for block in Catalog.load() if block.type.startswith("trigger.")]
    assert {block.type for block in triggers} >= {"trigger.schedule", "trigger.error", "trigger.event", "trigger.workflow"}
    assert all(block.trigger and not block.inputs and block.category == "Start" for block in triggers)


# -- schedule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "variables"), [(None, {"a": 1, "b": "ü"}), ({}, {"a": 1, "b": "ü"}), ({"a": 2, "c": 3}, {"a": 2, "b": "ü", "c": 3})]
)
async def test_a_scheduled_run_has_the_variables_of_the_schedule(stage: Any, given: Json, variables: Json) -> None:
    config = {"interval_seconds": 60, "args": {"a": 1, "b": "ü"}}
    assert await stage().run("trigger.schedule", config, given) == Output(variables)


async def test_a_schedule_takes_nothing_but_variables(stage: Any) -> None:
    with pytest.raises(BlockError, match="must be an object"):
        await stage().run("trigger.schedule", {"interval_seconds": 60}, [1])


CRON = {"cron": "0 9 * * 1-5"}


@pytest.mark.parametrize(
    "config",
    [
        CRON,
        {"interval_seconds": 60},
        {**CRON, "timezone": "Europe/Berlin", "start_at": "2026-01-31", "end_at": "2026-02-01T00:00:00Z", "max_runs": 1},
        {"interval_seconds": 600, "jitter_seconds": 599, "catch_up": "all"},
        {**CRON, "timezone": "Asia/Tokyo", "start_at": "2026-06-01T09:00:00", "end_at": "2026-06-01T00:00:01Z"},
    ],
)
def test_good_schedules(config: dict[str, Json]) -> None:
    assert validate_config(SCHEDULE, config) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "Or a cron line: or an interval is needed"),
        ({**CRON, "interval_seconds": 60}, "Or a cron line: cannot be given together with an interval"),
        ({"interval_seconds": 59}, "Every so many seconds: must be at least 60"),
        ({"cron": "every day"}, "Or a cron line: must have five parts: minute, hour, day of month, month, day of week"),
        ({**CRON, "timezone": "Mars/Base"}, "Time zone: is not a known time zone"),
        ({**CRON, "start_at": "soon"}, "Not before: must be a date and time such as 2026-01-31T09:00:00Z"),
        (
            {**CRON, "timezone": "Asia/Tokyo", "start_at": "2026-06-01T09:00:00", "end_at": "2026-06-01T00:00:00Z"},
            "Not after: must be later than the first moment",
        ),
        ({**CRON, "max_runs": 0}, "At most so many runs: must be at least 1"),
        ({"interval_seconds": 60, "jitter_seconds": 60}, "Spread in seconds: must be less than the interval"),
        ({**CRON, "jitter_seconds": -1}, "Spread in seconds: must be at least 0"),
        ({**CRON, "catch_up": "maybe"}, "Overdue runs: must be one of 'skip', 'once' or 'all'"),
        ({**CRON, "args": [1]}, "Variables: must be an object of names and values"),
    ],
)
def test_a_wrong_schedule_is_told_in_plain_words(config: dict[str, Json], message: str) -> None:
    assert [problem.message for problem in validate_config(SCHEDULE, config)] == [message]


# -- error -----------------------------------------------------------------------------------------------------------

FAILED = {
    "workflow": {"id": "w-1", "name": "Bestellungen für Köln"},
    "execution_id": "e-1",
    "error": {"code": "HTTP_STATUS", "message": "no answer", "block_id": "fetch"},
}


@pytest.mark.parametrize(
    ("config", "is_meant"),
    [
        ({}, True),
        ({"workflows": ["bestellungen FÜR köln"]}, True),
        ({"workflows": ["other", "w-1"]}, True),
        ({"workflows": ["other"]}, False),
        ({"codes": ["TIMEOUT", "HTTP_STATUS"]}, True),
        ({"codes": ["HTTP_*"]}, True),
        ({"codes": ["HTTP"]}, False),
        ({"codes": ["http_status"]}, False),
        ({"workflows": ["w-1"], "codes": ["TIMEOUT"]}, False),
    ],
)
async def test_which_failures_are_meant(stage: Any, config: dict[str, Json], is_meant: bool) -> None:
    assert await stage().run("trigger.error", config, FAILED) == Output(FAILED, ("output",) if is_meant else ())


@pytest.mark.parametrize("value", [None, {}, "failed", {"workflow": "w", "error": {}}, {"workflow": {}, "error": None}])
async def test_something_else_than_a_failure_is_refused(stage: Any, value: Json) -> None:
    with pytest.raises(BlockError, match="a failure is needed"):
        await stage().run("trigger.error", {}, value)


# -- event -----------------------------------------------------------------------------------------------------------

PAID = {"type": "order.paid", "timestamp": "2026-06-01T12:00:00Z", "data": {"total": 250}}


@pytest.mark.parametrize(
    ("config", "is_meant"),
    [
        ({"event": "order.paid"}, True),
        ({"event": "order.*"}, True),
        ({"event": "*"}, True),
        ({"event": "order"}, False),
        ({"event": "Order.*"}, False),
        ({"event": "order.*", "filter": "input.data.total > 100"}, True),
        ({"event": "order.*", "filter": "input.data.total > 1000"}, False),
        ({"event": "invoice.*", "filter": "input.no_such_field"}, False),
    ],
)
async def test_which_events_are_meant(stage: Any, config: dict[str, Json], is_meant: bool) -> None:
    assert await stage().run("trigger.event", config, PAID) == Output(PAID, ("output",) if is_meant else ())


async def test_a_filter_that_names_what_is_not_there_is_an_error(stage: Any) -> None:
    with pytest.raises(ExpressionError):
        await stage().run("trigger.event", {"event": "*", "filter": "input.data.amount > 1"}, PAID)


@pytest.mark.parametrize("value", [None, {}, [], {"type": 5}])
async def test_something_else_than_an_event_is_refused(stage: Any, value: Json) -> None:
    with pytest.raises(BlockError, match="an event is needed"):
        await stage().run("trigger.event", {"event": "*"}, value)


@pytest.mark.parametrize("event", ["", "order paid", "x" * 201])
def test_an_event_needs_a_proper_name(event: str) -> None:
    assert len(validate_config(EVENT, {"event": event})) == 1


# -- workflow --------------------------------------------------------------------------------------------------------

TYPED = {"variables": [{"name": "city", "required": True}, {"name": "n", "type": "integer", "default": 3}]}


async def test_variables_are_checked_and_filled_in(stage: Any) -> None:
    assert await stage().run("trigger.workflow", TYPED, {"city": "Köln", "more": 1}) == Output(
        {"city": "Köln", "n": 3, "more": 1}
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "Variable `city` is needed"),
        ({"city": 5, "n": "x"}, "Variable `city` must be text; Variable `n` must be a whole number"),
        (["Köln"], "The variables must be an object of names and values"),
    ],
)
async def test_wrong_variables_are_named(stage: Any, given: Json, message: str) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().run("trigger.workflow", TYPED, given)
    assert (caught.value.code, caught.value.message) == ("VARIABLES_INVALID", message)


def test_a_variable_may_be_there_only_once() -> None:
    found = validate_config(WORKFLOW, {"variables": [{"name": "a"}, {"name": "a"}]})
    assert [problem.message for problem in found] == ["Variables: has the name a twice"]
