"""The history: which revisions are kept, what they are called, the way back, and what is not deployed yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.db.tables import revisions
from app.services.errors import ServiceError
from app.services.pages import Paging
from tests.services.test_operations import batch, names, rename, set_field, submit
from tests.support.graphs import block, webhook
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio


@pytest.fixture
async def workflow(studio: Studio) -> str:
    return await studio.new(block("start", "starter"), block("a", "response", {"status": 200}), edges=["start>a"])


async def kept(studio: Studio, workflow: str) -> list[int]:
    page = await studio.server.services.history.revisions(studio.actor, workflow, Paging())
    assert page.total == len(page.items)
    return [found.revision for found in page.items]


async def age(studio: Studio, workflow: str, minutes: float) -> None:
    """Make all revisions so far of the same old five minutes."""
    old = datetime.fromtimestamp((datetime.now(UTC) - timedelta(minutes=minutes)).timestamp() // 300 * 300, UTC)
    await studio.change(revisions, revisions.c.workflow_id == workflow, created_at=old)


async def edit(studio: Studio, workflow: str, *bases: int) -> None:
    for base in bases:
        await submit(studio, workflow, batch(base, rename("a", f"Name {base}")))


async def test_of_a_burst_the_last_revision_is_kept(studio: Studio, workflow: str) -> None:
    await edit(studio, workflow, 1, 2, 3)
    assert await kept(studio, workflow) == [4, 3, 2, 1], "nothing is thinned out while it is fresh"
    await age(studio, workflow, 10)
    await edit(studio, workflow, 4)
    assert await kept(studio, workflow) == [5, 4, 1]
    listed = await studio.server.services.history.revisions(studio.actor, workflow, Paging())
    assert listed.items[1].words == ["“A” renamed “Name 1”", "“Name 1” renamed “Name 2”", "“Name 2” renamed “Name 3”"]


async def test_what_programs_wrote_as_a_whole_is_kept(studio: Studio, workflow: str) -> None:
    workflows = studio.server.services.workflows
    for status in (201, 202):
        graph = {"blocks": [block("start", "starter"), block("a", "response", {"status": status})], "edges": []}
        await workflows.put_graph(studio.actor, workflow, graph, None)
    await edit(studio, workflow, 3, 4)
    await age(studio, workflow, 10)
    await edit(studio, workflow, 5)
    assert await kept(studio, workflow) == [6, 5, 3, 2, 1]


async def test_named_deployed_and_used_revisions_stay(studio: Studio, workflow: str) -> None:
    services = studio.server.services
    await edit(studio, workflow, 1)
    await services.history.name(studio.actor, workflow, 2, "Before the sale")
    await edit(studio, workflow, 2)
    await services.activation.deploy(studio.actor, workflow)
    await edit(studio, workflow, 3)
    await studio.run(workflow)
    await edit(studio, workflow, 4, 5)
    await age(studio, workflow, 10)
    await edit(studio, workflow, 6)
    assert await kept(studio, workflow) == [7, 6, 4, 3, 2, 1], "5 alone was neither named, deployed nor run"


async def test_a_restored_revision_is_a_new_one(studio: Studio, workflow: str) -> None:
    history = studio.server.services.history
    await edit(studio, workflow, 1, 2)
    assert await history.restore(studio.actor, workflow, 1) == 4
    assert (await names(studio, workflow))["a"] == "A"
    restored = await history.revision(studio.actor, workflow, 4)
    assert (restored.revision.message, list(restored.revision.words)) == ("Restored revision 1", ["“Name 2” renamed “A”"])
    with pytest.raises(ServiceError) as refusal:
        await history.restore(studio.actor, workflow, 99)
    assert refusal.value.status == 404


async def test_an_old_revision_shows_its_graph_and_hides_secrets_from_viewers(studio: Studio, workflow: str) -> None:
    history = studio.server.services.history
    await submit(studio, workflow, batch(1, {"type": "add_block", "block": webhook("hook", "v3ry secret")}))
    await edit(studio, workflow, 2)
    found = await history.revision(studio.actor, workflow, 2)
    assert [one.name for one in found.graph.blocks] == ["Start", "A", "Hook"]
    hidden = await history.revision(replace(studio.actor, role="viewer"), workflow, 2)
    assert "v3ry secret" in str(found.graph)
    assert "v3ry secret" not in str(hidden.graph)


async def test_a_name_can_be_changed_and_taken_back_by_editors(studio: Studio, workflow: str) -> None:
    history = studio.server.services.history
    for name in ("One", "  Two ", ""):
        await history.name(studio.actor, workflow, 1, name)
        assert (await history.revision(studio.actor, workflow, 1)).revision.name == name.strip()
    for revision, name, role, status in ((9, "x", "admin", 404), (1, "x" * 201, "admin", 400), (1, "x", "executor", 403)):
        with pytest.raises(ServiceError) as refusal:
            await history.name(replace(studio.actor, role=role), workflow, revision, name)  # type: ignore[arg-type]
        assert refusal.value.status == status


async def test_what_the_next_deploy_changes_is_told_with_the_way_back(studio: Studio, workflow: str) -> None:
    services = studio.server.services
    assert await services.history.undeployed(studio.actor, workflow) == []
    await services.activation.deploy(studio.actor, workflow)
    assert await services.history.undeployed(studio.actor, workflow) == []
    await submit(studio, workflow, batch(1, set_field("a", "status", 201), rename("start", "Begin")))
    await submit(studio, workflow, batch(2, {"type": "remove_block", "block_id": "a"}))
    (renamed, gone) = sorted(
        await services.history.undeployed(studio.actor, workflow), key=lambda one: one.block_id or "", reverse=True
    )
    assert (renamed.text, renamed.revert) == ("“Start” renamed “Begin”", [rename("start", "Start")])
    assert gone.text == "“A” removed after “Start”"
    assert [one["type"] for one in gone.revert] == ["add_block", "connect"]
    assert await submit(studio, workflow, batch(3, *gone.revert)) == 4
    assert [one.text for one in await services.history.undeployed(studio.actor, workflow)] == [renamed.text]


async def test_others_see_nothing(studio: Studio, workflow: str) -> None:
    elsewhere = replace(studio.actor, workspace_id=str(uuid4()))
    history = studio.server.services.history
    for asked in (
        history.revisions(elsewhere, workflow, Paging()),
        history.revision(elsewhere, workflow, 1),
        history.restore(elsewhere, workflow, 1),
        history.undeployed(elsewhere, workflow),
    ):
        with pytest.raises(ServiceError) as refusal:
            await asked
        assert refusal.value.status == 404
