"""The studio's own events start workflows: once each, also after a crash, and never round in circles."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from app.db.tables import revisions
from app.services.approval_news import ApprovalNews
from app.services.errors import ServiceError
from app.services.event_starts import EventStarts
from app.services.listeners import Listeners
from app.services.starts import Starts
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.news import ended, heard, listening
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

FAILING = (block("start", "starter"), block("bad", "code", {"code": "output = 1 / 0"}))
ASKING = (block("start", "starter"), block("gate", "flow.gate", {"title": "Pay {{ input.total }}?"}))


async def failed(studio: Studio) -> tuple[str, str]:
    workflow = await studio.new(*FAILING, edges=["start>bad"])
    return workflow, await studio.run(workflow)


async def asked(studio: Studio, total: int = 1) -> str:
    """The id of the approval that a new execution waits for."""
    workflow = await studio.new(*ASKING, edges=["start>gate"])
    started = await studio.server.services.executions.execute(studio.actor, workflow, {"total": total}, durably=True)

    async def waiting() -> str | None:
        found = await studio.server.services.approvals.of_execution(studio.actor, started.execution_id)
        return found[0].id if found else None

    return await until(waiting)


# -- ends ------------------------------------------------------------------------------------------------------------


async def test_a_failure_starts_what_listens_for_it_and_nothing_else(studio: Studio) -> None:
    exact, any_run = await listening(studio, "run.failed"), await listening(studio, "run.*")
    other = await listening(studio, "run.timed_out")
    workflow, execution = await failed(studio)
    await studio.follow_up.run_pending()
    for listener in (exact, any_run):
        (event,) = await heard(studio, listener)
        assert event["type"] == "run.failed"
        assert event["data"]["execution"]["id"] == execution
        assert event["data"]["workflow"]["id"] == workflow
        assert event["data"]["error"]["code"] == "CODE_ERROR"
    assert await heard(studio, other) == []


async def test_those_who_look_at_the_same_time_start_it_once(studio: Studio) -> None:
    listener = await listening(studio, "run.failed")
    await failed(studio)
    assert sum(await asyncio.gather(*(studio.follow_up.run_pending() for _ in range(4)))) == 1
    assert await studio.follow_up.run_pending() == 0
    assert len(await heard(studio, listener)) == 1


async def test_error_handlers_and_listeners_are_told_of_the_same_failure(studio: Studio) -> None:
    listener = await listening(studio, "run.failed")
    handler = await studio.new(block("failed", "trigger.error"), deploy=True)
    await failed(studio)
    assert await studio.follow_up.run_pending() == 2
    assert len(await heard(studio, listener)) == len(await studio.executions(handler)) == 1


async def test_two_listeners_that_fail_do_not_start_each_other_for_ever(studio: Studio) -> None:
    """Nor do the workflows that they run."""
    bad, _ = await failed(studio)
    await studio.follow_up.run_pending()
    run = block("run", "flow.subworkflow", {"workflow": bad, "input": {}})
    both = [await listening(studio, "run.failed", run, edges=["happened>run"]) for _ in "ab"]
    await failed(studio)
    for _ in range(3):
        await studio.follow_up.run_pending()
        for listener in both:
            await ended(studio, listener, 1)
    assert len(await studio.executions(bad)) == 3


async def test_a_workflow_does_not_hear_of_its_own_executions(studio: Studio) -> None:
    happened = block("happened", "trigger.event", {"event": "run.*"})
    workflow = await studio.new(*FAILING, happened, edges=["start>bad", "happened>bad"], deploy=True)
    started = await studio.server.services.executions.execute(studio.actor, workflow, {})
    await started.handle.ended
    assert await studio.follow_up.run_pending() == 0


async def test_a_failure_of_what_an_event_has_started_is_told_to_error_handlers(studio: Studio) -> None:
    """Only further events are held back; somebody must hear of the failure."""
    bad = block("bad", "code", {"code": "output = 1 / 0"})
    listener = await listening(studio, "run.failed", bad, edges=["happened>bad"])
    handler = await studio.new(block("failed", "trigger.error", {"workflows": [listener]}), deploy=True)
    await failed(studio)
    await studio.follow_up.run_pending()
    await ended(studio, listener, 1)
    assert await studio.follow_up.run_pending() == 1
    assert len(await studio.executions(handler)) == 1


async def test_a_listener_whose_blocks_are_gone_holds_up_nobody(studio: Studio) -> None:
    noop = block("then", "flow.noop")
    broken, listener = await listening(studio, "run.failed", noop), await listening(studio, "run.failed")
    of_broken = revisions.c.workflow_id == broken
    async with studio.server.database.read() as connection:
        graph = (await connection.execute(sa.select(revisions.c.graph).where(of_broken))).scalar_one()
    await studio.change(revisions, of_broken, graph=graph.replace(b'"flow.noop"', b'"flow.gone"'))
    await failed(studio)
    assert await studio.follow_up.run_pending() == 1
    assert len(await heard(studio, listener)) == 1


# -- approvals -------------------------------------------------------------------------------------------------------


async def test_an_approval_that_is_needed_starts_what_listens_for_it_once(studio: Studio) -> None:
    listener = await listening(studio, "approval.needed")
    await studio.follow_up.run_pending()
    approval = await asked(studio, total=7)
    assert sum(await asyncio.gather(*(studio.follow_up.run_pending() for _ in range(3)))) == 1
    assert await studio.follow_up.run_pending() == 0
    (event,) = await heard(studio, listener)
    assert (event["type"], event["data"]["approval_id"]) == ("approval.needed", approval)
    assert event["data"]["title"] == "Pay 7?"


async def test_what_was_asked_before_anybody_listened_is_not_told(studio: Studio) -> None:
    await asked(studio)
    await studio.follow_up.run_pending()
    listener = await listening(studio, "approval.*")
    assert await studio.follow_up.run_pending() == 0
    await asked(studio)
    assert await studio.follow_up.run_pending() == 1
    await studio.server.services.activation.undeploy(studio.actor, listener)
    await asked(studio)
    assert await studio.follow_up.run_pending() == 0
    await studio.server.services.activation.deploy(studio.actor, listener)
    assert await studio.follow_up.run_pending() == 0


async def test_what_nobody_was_told_of_before_a_crash_is_told_after_it_and_nothing_else(studio: Studio) -> None:
    listener = await listening(studio, "approval.needed")
    await studio.follow_up.run_pending()
    first = await asked(studio)
    await studio.follow_up.run_pending()
    second = await asked(studio)
    listeners = Listeners(studio.server.database, studio.server.lending.programs)
    starts = Starts(studio.server.database, studio.server.journal, studio.server.host)
    after_the_crash = ApprovalNews(studio.server.database, EventStarts(listeners, starts))
    assert await after_the_crash.run_pending() == 1
    assert [event["data"]["approval_id"] for event in await heard(studio, listener)] == [first, second]


async def test_a_decision_starts_what_listens_for_it_in_its_own_transaction(studio: Studio) -> None:
    listener = await listening(studio, "approval.decided")
    approval = await asked(studio)
    approvals = studio.server.services.approvals
    await approvals.decide(studio.actor, approval, "approved", "Fine")
    await approvals.decide(studio.actor, approval, "approved", "Fine")
    (event,) = await heard(studio, listener)
    assert (event["data"]["approval_id"], event["data"]["decision"]) == (approval, "approved")
    assert event["data"]["note"] == "Fine"


async def test_what_an_event_has_started_asks_without_telling(studio: Studio) -> None:
    gate = block("gate", "flow.gate", {"title": "Sure?"})
    listener = await listening(studio, "approval.needed", gate, edges=["happened>gate"])
    witness = await listening(studio, "approval.*")
    await studio.follow_up.run_pending()
    await asked(studio)
    assert await studio.follow_up.run_pending() == 2

    async def waits() -> bool | None:
        found = await studio.executions(listener)
        return True if [one.status for one in found] == ["waiting"] else None

    await until(waits)
    assert await studio.follow_up.run_pending() == 0
    assert len(await heard(studio, witness)) == 1


async def test_nobody_else_sends_the_studios_own_events(studio: Studio) -> None:
    for name in ("run.completed", "approval.needed"):
        with pytest.raises(ServiceError) as refused:
            await studio.server.services.events.send(studio.actor, name, {})
        assert refused.value.status == 400
    sent = await studio.server.services.events.send(studio.actor, "running.late", {})
    assert sent.started == []
