"""Workflows that listen for the studio's own events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.engine.values import decode_stored
from app.sdk import Json
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.studio import Studio


async def listening(studio: Studio, event: str, *blocks: dict[str, Any], edges: Sequence[str] = ()) -> str:
    """A deployed workflow that starts at the block `happened` when such an event happens; its id."""
    return await studio.new(block("happened", "trigger.event", {"event": event}), *blocks, edges=edges, deploy=True)


async def heard(studio: Studio, workflow: str) -> list[Json]:
    """The events that a workflow was started with."""
    return [decode_stored(found.input) for found in await studio.executions(workflow) if found.trigger == "event"]


async def ended(studio: Studio, workflow: str, count: int) -> None:
    """Wait until a workflow has had so many executions, and all of them have ended."""

    async def all_ended() -> bool | None:
        found = await studio.executions(workflow)
        return True if len(found) == count and all(one.finished_at for one in found) else None

    await until(all_ended)
