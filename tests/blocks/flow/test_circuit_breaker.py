"""The breaker: closed, open, one trial, closed again; shared; once more after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from conftest import NOON, Stage

from app.sdk import BlockError, Json

pytestmark = pytest.mark.anyio
CONFIG: dict[str, Json] = {"threshold": 2, "cool_down_seconds": 60}


@dataclass
class Line:
    """One breaker over time: what it called, and whether that works."""

    stage: type[Stage]
    state: Any
    seconds: float = 0.0
    error: BlockError | None = None
    calls: list[str] = field(default_factory=list)
    meanwhile: str = ""
    """Another execution that asks while the call is under way, and what it hears."""
    heard: str = ""

    async def run(self, name: str, mode: str = "live", **config: Json) -> str:
        async def body(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
            self.calls.append(name)
            if self.meanwhile:
                other, self.meanwhile = self.meanwhile, ""
                self.heard = await self.run(other)
            if self.error:
                raise self.error
            return {"answer": value}

        self.state.seconds = self.seconds
        moment = NOON + timedelta(seconds=self.seconds)
        context = self.stage(state=self.state, body=body, mode=mode, idempotency_key=f"{name}:breaker:0")
        context.now = lambda: moment  # type: ignore[method-assign]
        try:
            outcome = await context.run("flow.circuit_breaker", {**CONFIG, **config}, 5)
        except BlockError:
            return "failed"
        return str(outcome.ports[0])


@pytest.fixture
def line(stage: Any) -> Line:
    return Line(stage, stage().state)


DOWN = BlockError("DOWN", "down")


async def test_it_opens_after_failures_in_a_row_and_calls_nothing_then(line: Line) -> None:
    line.error = DOWN
    assert await line.run("a") == "failed"
    line.error = None
    assert await line.run("b") == "output"
    line.error = DOWN
    assert [await line.run(name) for name in ("c", "d", "e", "f")] == ["failed", "failed", "open", "open"]
    assert line.calls == ["a", "b", "c", "d"]


async def test_one_may_try_when_the_time_is_over(line: Line) -> None:
    line.error = DOWN
    for name in ("a", "b"):
        await line.run(name)
    line.seconds = 59
    assert await line.run("c") == "open"
    line.seconds = 60
    assert [await line.run(name) for name in ("d", "e")] == ["failed", "open"]
    line.seconds, line.error = 130, None
    assert [await line.run(name) for name in ("f", "g")] == ["output", "output"]
    assert line.calls == ["a", "b", "d", "f", "g"]


async def test_while_one_tries_the_others_wait(line: Line) -> None:
    line.error = DOWN
    for name in ("a", "b"):
        await line.run(name)
    line.seconds, line.error, line.meanwhile = 60, None, "d"
    assert await line.run("c") == "output"
    assert (line.heard, line.calls) == ("open", ["a", "b", "c"])


async def test_a_step_that_runs_again_counts_once(line: Line) -> None:
    line.error = DOWN
    assert [await line.run(name) for name in ("a", "a", "a")] == ["failed"] * 3
    assert await line.run("b") == "failed"
    assert await line.run("c") == "open"


async def test_a_failure_that_cannot_get_better_does_not_count(line: Line) -> None:
    line.error = BlockError("WRONG", "wrong", retryable=False)
    assert [await line.run(name) for name in ("a", "b", "c")] == ["failed"] * 3


async def test_breakers_share_a_key_and_nothing_else(line: Line) -> None:
    line.error = DOWN
    for name in ("a", "b"):
        await line.run(name, key="mail")
    assert await line.run("c", key="mail") == "open"
    assert await line.run("d", key="other") == "failed"
    assert await line.run("e") == "failed"


async def test_a_simulation_is_never_open_and_remembers_nothing(line: Line) -> None:
    line.error = DOWN
    assert [await line.run(name, "simulation") for name in ("a", "b", "c")] == ["failed"] * 3
    assert line.state.used() == []
