"""The gate: what people are asked, and every way in which it ends."""

from datetime import timedelta
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Arrival, BlockError, Json, Output, Signal, Wait
from blocks.flow.gate import BLOCK

pytestmark = pytest.mark.anyio

ORDER = {"order": 7, "to": ["ada@example.com", "bo@example.com"]}
LIMIT = {"name": "limit", "type": "number", "label": "New limit", "required": True}
CONFIG: dict[str, Json] = {"title": "Order {{ input.order }}", "form": [LIMIT], "timeout": 3600}


def outcome(decision: str, **more: Json) -> Output:
    nothing = {"decided_by": None, "note": "", "form": {}, "timed_out": False, "input": ORDER}
    return Output({"decision": decision, **nothing, **more}, (decision,))


async def decide(stage: Any, payload: Json, **config: Json) -> Any:
    return await stage().resume("flow.gate", {**CONFIG, **config}, ORDER, Arrival(None, payload))


async def test_it_asks_and_parks(stage: Any) -> None:
    context = stage()
    config = {**CONFIG, "description": "Für {{ input.to[0] }}", "assignees": "{{ input.to }}", "n_of_m": 2, "default": "reject"}
    data = {
        "title": "Order 7",
        "description": "Für ada@example.com",
        "assignees": ["ada@example.com", "bo@example.com"],
        "n_of_m": 2,
        "form": [LIMIT],
        "timeout": 3600,
        "default": "reject",
    }
    parked = await context.run("flow.gate", config, ORDER)
    assert parked == Wait(context.now() + timedelta(hours=1), None, Signal("approval", "", data))


async def test_without_a_limit_it_waits_as_long_as_it_takes(stage: Any) -> None:
    assert (await stage().run("flow.gate", {"title": "May it?"}, ORDER)).until is None


async def test_approved(stage: Any) -> None:
    payload = {"decision": "approved", "decided_by": "ada@example.com", "note": "gut", "form": {"limit": 9, "extra": 1}}
    expected = outcome("approved", decided_by="ada@example.com", note="gut", form={"limit": 9})
    assert await decide(stage, payload) == expected


async def test_rejected_without_filling_in_the_form(stage: Any) -> None:
    assert await decide(stage, {"decision": "rejected", "decided_by": "bo@example.com"}) == outcome(
        "rejected", decided_by="bo@example.com"
    )


@pytest.mark.parametrize(("default", "decision"), [("approve", "approved"), ("reject", "rejected")])
async def test_when_nobody_decides_the_default_counts(stage: Any, default: str, decision: str) -> None:
    late = Arrival(None, timed_out=True)
    ended = await stage().resume("flow.gate", {**CONFIG, "default": default}, ORDER, late)
    assert ended == outcome(decision, timed_out=True)


async def test_or_it_fails(stage: Any) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().resume("flow.gate", CONFIG, ORDER, Arrival(None, timed_out=True))
    assert (caught.value.code, caught.value.retryable) == ("APPROVAL_TIMEOUT", False)


async def test_a_simulation_asks_nobody(stage: Any) -> None:
    context = stage(mode="simulation")
    assert await context.run("flow.gate", CONFIG, ORDER) == outcome("approved")
    assert context.lines


@pytest.mark.parametrize("payload", [None, "approved", {}, {"decision": "perhaps"}, {"decision": ["approved"]}])
async def test_a_strange_decision_is_refused(stage: Any, payload: Json) -> None:
    with pytest.raises(BlockError) as caught:
        await decide(stage, payload)
    assert caught.value.code == "DECISION_INVALID"


FIELDS = [
    {"name": "text", "required": True},
    {"name": "day", "type": "date"},
    {"name": "sure", "type": "boolean"},
    {"name": "n", "type": "number"},
]


async def test_a_form_is_checked_as_a_whole_and_no_value_is_told(stage: Any) -> None:
    form = {"text": "", "day": "tomorrow", "sure": "yes", "n": True}
    with pytest.raises(BlockError) as caught:
        await decide(stage, {"decision": "approved", "form": form}, form=FIELDS)
    assert caught.value.code == "FORM_INVALID"
    assert caught.value.message == (
        "`text` is needed; `day` must be a date such as 2026-12-24; `sure` must be true or false; `n` must be a number"
    )


async def test_a_form_that_fits_has_every_field(stage: Any) -> None:
    form = {"text": "ok", "day": "2026-12-24", "sure": False, "n": ""}
    ended = await decide(stage, {"decision": "approved", "form": form}, form=FIELDS)
    assert ended.value["form"] == {"text": "ok", "day": "2026-12-24", "sure": False, "n": None}


@pytest.mark.parametrize("form", [None, [], "x"])
async def test_a_required_field_is_missed_whatever_came_instead_of_a_form(stage: Any, form: Json) -> None:
    with pytest.raises(BlockError, match="`limit` is needed"):
        await decide(stage, {"decision": "approved", "form": form})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"title": ""}, "Title: is needed"),
        ({"assignees": ["a@b.c", "A@B.C"]}, "Assignees: has somebody twice"),
        ({"assignees": ["a@b.c"], "n_of_m": 2}, "Approvals needed: must be at most 1, as so many may decide"),
        ({"form": [{"name": "a"}, {"name": "a"}]}, "Form: has the name a twice"),
        ({"form": [{"name": "two words"}]}, "Form 1, Name: has characters that are not allowed here"),
        ({"timeout": 0}, "Time limit in seconds: must be more than 0"),
    ],
)
def test_a_wrong_configuration_is_told_in_plain_words(config: dict[str, Json], message: str) -> None:
    assert [problem.message for problem in validate_config(BLOCK, {"title": "May it?", **config})] == [message]


def test_assignees_may_come_from_a_template() -> None:
    assert validate_config(BLOCK, {"title": "May it?", "assignees": "{{ input.to }}", "n_of_m": 2}) == []


async def test_the_example(stage: Any) -> None:
    (example,) = BLOCK.examples
    payload = {name: example.output[name] for name in ("decision", "decided_by", "note", "form")}
    ended = await stage().resume(BLOCK.type, example.config, example.input, Arrival(None, payload))
    assert ended == Output(example.output, example.ports)
