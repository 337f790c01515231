"""Stored values, their keys, and variables of an execution; alone, at the same time, and once more after a crash."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import Json

pytestmark = pytest.mark.anyio


@pytest.fixture
def state(stage: Any) -> Any:
    return stage().state


async def store(run: Any, state: Any, **config: Any) -> tuple[Json, bool]:
    outcome = await run("kv.set", {"key": "k", **config}, state=state)
    assert outcome.ports == ("output", "stored" if outcome.value["stored"] else "refused")
    return outcome.value["value"], outcome.value["stored"]


async def read(run: Any, state: Any, **config: Any) -> Json:
    return (await run("kv.get", {"key": "k", **config}, state=state)).value["value"]


async def test_set_and_get(run: Any, state: Any) -> None:
    for value in ({"a": [1, None]}, 0, False, "", []):
        assert await store(run, state, value=value) == (value, True)
        assert await read(run, state) == value
    assert await read(run, state, namespace="other", default=5) == 5
    assert await read(run, state, key="K") is None


async def test_only_if_there_is_none(run: Any, state: Any) -> None:
    assert await store(run, state, operation="add", value=1) == (1, True)
    assert await store(run, state, operation="add", value=2) == (1, False)


async def test_only_if_it_is_still_the_old_one(run: Any, state: Any) -> None:
    assert await store(run, state, operation="compare", value=1) == (1, True)
    assert await store(run, state, operation="compare", value=2, expected=7) == (1, False)
    assert await store(run, state, operation="compare", value=2, expected=1) == (2, True)


async def test_a_counter_at_the_same_time(run: Any, state: Any) -> None:
    await asyncio.gather(*(store(run, state, operation="increment", value=2) for _ in range(10)))
    assert await read(run, state) == 20
    assert await store(run, state, operation="increment", value=-0.5) == (19.5, True)


async def test_somebody_else_was_faster(run: Any, refused: Any, state: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    swap, others = state.swap, [10, 20]

    async def contested(namespace: str, key: str, *values: Any) -> bool:
        if others:
            await state.set(namespace, key, others.pop())
        return bool(await swap(namespace, key, *values))

    monkeypatch.setattr(state, "swap", contested)
    assert await store(run, state, operation="increment") == (11, True)
    others.extend(range(100, 200))
    assert (await refused("kv.set", {"key": "k", "operation": "increment"}, state=state)).code == "BUSY"


async def test_a_list_keeps_the_last(run: Any, state: Any) -> None:
    for number in range(5):
        await store(run, state, operation="append", value=number, keep=3)
    assert await read(run, state) == [2, 3, 4]


async def test_a_value_has_an_end(run: Any, state: Any) -> None:
    await store(run, state, value=1, ttl_seconds=60)
    state.seconds = 59
    assert await read(run, state) == 1
    state.seconds = 60
    assert await read(run, state) is None


@pytest.mark.parametrize(
    ("first", "config", "code"),
    [
        ("a", {"operation": "increment"}, "NOT_A_NUMBER"),
        (True, {"operation": "increment"}, "NOT_A_NUMBER"),
        (1, {"operation": "increment", "value": "1"}, "NOT_A_NUMBER"),
        (1, {"operation": "append", "value": 1}, "NOT_A_LIST"),
        (1, {"value": None}, "VALUE_MISSING"),
    ],
    ids=str,
)
async def test_what_cannot_be_stored(run: Any, refused: Any, state: Any, first: Json, config: dict[str, Json], code: str) -> None:
    await store(run, state, value=first)
    assert (await refused("kv.set", {"key": "k", **config}, state=state)).code == code
    assert await read(run, state) == first


async def test_keys_are_listed_and_removed(run: Any, state: Any) -> None:
    for key in ("a-1", "a-2", "b-1", "a_%"):
        await store(run, state, key=key, value=1)
    await store(run, state, key="a-3", value=1, namespace="other")

    async def removed(**config: Any) -> list[str]:
        found = (await run("kv.delete", config, state=state)).value
        assert found["count"] == len(found["keys"])
        return list(found["keys"])

    assert await removed(operation="list", key="a") == ["a-1", "a-2", "a_%"]
    assert await removed(operation="list", limit=1) == ["a-1"]
    assert await removed(key="a-1") == ["a-1"]
    assert await removed(key="a-1") == []
    assert await removed(operation="delete_all", key="a") == ["a-2", "a_%"]
    assert await removed(operation="delete_all") == ["b-1"]
    assert await removed(operation="list", namespace="other") == ["a-3"]


@pytest.mark.parametrize(
    ("block", "config"),
    [
        ("kv.delete", {}),
        ("kv.get", {"key": ""}),
        ("kv.get", {"key": "k", "namespace": "flow.once"}),
        ("kv.set", {"key": "k", "namespace": "agent-memory:x"}),
    ],
)
async def test_settings_that_are_wrong(run: Any, block: str, config: dict[str, Json]) -> None:
    with pytest.raises(ValidationError):
        await run(block, config)


async def variable(run: Any, state: Any, step: str, given: Json = None, execution: str = "run-1", **config: Any) -> Json:
    more = {"state": state, "execution_id": execution, "idempotency_key": f"{execution}:{step}"}
    return (await run("var.set", {"name": "n", **config}, given, **more)).value["value"]


async def test_a_variable_grows_and_belongs_to_one_execution(run: Any, state: Any) -> None:
    assert await variable(run, state, "a", operation="increment") == 1
    assert await variable(run, state, "b", operation="increment", value=2.5) == 3.5
    assert await variable(run, state, "a", operation="get", execution="run-2") is None
    assert await variable(run, state, "c", value="x") == "x"
    assert await variable(run, state, "d", operation="get") == "x"


async def test_a_step_that_runs_again_counts_once(run: Any, state: Any) -> None:
    for _ in range(3):
        assert await variable(run, state, "a", operation="increment") == 1
        assert await variable(run, state, "list", "x", name="l", operation="append") == ["x"]


async def test_rounds_at_the_same_time_lose_nothing(run: Any, state: Any) -> None:
    await asyncio.gather(*(variable(run, state, f"block_1:{n}", operation="increment") for n in range(20)))
    assert await variable(run, state, "x", operation="get") == 20
