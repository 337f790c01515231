"""Requests of one key take turns; those of others do not wait for them."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from app.adapters.http_pace import MAX_KEYS, Paces
from app.sdk import Pace

pytestmark = pytest.mark.anyio


async def test_no_more_than_so_many_at_a_time() -> None:
    paces, under_way, most = Paces(), 0, 0

    async def one() -> None:
        nonlocal under_way, most
        async with paces.turn(Pace("a", at_once=2), "host"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1

    await asyncio.gather(*(one() for _ in range(6)))
    assert most == 2


async def test_no_more_than_so_many_in_a_second() -> None:
    paces, began = Paces(), monotonic()
    for _ in range(5):
        async with paces.turn(Pace("a", per_second=50, burst=2), "host"):
            pass
    assert monotonic() - began >= 0.055


async def test_another_key_does_not_wait() -> None:
    paces = Paces()
    async with paces.turn(Pace("a", at_once=1), "host"), asyncio.timeout(30), paces.turn(Pace("b", at_once=1), "host"):
        pass


async def test_a_place_is_given_back_after_a_failure_and_after_giving_up() -> None:
    paces, pace = Paces(), Pace("a", at_once=1)
    with pytest.raises(ValueError, match="x"):
        async with paces.turn(pace, "host"):
            raise ValueError("x")
    async with paces.turn(pace, "host"):
        waiting = asyncio.create_task(_wait(paces, pace))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(30), paces.turn(pace, "host"):
        pass


async def test_keys_are_forgotten() -> None:
    paces = Paces()
    for number in range(MAX_KEYS + 50):
        async with paces.turn(Pace(str(number), at_once=1), "host"):
            pass
    assert len(paces._lanes) == MAX_KEYS


async def _wait(paces: Paces, pace: Pace) -> None:
    async with paces.turn(pace, "host"):
        pass
