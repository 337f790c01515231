"""The time limit around a block: exact about who cancelled, and free where nothing waits."""

from __future__ import annotations

import asyncio

import pytest

from app.engine.deadline import OutOfTime, limited

pytestmark = pytest.mark.anyio


async def hang() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_what_never_waits_needs_no_timer() -> None:
    async def quick() -> str:
        return "done"

    assert await limited(0, quick()) == "done"


async def test_what_waits_gives_its_value() -> None:
    async def slow() -> str:
        for _ in range(3):
            await asyncio.sleep(0.001)
        return "done"

    assert await limited(5, slow()) == "done"


async def test_what_takes_too_long_is_cancelled() -> None:
    stopped = False

    async def work() -> None:
        nonlocal stopped
        try:
            await hang()
        except asyncio.CancelledError:
            stopped = True
            raise

    with pytest.raises(OutOfTime):
        await limited(0.01, work())
    task = asyncio.current_task()
    assert stopped
    assert task is not None
    assert task.cancelling() == 0


async def test_its_own_errors_pass() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await limited(5, fail())


async def test_an_error_while_it_is_being_stopped_is_its_error() -> None:
    async def stubborn() -> None:
        try:
            await hang()
        except asyncio.CancelledError:
            raise ValueError("cleaned up badly") from None

    with pytest.raises(ValueError, match="cleaned up"):
        await limited(0.01, stubborn())
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_cancelling_from_outside_is_no_timeout() -> None:
    task = asyncio.create_task(asyncio.wait_for(limited(5, hang()), 5))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limit_inside_a_limit_that_ends_first_tells_the_outer_one() -> None:
    async def inner() -> str:
        return await limited(5, hang())

    with pytest.raises(OutOfTime):
        await limited(0.01, inner())


async def test_it_works_beside_the_time_limits_of_others() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.01):
                await hang()
        except TimeoutError:
            return "its own limit"
        return "never"

    assert await limited(5, work()) == "its own limit"
