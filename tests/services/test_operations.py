"""The operation log: batches on top of each other, stale ones, the same one twice, and who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.db.tables import operations
from app.services.errors import ServiceError
from tests.support.graphs import block, webhook
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio


def set_field(block_id: str, name: str, value: Any) -> dict[str, Any]:
    return {"type": "set_field", "block_id": block_id, "path": [name], "value": value}


def rename(block_id: str, name: str) -> dict[str, Any]:
    return {"type": "set_block", "block_id": block_id, "name": name}


def batch(base: int, *done: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"base_revision": base, "client_id": "tab", "batch_id": str(uuid4()), "operations": list(done), **more}


@pytest.fixture
async def workflow(studio: Studio) -> str:
    return await studio.new(
        block("start", "starter"), block("a", "code", {"code": "1"}), block("b", "response"), edges=["start>a", "a>b"]
    )


async def submit(studio: Studio, workflow: str, sent: dict[str, Any]) -> int:
    return (await studio.server.services.operations.submit(studio.actor, workflow, sent)).revision


async def refused(studio: Studio, workflow: str, sent: Any) -> ServiceError:
    with pytest.raises(ServiceError) as refusal:
        await studio.server.services.operations.submit(studio.actor, workflow, sent)
    return refusal.value


async def names(studio: Studio, workflow: str) -> dict[str, str]:
    found = await studio.server.services.workflows.get(studio.actor, workflow)
    return {one.id: one.name for one in found.graph.blocks}


async def test_every_batch_makes_the_next_revision(studio: Studio, workflow: str) -> None:
    assert [await submit(studio, workflow, batch(base, rename("a", f"Name {base}"))) for base in (1, 2)] == [2, 3]
    assert (await names(studio, workflow))["a"] == "Name 2"


async def test_a_stale_batch_changes_nothing_and_is_told_what_it_missed(studio: Studio, workflow: str) -> None:
    await submit(studio, workflow, batch(1, rename("a", "First")))
    await submit(studio, workflow, batch(2, set_field("a", "code", "2")))
    refusal = await refused(studio, workflow, batch(1, rename("a", "Late")))
    assert (refusal.status, refusal.code, refusal.data["revision"]) == (412, "STALE_REVISION", 3)
    assert [(one["revision"], one["operations"]) for one in refusal.data["missed"]] == [
        (2, [rename("a", "First")]),
        (3, [set_field("a", "code", "2")]),
    ]
    assert (await names(studio, workflow))["a"] == "First"


async def test_the_same_batch_is_done_once(studio: Studio, workflow: str) -> None:
    sent = batch(1, {"type": "add_block", "block": block("new", "code")})
    operations = studio.server.services.operations
    done = [await operations.submit(studio.actor, workflow, sent) for _ in range(3)]
    assert [(one.revision, one.again) for one in done] == [(2, False), (2, True), (2, True)]


async def test_a_whole_graph_is_logged_too(studio: Studio, workflow: str) -> None:
    services = studio.server.services
    await services.workflows.put_graph(studio.actor, workflow, {"blocks": [block("start", "starter")], "edges": []}, None)
    missed = await services.operations.since(studio.actor, workflow, 1)
    assert missed.batches is not None
    assert [one["type"] for one in missed.batches[0].operations] == ["disconnect", "disconnect", "remove_block", "remove_block"]
    assert missed.batches[0].words == ["“A” removed before “B”", "“B” removed after “A”"]


@pytest.mark.parametrize("revision", [0, 3, 99])
async def test_what_is_not_logged_is_read_anew(studio: Studio, workflow: str, revision: int) -> None:
    await submit(studio, workflow, batch(1, rename("a", "First")))
    missed = await studio.server.services.operations.since(studio.actor, workflow, revision)
    assert (missed.revision, missed.batches) == (2, None)


async def test_what_could_not_be_saved_whole_is_refused_in_parts_too(studio: Studio, workflow: str) -> None:
    back = {"type": "connect", "edge": {"id": "back", "source": "b", "target": "a"}}
    ahead = {"type": "connect", "edge": {"id": "round", "source": "a", "target": "a"}}
    unknown = {"type": "add_block", "block": block("x", "no.such.type")}
    codes = [
        [problem["code"] for problem in (await refused(studio, workflow, batch(1, one))).details]
        for one in (back, ahead, unknown)
    ]
    assert codes == [["UNKNOWN_HANDLE", "CYCLE"], ["CYCLE"], ["UNKNOWN_BLOCK_TYPE"]]
    gone = await refused(studio, workflow, batch(1, rename("a", "Fits"), rename("gone", "Does not")))
    assert (gone.status, gone.details[0]["code"], gone.details[0]["field"]) == (400, "BLOCK_GONE", "operations.1")
    assert await names(studio, workflow) == {"start": "Start", "a": "A", "b": "B"}


@pytest.mark.parametrize(
    "change",
    [
        {"operations": []},
        {"operations": "all"},
        {"operations": [{"type": "explode"}]},
        {"base_revision": "1"},
        {"base_revision": -1},
        {"batch_id": "1"},
        {"client_id": ""},
        {"client_id": "a b"},
        {"kind": "replace"},
        {"unit": "x"},
        {"more": 1},
    ],
    ids=str,
)
async def test_a_malformed_batch_is_refused(studio: Studio, workflow: str, change: dict[str, Any]) -> None:
    refusal = await refused(studio, workflow, batch(1, rename("a", "X")) | change)
    assert (refusal.status, refusal.code) == (400, "VALIDATION_ERROR")


async def test_a_configuration_cannot_be_nested_without_end_step_by_step(studio: Studio, workflow: str) -> None:
    value: Any = 1
    for _ in range(60):
        value = {"p": value}
    await submit(studio, workflow, batch(1, set_field("a", "p", value)))
    deeper = {"type": "set_field", "block_id": "a", "path": ["p"] * 60, "value": value}
    assert (await refused(studio, workflow, batch(2, deeper))).details[0]["block_id"] == "a"


async def test_viewers_write_nothing_and_read_no_secrets(studio: Studio, workflow: str) -> None:
    await submit(studio, workflow, batch(1, {"type": "add_block", "block": webhook("hook", "v3ry secret")}))
    viewer = replace(studio.actor, role="viewer")
    service = studio.server.services.operations
    with pytest.raises(ServiceError) as refusal:
        await service.submit(viewer, workflow, batch(2, rename("a", "X")))
    assert refusal.value.status == 403
    assert (await service.since(viewer, workflow, 1)).batches is None
    assert (await service.undo_steps(viewer, workflow)).past == []
    elsewhere = replace(studio.actor, workspace_id=str(uuid4()))
    with pytest.raises(ServiceError) as refusal:
        await service.since(elsewhere, workflow, 1)
    assert refusal.value.status == 404


async def test_the_log_holds_no_secret_in_the_clear(studio: Studio, workflow: str) -> None:
    await submit(studio, workflow, batch(1, {"type": "add_block", "block": webhook("hook", "v3ry secret")}))
    await submit(studio, workflow, batch(2, set_field("hook", "webhook_secret", "also secret")))
    async with studio.server.database.read() as connection:
        rows = (await connection.execute(sa.select(operations))).all()
    assert len(rows) == 2
    assert b"secret" not in b"".join(row.content for row in rows)
    assert "also secret" not in str([row.words for row in rows])


async def test_a_reopened_editor_can_undo_its_authors_steps(studio: Studio, workflow: str) -> None:
    """A step may span batches; what was undone waits to be done again, until something new is done."""
    service, one, two = studio.server.services.operations, str(uuid4()), str(uuid4())
    await submit(studio, workflow, batch(1, rename("a", "Ad"), unit=one))
    await submit(studio, workflow, batch(2, rename("a", "Ada"), unit=one))
    await submit(studio, workflow, batch(3, rename("b", "Bob"), unit=two))
    await submit(studio, workflow, batch(4, rename("b", "B"), kind="undo", unit=two))
    steps = await service.undo_steps(studio.actor, workflow)
    assert [(step.unit, step.undo) for step in steps.past] == [(one, [rename("a", "Ad"), rename("a", "A")])]
    assert [(step.unit, step.redo) for step in steps.future] == [(two, [rename("b", "Bob")])]
    await submit(studio, workflow, batch(5, rename("b", "Bob"), kind="redo", unit=two))
    assert [step.unit for step in (await service.undo_steps(studio.actor, workflow)).past] == [one, two]
    await submit(studio, workflow, batch(6, rename("b", "B"), kind="undo", unit=two))
    await submit(studio, workflow, batch(7, rename("a", "New")))
    assert (await service.undo_steps(studio.actor, workflow)).future == []
    stranger = replace(studio.actor, user_id=str(uuid4()))
    assert (await service.undo_steps(stranger, workflow)).past == []


async def test_words_say_what_was_done(studio: Studio, workflow: str) -> None:
    drawn: list[dict[str, Any]] = [
        {"type": "disconnect", "edge_id": "a:output>b:input"},
        {"type": "add_block", "block": block("wait", "flow.wait", name="Breathe")},
        {"type": "connect", "edge": {"id": "e1", "source": "a", "target": "wait"}},
        {"type": "connect", "edge": {"id": "e2", "source": "wait", "target": "b"}},
        {"type": "set_field", "block_id": "a", "path": ["code"], "value": "2"},
        {"type": "set_field", "block_id": "b", "path": ["status"], "value": 201},
        {"type": "set_block", "block_id": "a", "enabled": False},
        {"type": "move_blocks", "positions": {"a": {"x": 1, "y": 1}, "b": {"x": 1, "y": 1}}},
    ]
    await submit(studio, workflow, batch(1, *drawn))
    missed = await studio.server.services.operations.since(studio.actor, workflow, 1)
    assert missed.batches is not None
    assert missed.batches[0].words == [
        "“Breathe” added between “A” and “B”",
        "“A”: Code changed",
        "“B”: Status empty → 201",
        "“A” switched off",
        "2 blocks moved",
    ]
