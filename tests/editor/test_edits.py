"""Adding, inserting, duplicating and moving blocks."""

from __future__ import annotations

from uuid import UUID

from .conftest import Evaluate

ENTRY = 'const entry = (type) => palette.find((each) => each.type === type);'
PAIR = ENTRY + """
const store = storeOf(
  [block("starter_1", "starter"), block("response_1", "response")],
  [edge("starter_1", "output", "response_1")]);
"""


def test_an_added_block_has_its_defaults_and_a_place_on_the_grid(evaluate: Evaluate) -> None:
    added = evaluate(PAIR + 'edits.addBlock(store, entry("code"), { x: 101, y: 46 }); return store.blocks.get("code_1");')
    assert added == {
        "id": "code_1", "type": "code", "name": "Code", "position": {"x": 104, "y": 48}, "config": {"code": "1"}, "enabled": True,
    }


def test_a_webhook_gets_a_fresh_uuid_each_time(evaluate: Evaluate) -> None:
    first, second = evaluate(PAIR + """
        edits.addBlock(store, entry("webhook"), { x: 0, y: 0 });
        const { blocks: [copy] } = edits.paste(store, edits.copyOf(store, ["webhook_1"]));
        return ["webhook_1", copy].map((id) => store.blocks.get(id).config.webhook_id);""")
    assert UUID(first).version == 4
    assert UUID(second) != UUID(first)


def test_uuids_are_minted_also_without_a_secure_context(evaluate: Evaluate) -> None:
    minted = evaluate("""
        Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
        try { return edits.mintUuid(); } finally { delete crypto.randomUUID; }""")
    assert UUID(minted).version == 4


def test_a_block_dragged_out_of_a_port_comes_connected(evaluate: Evaluate) -> None:
    assert evaluate(PAIR + """
        edits.addBlock(store, entry("code"), { x: 0, y: 0 }, { block: "starter_1", handle: "output", side: "out" });
        edits.addBlock(store, entry("code"), { x: 0, y: 0 }, { block: "response_1", handle: "input", side: "in" });
        return drawn(store).slice(1);""") == ["starter_1.output > code_1", "code_2.output > response_1"]


def test_inserting_on_an_edge_is_one_step(evaluate: Evaluate) -> None:
    assert evaluate(PAIR + """
        edits.insertOnEdge(store, entry("code"), "starter_1-output-response_1", { x: 0, y: 0 });
        const after = drawn(store);
        store.undo();
        return [after, drawn(store), store.canUndo];""") == [
        ["starter_1.output > code_1", "code_1.output > response_1"], ["starter_1.output > response_1"], False,
    ]


def test_a_pasted_copy_keeps_the_edges_inside_it(evaluate: Evaluate) -> None:
    assert evaluate(PAIR + """
        const { blocks: ids } = edits.paste(store, edits.copyOf(store, ["starter_1", "response_1"]), { x: 500, y: 400 });
        return [ids, drawn(store), store.blocks.get(ids[0]).position, store.blocks.get(ids[0]).name];""") == [
        ["starter_2", "response_2"],
        ["starter_1.output > response_1", "starter_2.output > response_2"],
        {"x": 504, "y": 400},
        "starter_1 2",
    ]


def test_a_whole_drag_is_one_step(evaluate: Evaluate) -> None:
    assert evaluate(PAIR + """
        for (const x of [10, 50, 200]) {
            time += 60000;
            edits.moveBlocks(store, new Map([["starter_1", { x, y: 0 }]]), { merge: "drag 1", within: Infinity });
        }
        const dragged = store.blocks.get("starter_1").position.x;
        store.undo();
        return [dragged, store.blocks.get("starter_1").position.x, store.canUndo];""") == [200, 0, False]


def test_what_follows_makes_room_for_an_inserted_block(evaluate: Evaluate) -> None:
    near, far = evaluate(ENTRY + """
        const xs = (gap) => {
            const store = storeOf([block("starter_1", "starter"), block("response_1", "response", {}, gap)],
                                  [edge("starter_1", "output", "response_1")]);
            edits.insertOnEdge(store, entry("code"), "starter_1-output-response_1", { x: 0, y: 0 });
            return ["starter_1", "code_1", "response_1"].map((id) => store.blocks.get(id).position.x);
        };
        return [xs(300), xs(1000)];""")
    assert near == [0, 296, 592]
    assert far == [0, 504, 1000]
