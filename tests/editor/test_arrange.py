"""Lining up, spreading, what lies in a frame, the order of reading, and what can be found: without any page."""

from __future__ import annotations

from .conftest import Evaluate

PARTS = """
const { aligned, distributed } = await import("/static/editor/arrange.js");
const annotations = await import("/static/editor/annotations.js");
const { outlineOf, walkOrder } = await import("/static/editor/walk.js");
const { findable } = await import("/static/editor/find.js");
const { search } = await import("/static/editor/picker.js");
const { pastable } = await import("/static/editor/transfer.js");
const box = (x, y, width = 10, height = 10) => ({ x, y, width, height });
const places = (found) => [...found].map(([id, { x, y }]) => [id, x, y]);
/** An outline in short: names, ways in brackets, and → where a way goes on elsewhere. */
const short = (items) => items.map(({ id, again, branches }) => (again ? `→${id}`
  : id + branches.map(({ title, items: inner }) => ` [${title}: ${short(inner)}]`).join(""))).join(" ");
"""


def test_things_of_different_sizes_are_aligned(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const boxes = new Map([["a", box(0, 0, 10, 10)], ["b", box(40, 20, 30, 20)]]);
        return ["left", "right", "centre", "top", "middle", "bottom"].map((edge) => places(aligned(boxes, edge)));""") == [
        [["a", 0, 0], ["b", 0, 20]], [["a", 60, 0], ["b", 40, 20]], [["a", 30, 0], ["b", 20, 20]],
        [["a", 0, 0], ["b", 40, 0]], [["a", 0, 15], ["b", 40, 10]], [["a", 0, 30], ["b", 40, 20]],
    ]


def test_things_are_spread_with_equal_gaps(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const boxes = new Map([["c", box(90, 5)], ["a", box(0, 7)], ["b", box(12, 9, 20)]]);
        return places(distributed(boxes, "x"));""") == [["a", 0, 7], ["b", 40, 9], ["c", 90, 5]]


def test_a_frame_holds_what_lies_in_it_whole(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const at = (id, x) => block(id, "code", {}, x, 40);
        const store = storeOf([at("in", 20), at("half", 280), at("out", 900)]);
        const note = annotations.addAnnotation(store, "note", { x: 24, y: 120, width: 80, height: 64 });
        const frame = annotations.addAnnotation(store, "frame", { x: 0, y: 0, width: 400, height: 320 });
        const boxOf = ({ position }) => ({ ...position, ...geometry.cardSize([]) });
        const all = annotations.movedWith(store, { blocks: [], annotations: [frame] }, boxOf);
        return [[...all.blocks], [...all.annotations].length, all.annotations.has(note)];""") == [["in"], 2, True]


def test_a_note_never_gets_tiny(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const store = storeOf([]);
        const id = annotations.addAnnotation(store, "note", { x: 3, y: 3 }, "Hi");
        annotations.resizeAnnotation(store, id, { width: -50, height: 101 });
        const { size, position } = store.annotations.get(id);
        store.undo(); store.undo();
        return [size, position, store.annotations.size];""") == [{"width": 64, "height": 104}, {"x": 0, "y": 0}, 0]


def test_ways_that_part_and_meet_again_are_nested(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const store = storeOf(
          [block("end", "response"), block("no", "code"), block("yes", "code"), block("check", "condition"),
           block("start", "starter"), block("alone", "code", {}, 0, 900)],
          [edge("no", "output", "end"), edge("check", "else", "no"), edge("check", "if", "yes"), edge("yes", "output", "end"),
           edge("start", "output", "check")]);
        return [short(outlineOf(store)), walkOrder(store)];""") == [
        "start check [if: yes →end] [else: no →end] end alone", ["start", "check", "yes", "no", "end", "alone"],
    ]


def test_every_block_is_in_the_outline_once(evaluate: Evaluate) -> None:
    """Whatever is drawn, rings too: a graph that is not valid yet can still be shown."""
    assert evaluate(PARTS + """
        let seed = 5;
        const random = (below) => {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          return Math.floor((seed / 2 ** 32) * below);
        };
        const wrong = [];
        for (let round = 0; round < 60; round += 1) {
          const ids = Array.from({ length: 2 + random(7) }, (_, n) => `b${n}`);
          const types = ["code", "condition", "split", "response", "starter"];
          const handles = ["output", "if", "else", "branch_1", "branch_2", "error"];
          const lines = Array.from({ length: random(12) }, (_, n) =>
            ({ ...edge(ids[random(ids.length)], handles[random(6)], ids[random(ids.length)]), id: `e${n}` }));
          const order = walkOrder(storeOf(ids.map((id) => block(id, types[random(5)])), lines));
          if (order.length !== ids.length || new Set(order).size !== ids.length) wrong.push([ids, lines, order]);
        }
        return wrong;""") == []


def test_text_is_found_in_settings_and_on_notes(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const nested = { address: "see https://example.com/orders now" };
        const store = storeOf([block("a", "code", { nested }), block("b", "code")]);
        annotations.addAnnotation(store, "note", { x: 0, y: 0 }, "Orders come at night");
        const found = search(findable(store, {}), "orders");
        return found.map(({ title, hint }) => [title, typeof hint === "function" ? hint("orders") : hint]);""") == [
        ["Orders come at night", "Note"], ["a", "nested.address: …https://example.com/orders now"],
    ]


def test_a_file_is_pasted_or_left_to_the_server(evaluate: Evaluate) -> None:
    assert evaluate(PARTS + """
        const place = { position: { x: 0, y: 0 }, size: { width: 80, height: 80 } };
        const note = { id: "n", kind: "note", text: "x", colour: "blue", ...place, more: 1 };
        const blocks = [{ id: "a", type: "code" }];
        const file = JSON.stringify({ format: "blockyard.workflow", blocks, edges: [], annotations: [note] });
        const copied = pastable(file);
        return [copied.blocks[0].name, Object.hasOwn(copied.annotations[0], "more"),
          ...["name: yaml", "[1]", '{"nodes": []}', '{"blocks": [{"id": 1}]}'].map(pastable)];""") == [
        "a", False, None, None, None, None,
    ]


def test_two_states_are_compared_with_their_notes(evaluate: Evaluate) -> None:
    assert evaluate("""
        const { compared, sentence } = await import("/static/editor/compare.js");
        const { graphOf } = await import("/static/editor/operations.js");
        const note = (id, text) => ({ id, kind: "note", text });
        const of = (...annotations) => graphOf({ blocks: [block("a", "code")], edges: [], annotations });
        const tell = (before, after) => sentence(compared(before, after));
        const [x, y, other] = [note("n", "x"), note("n", "y"), note("m", "x")];
        return [tell(of(), of()), tell(of(x), of(y)), tell(of(x), of(other))];""") == [
        "Nothing differs from what is on the canvas.", "Since then: a note or frame differs.",
        "Since then: 2 notes or frames differ.",
    ]
