"""Notes, frames and the workflow's own name in the operation log, in whole graphs and in texts."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.graph import dump_graph
from app.services.errors import ServiceError
from tests.services.test_operations import batch, refused, submit
from tests.support.graphs import block
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

NOTE = {
    "id": "note_1", "kind": "note", "text": "Ask Ada\nbefore Friday", "colour": "blue", "position": {"x": 8, "y": 16},
    "size": {"width": 240, "height": 160},
}  # fmt: skip
FRAME = NOTE | {"id": "frame_1", "kind": "frame", "text": "Orders"}


@pytest.fixture
async def workflow(studio: Studio) -> str:
    return await studio.new(block("start", "starter"), block("a", "response"), edges=["start>a"])


async def stored_notes(studio: Studio, workflow: str) -> list[Any]:
    found = await studio.server.services.workflows.get(studio.actor, workflow)
    drawn: list[Any] = dump_graph(found.graph).get("annotations", [])
    return drawn


def added(*given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "add_annotation", "annotation": one} for one in given]


async def test_notes_are_logged_stored_and_told_in_words(studio: Studio, workflow: str) -> None:
    await submit(studio, workflow, batch(1, *added(NOTE, FRAME)))
    moved = {"type": "move_annotations", "positions": {"note_1": {"x": 0, "y": 0}}}
    said = {"type": "set_annotation", "annotation_id": "frame_1", "text": "Bills"}
    await submit(studio, workflow, batch(2, moved, said, {"type": "remove_annotation", "annotation_id": "note_1"}))
    assert await stored_notes(studio, workflow) == [FRAME | {"text": "Bills"}]
    missed = await studio.server.services.operations.since(studio.actor, workflow, 1)
    assert missed.batches is not None
    assert [batch.words for batch in missed.batches] == [
        ["Note “Ask Ada” added", "Frame “Orders” added"],
        ["Note “Ask Ada” moved", "Frame “Bills” rewritten", "Note “Ask Ada” removed"],
    ]
    assert missed.batches[1].operations == [moved, said, {"type": "remove_annotation", "annotation_id": "note_1"}]


async def test_who_replaces_the_graph_without_notes_keeps_them(studio: Studio, workflow: str) -> None:
    await submit(studio, workflow, batch(1, *added(NOTE)))
    put = studio.server.services.workflows.put_graph
    plain = {"blocks": [block("start", "starter")], "edges": []}
    await put(studio.actor, workflow, plain, None)
    assert await stored_notes(studio, workflow) == [NOTE]
    await put(studio.actor, workflow, plain | {"annotations": [FRAME]}, None)
    assert await stored_notes(studio, workflow) == [FRAME]
    await put(studio.actor, workflow, plain | {"annotations": []}, None)
    assert await stored_notes(studio, workflow) == []


@pytest.mark.parametrize(
    "given",
    [[NOTE, NOTE], [NOTE | {"colour": "infrared"}], [NOTE | {"id": "a b"}], "no list", [NOTE] * 1_001],
    ids=["twice", "colour", "id", "list", "many"],
)
async def test_wrong_notes_are_refused(studio: Studio, workflow: str, given: Any) -> None:
    raw = {"blocks": [], "edges": [], "annotations": given}
    with pytest.raises(ServiceError) as refusal:
        await studio.server.services.workflows.put_graph(studio.actor, workflow, raw, None)
    assert refusal.value.status == 400


async def test_an_earlier_state_comes_back_with_its_notes(studio: Studio, workflow: str) -> None:
    services = studio.server.services
    await submit(studio, workflow, batch(1, *added(NOTE)))
    await services.history.restore(studio.actor, workflow, 1)
    assert await stored_notes(studio, workflow) == []
    await services.history.restore(studio.actor, workflow, 2)
    assert await stored_notes(studio, workflow) == [NOTE]


async def test_renaming_the_workflow_is_a_step_that_is_undone(studio: Studio, workflow: str) -> None:
    services = studio.server.services
    before = (await services.workflows.get(studio.actor, workflow)).name
    await submit(studio, workflow, batch(1, {"type": "rename_workflow", "name": "Renamed here"}))
    assert (await services.workflows.get(studio.actor, workflow)).name == "Renamed here"
    steps = await services.operations.undo_steps(studio.actor, workflow)
    assert steps.past[-1].undo == [{"type": "rename_workflow", "name": before}]
    listed = await services.operations.since(studio.actor, workflow, 1)
    assert listed.batches is not None
    assert listed.batches[0].words == ["Workflow renamed “Renamed here”"]


@pytest.mark.parametrize("name", ["Taken already", "", "x" * 201], ids=["taken", "empty", "long"])
async def test_a_name_that_cannot_be_is_refused_whole(studio: Studio, workflow: str, name: str) -> None:
    await studio.server.services.workflows.create(studio.actor, "Taken already")
    refusal = await refused(studio, workflow, batch(1, *added(NOTE), {"type": "rename_workflow", "name": name}))
    assert refusal.status in (400, 409)
    assert await stored_notes(studio, workflow) == []
