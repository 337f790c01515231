"""What agents remember, on a real database: executions that end at the same time lose nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.sdk import BlockError, Json
from app.services.state import StateStore, WorkspaceState
from blocks.core._memory import remember, remembered
from tests.support.journals import WORKSPACE, opened, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[WorkspaceState]:
    async with opened(sqlite_url(tmp_path)) as database:
        yield StateStore(database).of(WORKSPACE)


class Contested:
    """A state in which somebody else is always faster."""

    async def get(self, namespace: str, key: str) -> Json:
        return None

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        return False


async def said(context: Any, most: int = 200) -> list[str]:
    return [turn.text for turn in await remembered(context, "ada", most)]


async def test_conversations_that_end_at_the_same_time_lose_nothing(stage: Any, state: WorkspaceState) -> None:
    agents = [stage(state=state) for _ in range(12)]
    await asyncio.gather(*(remember(agent, "ada", 200, f"question {n}", f"answer {n}") for n, agent in enumerate(agents)))
    kept = await said(agents[0])
    pairs = list(zip(kept[::2], kept[1::2], strict=True))
    assert sorted(pairs) == sorted((f"question {n}", f"answer {n}") for n in range(12))


async def test_only_the_last_messages_are_kept(stage: Any, state: WorkspaceState) -> None:
    agent = stage(state=state)
    for number in range(3):
        await remember(agent, "ada", 4, f"question {number}", f"answer {number}")
    assert await said(agent) == ["question 1", "answer 1", "question 2", "answer 2"]
    assert await said(agent, 2) == ["question 2", "answer 2"]


async def test_without_a_key_nothing_is_kept(stage: Any, state: WorkspaceState) -> None:
    agent = stage(state=state)
    await remember(agent, "", 4, "question", "answer")
    assert await state.keys("agent-memory:block_1") == []


async def test_a_turn_is_never_dropped_in_silence(stage: Any) -> None:
    with pytest.raises(BlockError) as caught:
        await remember(stage(state=Contested()), "ada", 4, "question", "answer")
    assert (caught.value.code, caught.value.retryable) == ("MEMORY_BUSY", True)
