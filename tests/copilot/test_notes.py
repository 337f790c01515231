"""Notes, frames and the workflow's own name in proposals."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.engine.graph import Graph, parse_graph
from app.engine.operations import OPERATIONS
from app.services.copilot.notes import arranged, completed
from tests.copilot.talking import Talking
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import Client

NOTE = {"type": "add_annotation", "annotation": {"kind": "note", "text": "Adds one\nand no more", "around": ["sum"]}}
FRAME = {"type": "add_annotation", "annotation": {"kind": "frame", "text": "Arithmetic", "around": ["sum", "answer"]}}


def renamed() -> dict[str, Any]:
    return {"type": "rename_workflow", "name": f"Adder {uuid4().hex[:8]}"}


def proposed(talk: Talking, model: ModelServer, *operations: dict[str, Any]) -> dict[str, Any]:
    model.uses("propose", summary="Explains itself", operations=list(operations))
    model.says("There.")
    return talk.say("Explain it on the canvas").proposal


def edit(client: Client, workflow: str, *operations: dict[str, Any]) -> None:
    batch = {
        "base_revision": client.drawn(workflow)["revision"], "client_id": "elsewhere", "batch_id": str(uuid4()),
        "operations": list(operations),
    }  # fmt: skip
    answer = client.post(f"/api/workflows/{workflow}/operations", json=batch)
    assert answer.status_code == 200, answer.text


def written(client: Client, workflow: str) -> dict[str, Any]:
    return {one["text"].partition("\n")[0]: one for one in client.get(f"/api/workflows/{workflow}/graph").json()["annotations"]}


def test_notes_frames_and_a_name_are_proposed_and_taken_as_one_step(
    talk: Talking, model: ModelServer, client: Client, workflow: str
) -> None:
    name = renamed()
    before = client.get(f"/api/workflows/{workflow}").json()
    proposal = proposed(talk, model, NOTE, FRAME, name)
    assert [change["text"] for change in proposal["changes"]] == [
        "Note “Adds one” added", "Frame “Arithmetic” added", f"Workflow renamed “{name['name']}”",
    ]  # fmt: skip
    assert proposal["cautions"] == ["Whoever calls this workflow by its name has to use the new one."]
    assert client.get(f"/api/workflows/{workflow}").json() == before
    done = talk.accept(proposal["id"]).json()
    assert client.get(f"/api/workflows/{workflow}").json()["name"] == name["name"]
    frame = written(client, workflow)["Arithmetic"]
    inside = [one["position"] for one in client.drawn(workflow)["blocks"] if one["id"] in ("sum", "answer")]
    for place in inside:
        assert frame["position"]["x"] < place["x"] < frame["position"]["x"] + frame["size"]["width"] - 232
        assert frame["position"]["y"] < place["y"] < frame["position"]["y"] + frame["size"]["height"] - 60
    assert done["revision"] == before["revision"] + 1
    model.uses("read_graph")
    model.says("A note.")
    talk.say("What is there?")
    assert "Arithmetic" in str(model.asked[-1]["messages"])


def test_what_others_write_meanwhile_is_not_overwritten(
    talk: Talking, model: ModelServer, client: Client, workflow: str
) -> None:
    for id, text in (("one", "First"), ("two", "Second")):
        edit(client, workflow, {"type": "add_annotation", "annotation": {"id": id, "kind": "note", "text": text}})
    proposal = proposed(
        talk, model,
        {"type": "set_annotation", "annotation_id": "one", "text": "Mine"},
        {"type": "remove_annotation", "annotation_id": "two"},
        renamed(),
    )  # fmt: skip
    edit(client, workflow, {"type": "move_annotations", "positions": {"one": {"x": 9, "y": 9}}})
    assert [one["state"] for one in talk.look(proposal["id"])["changes"]] == ["open"] * 3
    edit(client, workflow, {"type": "set_annotation", "annotation_id": "one", "text": "Theirs"})
    edit(client, workflow, {"type": "set_annotation", "annotation_id": "two", "text": "Theirs too"})
    client.put(f"/api/workflows/{workflow}", json={"name": f"Theirs {uuid4().hex[:8]}"})
    stale = talk.look(proposal["id"])["changes"]
    assert [one["state"] for one in stale] == ["stale"] * 3
    assert [one["reason"].split(" “")[0] for one in stale] == ["the note", "the note", "the workflow was renamed"]
    assert talk.accept(proposal["id"]).status_code == 409
    assert {"Theirs", "Theirs too"} <= written(client, workflow).keys()


def test_the_state_of_then_comes_back_without_the_notes_of_now(
    talk: Talking, model: ModelServer, client: Client, workflow: str
) -> None:
    proposal = proposed(talk, model, NOTE)
    talk.accept(proposal["id"])
    assert len(client.get(f"/api/workflows/{workflow}/graph").json()["annotations"]) == 1
    client.post(f"/api/copilot/messages/{talk.read()['messages'][0]['id']}/restore")
    assert client.get(f"/api/workflows/{workflow}/graph").json().get("annotations", []) == []


def test_what_is_gone_already_need_not_be_removed(talk: Talking, model: ModelServer, client: Client, workflow: str) -> None:
    edit(client, workflow, {"type": "add_annotation", "annotation": {"id": "one", "kind": "note", "text": "First"}})
    gone = {"type": "remove_annotation", "annotation_id": "one"}
    proposal = proposed(talk, model, gone)
    edit(client, workflow, gone)
    assert talk.accept(proposal["id"]).json()["operations"] == []


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ([{"type": "add_annotation", "annotation": {"kind": "poster", "text": "x"}}], "kind"),
        ([{"type": "add_annotation", "annotation": {"kind": "note"}}], "`kind` (note or frame) and `text`"),
        ([{"type": "set_annotation", "annotation_id": "gone", "text": "x"}], "no annotation `gone`"),
        ([{"type": "rename_workflow", "name": "a/b"}], "printable characters"),
        ([{"type": "rename_workflow", "name": " "}], "needs a name"),
        ([{"type": "rename_workflow", "name": "Taken"}], "already a workflow named `Taken`"),
        ([{"type": "rename_workflow", "name": "One"}, {"type": "rename_workflow", "name": "Two"}], "only once"),
    ],
    ids=["kind", "no-text", "gone", "slash", "blank", "taken", "twice"],
)
def test_what_does_not_fit_is_told(
    talk: Talking, model: ModelServer, client: Client, operations: list[dict[str, Any]], words: str
) -> None:
    client.post("/api/workflows", json={"name": "Taken", "blocks": [], "edges": []})
    model.uses("propose", summary="x", operations=operations)
    model.says("No.")
    [refused] = talk.say("Do it").of("tool_result")
    assert words in refused["detail"]


def test_notes_without_a_place_lie_on_nothing() -> None:
    drawn = {"blocks": [block("a", "code", position={"x": 0, "y": 0})], "edges": []}
    notes = [completed({"kind": "note", "text": str(number), "around": ["a"]})[0] for number in range(3)]
    operations = OPERATIONS.validate_python([{"type": "add_annotation", "annotation": one} for one in notes])
    after, problems = parse_graph({**drawn, "annotations": notes}, lambda type: type)
    assert not problems
    placed = arranged(operations, after, {one["id"]: ["a"] for one in notes})
    tops = [one.model_dump()["annotation"]["position"]["y"] for one in placed]
    assert tops == [-168.0, -336.0, -504.0]
    assert arranged(operations[:1], Graph((), (), after.annotations[:1]), {notes[0]["id"]: []})
