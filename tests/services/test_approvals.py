"""Decisions on a real journal, without the host being told: what is on disk alone makes the execution go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.adapters.vault import Vault
from app.catalog import Catalog
from app.db.tables import signals
from app.engine.values import encode
from app.hosts.embedded import EmbeddedHost
from app.sdk import Arrival, Context, Json, Output, Signal, Wait
from app.services.actors import Actor
from app.services.approvals import Approval, Approvals
from app.services.errors import ServiceError
from app.services.event_starts import EventStarts
from app.services.graphs import Graphs
from app.services.lending import Programs
from app.services.listeners import Listeners
from app.services.pages import Paging
from app.services.starts import Starts
from tests.support.graphs import graph
from tests.support.hosts import Stage, staged, until
from tests.support.journals import USER, WORKSPACE
from tests.support.tiny import tiny, types

pytestmark = pytest.mark.anyio

ACTOR = Actor(USER, "a", "a@example.com", WORKSPACE, "executor")


class DeafHost(EmbeddedHost):
    """A host that dies in the moment in which it would be told."""

    def __init__(self) -> None:
        """It has nothing, because nobody gets through to it."""

    async def arrive(self, execution_id: str, block_id: str, iteration: str, payload: Json) -> None:
        raise ConnectionError("nobody hears")


async def ask(context: Context, config: Any, value: Json) -> Wait:
    return Wait(signal=Signal("approval", data={"title": "Pay?"}))


async def answered(context: Context, config: Any, value: Json, arrival: Arrival) -> Output:
    return Output(arrival.payload)


GATE = tiny("gate", ask, resume=answered)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, graph("start>gate", start="start", gate="gate"), types(GATE)) as stage:
        yield stage


def approving(stage: Stage, host: EmbeddedHost) -> Approvals:
    catalog = Catalog(())
    programs = Programs(stage.database, Graphs(catalog, Vault(bytes(32))), catalog)
    starts = EventStarts(Listeners(stage.database, programs), Starts(stage.database, stage.journal, host))
    return Approvals(stage.database, host, stage.bus, starts)


async def parked(stage: Stage, approvals: Approvals) -> tuple[str, Approval]:
    """An execution that waits, and what it asks."""
    execution_id, _ = await stage.start()
    await stage.reaches(execution_id, "waiting")
    await until(stage.idle)
    (found,) = await approvals.of_execution(ACTOR, execution_id)
    return execution_id, found


async def change(stage: Stage, approval: Approval, **values: Any) -> None:
    async with stage.database.write() as connection:
        await connection.execute(sa.update(signals).where(signals.c.id == approval.id).values(**values))


async def test_a_decision_on_disk_is_enough(stage: Stage) -> None:
    approvals = approving(stage, DeafHost())
    execution_id, asked = await parked(stage, approvals)
    await approvals.decide(ACTOR, asked.id, "approved", "Fine")
    ended = await stage.ended(execution_id)
    assert (ended.status, ended.output["decision"], ended.output["note"]) == ("completed", "approved", "Fine")


async def test_another_workspace_sees_and_decides_nothing(stage: Stage) -> None:
    approvals = approving(stage, stage.host)
    execution_id, asked = await parked(stage, approvals)
    stranger = replace(ACTOR, workspace_id="workspace-2", role="admin")
    assert (await approvals.list(stranger, Paging(), "all")).total == 0
    assert (await approvals.count(stranger), await approvals.of_execution(stranger, execution_id)) == (0, [])
    for call in (approvals.get(stranger, asked.id), approvals.decide(stranger, asked.id, "approved")):
        with pytest.raises(ServiceError) as refused:
            await call
        assert refused.value.status == 404
    assert (await approvals.get(ACTOR, asked.id)).status == "pending"


async def test_what_is_over_is_not_pending_although_nobody_closed_it(stage: Stage) -> None:
    approvals = approving(stage, stage.host)
    _, asked = await parked(stage, approvals)
    await change(stage, asked, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (await approvals.get(ACTOR, asked.id)).status == "expired"
    assert (await approvals.list(ACTOR, Paging())).total == 0
    assert await approvals.count(ACTOR) == 0
    assert [found.id for found in (await approvals.list(ACTOR, Paging(), "decided")).items] == [asked.id]


async def test_a_signal_of_an_earlier_parking_is_not_pending(stage: Stage) -> None:
    approvals = approving(stage, stage.host)
    _, asked = await parked(stage, approvals)
    await change(stage, asked, seq=1)
    with pytest.raises(ServiceError) as refused:
        await approvals.decide(ACTOR, asked.id, "approved")
    assert (refused.value.status, refused.value.code) == (409, "APPROVAL_CANCELLED")


async def test_lists_are_paged_in_order(stage: Stage) -> None:
    approvals = approving(stage, stage.host)
    asked = [(await parked(stage, approvals))[1].id for _ in range(3)]
    pages = [await approvals.list(ACTOR, Paging(page=number, size=2)) for number in (0, 1)]
    assert [[found.id for found in page.items] for page in pages] == [asked[:2], asked[2:]]
    assert (pages[0].total, pages[0].pages) == (3, 2)
    await approvals.decide(ACTOR, asked[2], "rejected")
    await approvals.decide(ACTOR, asked[0], "approved")
    decided = (await approvals.list(ACTOR, Paging(), "decided")).items
    assert [(found.id, found.status) for found in decided] == [(asked[2], "rejected"), (asked[0], "approved")]
    assert (await approvals.list(ACTOR, Paging(), "all")).total == 3


async def test_an_odd_question_can_be_decided(stage: Stage) -> None:
    approvals = approving(stage, stage.host)
    execution_id, asked = await parked(stage, approvals)
    await change(stage, asked, data=encode(["not", "a", "question"]))
    assert (await approvals.decide(ACTOR, asked.id, "approved")).status == "approved"
    assert (await stage.ended(execution_id)).status == "completed"
