"""The rate limit: waiting, skipping, failing; whose limit it is."""

from datetime import timedelta
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Arrival, BlockError, Json, Output, Wait
from blocks.flow.rate_limit import BLOCK

pytestmark = pytest.mark.anyio

SKIP: dict[str, Json] = {"mode": "skip"}


async def ports(context: Any, config: dict[str, Json], *values: Json) -> list[str]:
    return [(await context.run("flow.rate_limit", config, value)).ports[0] for value in values]


async def test_a_burst_passes_and_the_rest_is_limited(stage: Any) -> None:
    assert await ports(stage(), {**SKIP, "burst": 2}, 1, 2, 3) == ["output", "output", "limited"]


@pytest.mark.parametrize(("per", "seconds"), [("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400)])
async def test_time_frees_it_again(stage: Any, per: str, seconds: int) -> None:
    context = stage()
    config = {**SKIP, "rate": 2, "per": per}
    assert await ports(context, config, 1, 2) == ["output", "limited"]
    context.state.seconds = seconds / 2 - 0.1
    assert await ports(context, config, 3) == ["limited"]
    context.state.seconds = seconds / 2
    assert await ports(context, config, 4, 5) == ["output", "limited"]


async def test_what_is_too_much_is_parked_until_its_turn(stage: Any) -> None:
    context = stage()
    config: dict[str, Json] = {"rate": 6, "per": "minute"}
    assert await context.run("flow.rate_limit", config, "ä") == Output("ä")
    assert await context.run("flow.rate_limit", config, "b") == Wait(context.now() + timedelta(seconds=10))
    context.state.seconds = 10
    assert await context.resume("flow.rate_limit", config, "b", Arrival(None, timed_out=True)) == Output("b")


async def test_who_comes_back_too_late_waits_again(stage: Any) -> None:
    context = stage()
    await context.run("flow.rate_limit", {}, 1)
    context.state.seconds = 1
    assert await context.run("flow.rate_limit", {}, "faster") == Output("faster")
    again = await context.resume("flow.rate_limit", {}, 2, Arrival(None, timed_out=True))
    assert again == Wait(context.now() + timedelta(seconds=1))


async def test_or_it_fails_and_says_when_it_is_free(stage: Any) -> None:
    context = stage()
    config: dict[str, Json] = {"mode": "fail", "rate": 0.5}
    assert await context.run("flow.rate_limit", config, 1) == Output(1)
    with pytest.raises(BlockError, match=r"free again in 2\.0 s") as caught:
        await context.run("flow.rate_limit", config, 2)
    assert (caught.value.code, caught.value.retry_after, caught.value.retryable) == ("RATE_LIMITED", 2, True)


async def test_each_block_has_its_own_limit_unless_there_is_a_key(stage: Any) -> None:
    one = stage(block_id="one")
    two = stage(block_id="two", state=one.state)
    assert await ports(one, SKIP, 1, 2) == ["output", "limited"]
    assert await ports(two, SKIP, 1) == ["output"]
    shared = {**SKIP, "key": "mail"}
    assert await ports(one, shared, 1) == ["output"]
    assert await ports(two, shared, 1) == ["limited"]


async def test_each_value_of_the_key_has_its_own_limit(stage: Any) -> None:
    config = {**SKIP, "key": "{{ input }}"}
    assert await ports(stage(), config, "ada", "bo", "ada", 7, "ö", "ö") == [
        "output", "output", "limited", "output", "output", "limited",
    ]  # fmt: skip


async def test_a_key_is_never_mistaken_for_a_block(stage: Any) -> None:
    context = stage()
    await context.run("flow.rate_limit", SKIP, 1)
    ((_, own),) = context.state.used()
    assert await ports(context, {**SKIP, "key": own}, 1) == ["output"]


async def test_a_simulation_uses_nothing_up(stage: Any) -> None:
    context = stage(mode="simulation")
    assert await ports(context, SKIP, 1, 2, 3) == ["output"] * 3
    assert context.state.used() == []


@pytest.mark.parametrize("config", [{"rate": 0}, {"burst": 0}, {"per": "month"}, {"mode": "drop"}, {"key": "x" * 501}])
def test_limits(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1
