"""Waiting for an event: what it waits for, and every way in which it goes on."""

from datetime import timedelta
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Arrival, BlockError, Json, Output, Signal, Wait
from blocks.flow._schema import mismatch
from blocks.flow.wait_event import BLOCK

pytestmark = pytest.mark.anyio

ORDER = {"order": 7}
PAID = {"event": "payment.{{ input.order }}", "timeout_seconds": 90}
AMOUNT = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}


async def test_it_parks_for_the_event_until_the_time_is_over(stage: Any) -> None:
    context = stage()
    until = context.now() + timedelta(seconds=90)
    parked = await context.run("flow.wait_event", {**PAID, "data": {"order": "{{ input.order }}"}}, ORDER)
    assert parked == Wait(until, {"until": until.isoformat()}, Signal("event", "payment.7", {"order": 7}))


async def test_without_a_limit_and_a_name_only_the_address_ends_it(stage: Any) -> None:
    assert await stage().run("flow.wait_event", {}, ORDER) == Wait(None, {"until": None}, Signal("event", ""))


@pytest.mark.parametrize("payload", [{"amount": 5}, "ja ✓", None, []])
async def test_what_comes_is_the_output(stage: Any, payload: Json) -> None:
    outcome = await stage().resume("flow.wait_event", PAID, ORDER, Arrival({"until": None}, payload))
    assert outcome == Output(payload, ("output",))


async def test_when_the_time_is_over_the_input_goes_on(stage: Any) -> None:
    late = Arrival({"until": None}, timed_out=True)
    assert await stage().resume("flow.wait_event", PAID, ORDER, late) == Output(ORDER, ("timeout",))
    with pytest.raises(BlockError) as caught:
        await stage().resume("flow.wait_event", {**PAID, "on_timeout": "fail"}, ORDER, late)
    assert (caught.value.code, caught.value.retryable) == ("EVENT_TIMEOUT", False)


async def test_what_does_not_fit_is_waited_over_without_more_time(stage: Any) -> None:
    context = stage()
    config = {**PAID, "payload_schema": AMOUNT}
    parked = await context.run("flow.wait_event", config, ORDER)
    again = await context.resume("flow.wait_event", config, ORDER, Arrival(parked.value, {"amount": "secret"}))
    assert again == parked
    assert context.lines == ["Keeps waiting, because what came.amount must be of type number"]
    fits = await context.resume("flow.wait_event", config, ORDER, Arrival(again.value, {"amount": 5}))
    assert fits == Output({"amount": 5})


async def test_or_fails(stage: Any) -> None:
    config = {"payload_schema": AMOUNT, "on_mismatch": "fail"}
    with pytest.raises(BlockError) as caught:
        await stage().resume("flow.wait_event", config, ORDER, Arrival({"until": None}, {}))
    assert (caught.value.code, caught.value.message) == ("EVENT_INVALID", "what came lacks amount")


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        (1, {}, None),
        (1, {"type": "integer"}, None),
        (1.0, {"type": "integer"}, None),
        (1.5, {"type": "integer"}, "x must be of type integer"),
        (True, {"type": "number"}, "x must be of type number"),
        (None, {"type": ["string", "null"]}, None),
        ("a", {"type": "text"}, "x must be of type text"),
        (True, {"enum": [1]}, "x must be one of the allowed values"),
        ("ß", {"enum": ["ss", "ß"]}, None),
        ([1, "2"], {"type": "array", "items": {"type": "integer"}}, "x[1] must be of type integer"),
        ({"a": {}}, {"properties": {"a": {"required": ["b"]}}}, "x.a lacks b"),
        ({"a": 1}, {"properties": "nonsense", "required": 5}, None),
    ],
)
def test_the_schema(value: Json, schema: Json, problem: str | None) -> None:
    assert mismatch(value, schema, "x") == problem


@pytest.mark.parametrize("config", [{"timeout_seconds": 0}, {"timeout_seconds": 40_000_000}, {"event": "x" * 201}])
def test_limits(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1


async def test_the_example(stage: Any) -> None:
    (example,) = BLOCK.examples
    context = stage()
    parked = await context.run(BLOCK.type, example.config, example.input)
    assert parked.signal.name == "payment.7"
    outcome = await context.resume(BLOCK.type, example.config, example.input, Arrival(parked.value, example.output))
    assert outcome == Output(example.output, example.ports)
