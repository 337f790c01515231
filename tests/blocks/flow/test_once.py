"""Once: first and repeat, for how long, within what, and a step that runs again."""

from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Json, Output
from blocks.flow.once import BLOCK

pytestmark = pytest.mark.anyio

CONFIG: dict[str, Json] = {"key": "order-{{ input }}"}


async def port(stage: Any, state: Any, value: Json, run: str, config: dict[str, Json] = CONFIG, **more: Any) -> str:
    context = stage(state=state, idempotency_key=f"{run}:once_1:0", **more)
    outcome = await context.run("flow.once", config, value)
    assert outcome.value == value
    return str(outcome.ports[0])


@pytest.fixture
def state(stage: Any) -> Any:
    return stage().state


async def test_the_first_and_the_others(stage: Any, state: Any) -> None:
    assert [await port(stage, state, value, run) for run, value in (("a", 7), ("b", 7), ("c", 8), ("d", "ü"), ("e", "ü"))] == [
        "first", "repeat", "first", "first", "repeat",
    ]  # fmt: skip


async def test_a_step_that_runs_again_is_still_the_first(stage: Any, state: Any) -> None:
    assert [await port(stage, state, 7, run) for run in ("a", "a", "b", "a")] == ["first", "first", "repeat", "first"]


async def test_a_round_of_a_loop_is_not_the_same_step(stage: Any, state: Any) -> None:
    ports = []
    for iteration in range(2):
        context = stage(state=state, idempotency_key=f"a:once_1:{iteration}")
        ports.append((await context.run("flow.once", CONFIG, 7)).ports)
    assert ports == [("first",), ("repeat",)]


async def test_it_is_remembered_for_ever_or_for_a_while(stage: Any, state: Any) -> None:
    for_a_day = {**CONFIG, "ttl_seconds": 86_400}
    await port(stage, state, "ever", "a")
    await port(stage, state, "day", "a", for_a_day)
    state.seconds = 86_399
    assert await port(stage, state, "day", "b", for_a_day) == "repeat"
    state.seconds = 86_400
    assert await port(stage, state, "day", "c", for_a_day) == "first"
    state.seconds = 1e12
    assert await port(stage, state, "ever", "b") == "repeat"


class Vanishing:
    """A key that runs out just when somebody looks whose it is."""

    def __init__(self) -> None:
        self.adds = 0

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        self.adds += 1
        return self.adds == 2

    async def get(self, namespace: str, key: str) -> Json:
        return None


async def test_a_key_that_runs_out_meanwhile_is_taken(stage: Any) -> None:
    assert await port(stage, Vanishing(), 7, "a") == "first"


async def test_it_counts_in_the_workflow_or_in_the_workspace(stage: Any, state: Any) -> None:
    wide = {**CONFIG, "scope": "workspace"}
    assert await port(stage, state, 7, "a") == "first"
    assert await port(stage, state, 7, "b", wide) == "first"
    assert await port(stage, state, 7, "c", wide) == "repeat"
    assert any("workflow-1" in key for _, key in state.used())
    assert any("workflow-1" not in key for _, key in state.used())


async def test_a_simulation_looks_and_takes_nothing(stage: Any, state: Any) -> None:
    assert await port(stage, state, 7, "a", mode="simulation") == "first"
    assert await port(stage, state, 7, "b") == "first"
    assert await port(stage, state, 7, "c", mode="simulation") == "repeat"


@pytest.mark.parametrize("config", [{}, {"key": ""}, {"key": "x" * 501}, {"key": "k", "ttl_seconds": 0}])
def test_a_key_is_needed(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1


async def test_a_key_that_turns_out_empty_is_refused(stage: Any) -> None:
    with pytest.raises(ValueError, match="key"):
        await stage().run("flow.once", {"key": "{{ input }}"}, None)


async def test_the_outcome_is_the_input(stage: Any) -> None:
    assert await stage().run("flow.once", {"key": "k"}, {"a": [1]}) == Output({"a": [1]}, ("first",))
