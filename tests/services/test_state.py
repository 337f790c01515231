"""What blocks remember, on a real database: compare and set, keys, ends, limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.db.session import Database
from app.sdk import BlockError
from app.services.state import StateStore, WorkspaceState
from tests.support.journals import WORKSPACE, opened, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(sqlite_url(tmp_path)) as database:
        yield database


@pytest.fixture
def state(database: Database) -> WorkspaceState:
    return StateStore(database).of(WORKSPACE)


async def test_a_value_is_swapped_only_while_it_is_the_old_one(state: WorkspaceState) -> None:
    assert await state.swap("n", "k", 5, 1) is False
    assert await state.swap("n", "k", None, {"a": 1, "b": [None]}) is True
    assert await state.swap("n", "k", None, 2) is False
    assert await state.swap("n", "k", {"b": [None], "a": 1.0}, 2) is True
    assert await state.get("n", "k") == 2


async def test_a_null_counts_as_nothing(state: WorkspaceState) -> None:
    await state.set("n", "k", None)
    assert await state.swap("n", "k", None, 1) is True
    assert await state.get("n", "k") == 1


async def test_of_many_that_swap_at_the_same_time_one_wins(state: WorkspaceState) -> None:
    await state.set("n", "k", 0)
    won = await asyncio.gather(*(state.swap("n", "k", 0, number) for number in range(1, 9)))
    assert won.count(True) == 1
    assert await state.get("n", "k") == won.index(True) + 1


async def test_what_is_over_is_not_there(state: WorkspaceState) -> None:
    await state.set("n", "k", 1, ttl=-1)
    assert await state.get("n", "k") is None
    assert await state.keys("n") == []
    assert await state.delete("n", "k") is False
    await state.set("n", "k", 1, ttl=-1)
    assert await state.swap("n", "k", None, 2) is True


async def test_keys_by_their_beginning_letter_by_letter(state: WorkspaceState) -> None:
    for key in ("a%b", "a_b", "A", "axb", "ü", "b"):
        await state.set("n", key, 1)
    await state.set("other", "a", 1)
    assert await state.keys("n", "a") == ["a%b", "a_b", "axb"]
    assert await state.keys("n", "a_") == ["a_b"]
    assert await state.keys("n", limit=2) == ["A", "a%b"]


async def test_what_is_deleted_is_gone(state: WorkspaceState) -> None:
    await state.set("n", "k", 1)
    assert [await state.delete("n", "k") for _ in range(2)] == [True, False]


async def test_a_key_has_limits(state: WorkspaceState) -> None:
    for namespace, key in (("n", ""), ("", "k"), ("n", "k" * 501), ("n" * 201, "k")):
        with pytest.raises(BlockError):
            await state.swap(namespace, key, None, 1)
        with pytest.raises(BlockError):
            await state.delete(namespace, key)
    with pytest.raises(BlockError, match="bytes"):
        await state.swap("n", "k", None, "x" * 2_000_001)
