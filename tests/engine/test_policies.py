"""What may stand in for running a block, or end it: run_if, pins, the cache, simulation, time limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.sdk import BlockError, Code, Config, Context, Json, Output, Wait
from tests.support.flows import flows, loop
from tests.support.graphs import block, graph
from tests.support.tiny import Environment, Ran, Types, drive, takes, tiny, types

pytestmark = pytest.mark.anyio


@dataclass
class Counted:
    """A block that counts its runs and gives its input."""

    runs: list[Json] = field(default_factory=list)

    async def execute(self, context: Context, config: Any, value: Json) -> Output:
        self.runs.append(value)
        return Output(value)

    def known(self, **more: Any) -> Types:
        return flows(tiny("act", self.execute, **more))


def acts(**policy: Json) -> dict[str, Json]:
    return block("act", "act", policy=policy)


# -- run_if ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "runs"), [(1, 0), (5, 1)])
async def test_a_block_runs_only_if_its_condition_is_true(value: int, runs: int) -> None:
    counted = Counted()
    ran = await drive(graph("act>end", act=acts(run_if="input > 3")), counted.known(), value)
    assert (len(counted.runs), ran.outcome.output) == (runs, value)


async def test_a_block_that_is_passed_over_leaves_at_its_first_port() -> None:
    drawn = graph("check:if>yes", "check:else>no", check=block("check", "check", policy={"run_if": "False"}))
    ran = await drive(drawn, types(takes("else")), 1)
    assert ran.recorder.ran() == ["check", "yes"]


async def test_a_condition_that_is_no_condition_fails_the_step_with_its_field() -> None:
    ran = await drive(graph("act", act=acts(run_if="input")), Counted().known(), 7)
    assert ran.outcome.error is not None
    assert (ran.outcome.error.code, "policy.run_if" in ran.outcome.error.message) == ("NOT_BOOLEAN", True)


# -- pins ------------------------------------------------------------------------------------------------------------

PINNED = graph("act>end", act=acts(pinned={"output": {"pinned": True}}))


@pytest.mark.parametrize(("more", "runs"), [({}, 1), ({"use_pins": True}, 0)])
async def test_a_pin_counts_only_where_the_execution_uses_pins(more: dict[str, Any], runs: int) -> None:
    counted = Counted()
    ran = await drive(PINNED, counted.known(effect="write"), 7, **more)
    assert (len(counted.runs), ran.outcome.output) == (runs, 7 if runs else {"pinned": True})


async def test_a_simulation_uses_the_pins_of_blocks_with_an_effect_and_of_no_other() -> None:
    counted = Counted()
    with_effect = await drive(PINNED, counted.known(effect="write"), 7, mode="simulation")
    without = await drive(PINNED, counted.known(), 7, mode="simulation")
    assert (with_effect.outcome.output, without.outcome.output) == ({"pinned": True}, 7)


async def test_a_pin_may_name_its_port() -> None:
    pinned = block("check", "check", policy={"pinned": {"output": 1, "port": "else"}})
    ran = await drive(graph("check:if>yes", "check:else>no", check=pinned), types(takes("if")), use_pins=True)
    assert ran.recorder.ran() == ["check", "no"]


async def test_a_pin_stands_in_for_a_block_whose_configuration_is_not_finished() -> None:
    class Strict(Config):
        address: str

    drawn = graph("act", act=block("act", "act", {}, policy={"pinned": {"output": 1}}))
    assert (await drive(drawn, types(tiny("act", config=Strict)), use_pins=True)).outcome.output == 1


async def test_a_pinned_container_runs_no_round() -> None:
    drawn = graph("each:item>act", "each>end", each=block("each", "each", policy={"pinned": {"output": [9]}}), act="act")
    counted = Counted()
    ran = await drive(drawn, counted.known(), [1, 2], use_pins=True)
    assert (ran.outcome.output, counted.runs) == ([9], [])


# -- simulation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_simulation_has_no_effect(effect: str) -> None:
    counted = Counted()
    ran = await drive(graph("act>end", act="act"), counted.known(effect=effect, sample={"id": 1}), 7, mode="simulation")
    assert (counted.runs, ran.outcome.output) == ([], {"id": 1})
    assert ran.recorder.ended("act").log[0].startswith("Simulated: Act did not run.")


async def test_a_simulation_runs_what_has_no_effect() -> None:
    counted = Counted()
    await drive(graph("act>end", act="act"), counted.known(), 7, mode="simulation")
    assert counted.runs == [7]


async def test_a_simulation_finds_a_configuration_that_cannot_be_resolved() -> None:
    drawn = graph("act", act=block("act", "act", {"url": "{{ variables.gone }}"}))
    ran = await drive(drawn, Counted().known(effect="write"), {}, mode="simulation")
    assert ran.outcome.status == "failed"


async def test_a_simulation_has_no_effect_inside_rounds_either() -> None:
    counted = Counted()
    drawn = graph("each:item>act", each=loop("each"), act="act")
    ran = await drive(drawn, counted.known(effect="write", sample="sample"), [1, 2], mode="simulation")
    assert (counted.runs, ran.outcome.output) == ([], ["sample", "sample"])


# -- the cache -------------------------------------------------------------------------------------------------------


@dataclass
class Memory:
    """A workspace's state whose clock the test turns."""

    seconds: float = 0
    kept: dict[tuple[str, str], tuple[Json, float]] = field(default_factory=dict)

    async def get(self, namespace: str, key: str) -> Json:
        value, until = self.kept.get((namespace, key), (None, 0.0))
        return value if until > self.seconds else None

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None:
        self.kept[namespace, key] = value, self.seconds + (ttl or float("inf"))


