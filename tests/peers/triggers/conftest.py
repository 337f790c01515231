"""A studio, and workflows in it that a trigger starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.sdk import Json
from tests.peers.triggers.triggering import Trigger, Triggered
from tests.support.graphs import block
from tests.support.studio import Studio, opened_studio


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened_studio(tmp_path, egress_allow=("127.0.0.1",)) as studio:
        yield studio


@pytest.fixture
async def trigger(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trigger]:
    """Make a workflow with this trigger and a credential."""
    monkeypatch.setattr("app.services.watchers.FIRST_BACK_OFF", 0.1)
    made: list[Triggered] = []

    async def trigger(type: str, kind: str, data: dict[str, str], **config: Json) -> Triggered:
        name = f"C{uuid4().hex[:6].upper()}"
        await studio.server.services.credentials.create(studio.actor, name, kind, data)
        workflow = await studio.new(block("seen", type, {"credential": name, **config}), deploy=True)
        made.append(Triggered(studio, workflow))
        return made[-1]

    yield trigger
    for one in made:
        await one.watchers.stop()
