"""What executions came to is counted once each, whenever they end, without counting whole tables."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from app.services.figures import Figures
from app.services.flows import FlowChange
from tests.support.graphs import block
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

NEVER, AT_ONCE = timedelta(days=1), timedelta(0)
CHAIN = (block("start", "starter"), block("end", "code", {"code": "output = 1"}))


class Counted:
    """The figures as Prometheus reads them."""

    def __init__(self, studio: Studio, settled: timedelta) -> None:
        self.figures = Figures(studio.server.database, settled)
        self._registry = CollectorRegistry()
        self._registry.register(self.figures)

    async def ended(self, status: str, group: str = "", trigger: str = "api") -> float:
        await self.figures.look()
        labels = {"status": status, "group": group, "trigger": trigger}
        return self._registry.get_sample_value("blockyard_executions_total", labels) or 0

    def steps(self) -> float:
        return self._registry.get_sample_value("blockyard_step_seconds_count") or 0


@pytest.mark.parametrize("settled", [NEVER, AT_ONCE], ids=["fresh", "settled"])
async def test_each_execution_counts_once(studio: Studio, settled: timedelta) -> None:
    workflow = await studio.new(*CHAIN, edges=["start>end"])
    await studio.run(workflow)
    counted = Counted(studio, settled)
    assert await counted.ended("completed") == 0
    await studio.run(workflow)
    assert [await counted.ended("completed") for _ in range(3)] == [1, 1, 1]
    await studio.run(workflow)
    assert await counted.ended("completed") == 2
    assert await counted.ended("failed") == 0


async def test_what_was_open_counts_when_it_ends(studio: Studio) -> None:
    workflow = await studio.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 5_000}), edges=["start>nap"])
    old = (await studio.server.services.executions.execute(studio.actor, workflow, {}, durably=True)).execution_id
    counted = Counted(studio, AT_ONCE)
    assert await counted.ended("cancelled") == 0
    new = (await studio.server.services.executions.execute(studio.actor, workflow, {}, durably=True)).execution_id
    assert await counted.ended("cancelled") == 0
    for number, execution in enumerate((old, new), 1):
        await studio.server.services.executions.cancel(studio.actor, execution)
        assert await counted.ended("cancelled") == number


async def test_groups_have_figures_of_their_own(studio: Studio) -> None:
    counted = Counted(studio, AT_ONCE)
    workflow = await studio.new(*CHAIN, edges=["start>end"])
    group = await studio.server.surfaces.groups.create(studio.actor, "Orders", 1)
    await studio.server.surfaces.flows.update(studio.actor, workflow, FlowChange(group_id=group.id))
    await studio.run(workflow)
    assert (await counted.ended("completed", "Orders"), await counted.ended("completed")) == (1, 0)


async def test_steps_are_measured(studio: Studio) -> None:
    counted = Counted(studio, AT_ONCE)
    await studio.run(await studio.new(*CHAIN, edges=["start>end"]))
    await counted.figures.look()
    assert counted.steps() == 2
    await counted.figures.look()
    assert counted.steps() == 2