class Counting:
    """Runs of one cached block over one memory."""

    def __init__(self, **more: Any) -> None:
        self.counted = Counted()
        self.memory = Memory()
        self._known = self.counted.known(**more)

    async def run(self, value: Json, config: dict[str, Json] | None = None, **more: Any) -> Ran:
        drawn = graph("act>end", act=block("act", "act", config or {}, policy={"cache_ttl_ms": 60_000}))
        return await drive(drawn, self._known, value, environment=Environment(state=self.memory), **more)


async def test_the_same_input_and_configuration_run_once() -> None:
    counting = Counting()
    first, second = await counting.run({"n": 1}), await counting.run({"n": 1})
    assert counting.counted.runs == [{"n": 1}]
    assert first.outcome.output == second.outcome.output == {"n": 1}
    assert second.recorder.ended("act").log == ("Its cached output was used.",)


async def test_another_input_runs_again() -> None:
    counting = Counting()
    for n in (1, 2):
        await counting.run({"n": n})
    assert len(counting.counted.runs) == 2


async def test_another_configuration_runs_again() -> None:
    counting = Counting()
    for text in ("a", "b", "a"):
        await counting.run({}, {"text": text})
    assert len(counting.counted.runs) == 2


async def test_a_configuration_that_renders_to_something_else_runs_again() -> None:
    async def seven(context: Context, config: Any, value: Json) -> Output:
        return Output(7)

    counting = Counting()
    known = Types({**counting.counted.known(), "seven": tiny("seven", seven)})
    act = block("act", "act", {"text": "{{ variables.n }}"}, policy={"cache_ttl_ms": 60_000})
    for n in (1, 2, 1):
        await drive(graph("s>act", s="seven", act=act), known, {"n": n}, environment=Environment(state=counting.memory))
    assert len(counting.counted.runs) == 2


async def test_code_that_sees_other_names_runs_again_although_its_input_is_the_same() -> None:
    class Program(Config):
        code: Code = ""

    async def compute(context: Context, config: Program, value: Json) -> Output:
        return Output(context.names()["variables"]["n"])

    async def seven(context: Context, config: Any, value: Json) -> Output:
        return Output(7)

    memory = Memory()
    code = block("code", "code", {"code": "output = variables['n']"}, policy={"cache_ttl_ms": 60_000})
    known = types(tiny("seven", seven), tiny("code", compute, config=Program))
    drawn = graph("s>code", s="seven", code=code)
    outputs = [(await drive(drawn, known, {"n": n}, environment=Environment(state=memory))).outcome.output for n in (1, 2, 1)]
    assert outputs == [1, 2, 1]
    assert len(memory.kept) == 2


async def test_what_is_kept_grows_old() -> None:
    counting = Counting()
    for seconds in (0, 59, 61):
        counting.memory.seconds = seconds
        await counting.run(1)
    assert len(counting.counted.runs) == 2


async def test_ports_and_answers_are_kept_too() -> None:
    memory = Memory()
    check = block("check", "check", policy={"cache_ttl_ms": 1000})
    say = block("answer", "answer", policy={"cache_ttl_ms": 1000})
    drawn = graph("check:if>yes", "check:else>answer", check=check, answer=say)
    for _ in range(2):
        ran = await drive(drawn, types(takes("else")), 5, environment=Environment(state=memory))
        assert ran.recorder.ran() == ["check", "answer"]
        assert ran.recorder.ended("answer").response == {"status": 200, "headers": {}, "body": 5}


async def test_failures_and_waits_are_not_kept() -> None:
    async def odd(context: Context, config: Any, value: Json) -> Output | Wait:
        if value == "fail":
            raise BlockError("NO", "no")
        return Wait(context.now(), value)

    memory, drawn = Memory(), graph("act", act=acts(cache_ttl_ms=1000))
    for value in ("fail", "wait"):
        await drive(drawn, types(tiny("act", odd)), value, environment=Environment(state=memory))
    assert memory.kept == {}


async def test_a_block_without_the_policy_keeps_nothing() -> None:
    counting = Counting()
    for _ in range(2):
        await drive(graph("act", act="act"), counting.counted.known(), 1, environment=Environment(state=counting.memory))
    assert (len(counting.counted.runs), counting.memory.kept) == (2, {})
