"""The graph store: what may be connected, undo and redo, bursts of edits as one step."""

from __future__ import annotations

from .conftest import Evaluate

CHAIN = """
const store = storeOf(
  [block("starter_1", "starter"), block("code_1", "code"), block("code_2", "code"), block("response_1", "response")],
  [edge("starter_1", "output", "code_1"), edge("code_1", "output", "code_2")]);
"""


def test_an_edge_is_refused_with_the_reason(evaluate: Evaluate) -> None:
    refusals = evaluate(CHAIN + """
        return {
            fits: store.canConnect("code_2", "output", "response_1"),
            loop: store.canConnect("code_2", "output", "code_1"),
            itself: store.canConnect("code_1", "output", "code_1"),
            again: store.canConnect("code_1", "output", "code_2"),
            trigger: store.canConnect("code_1", "output", "starter_1"),
            handle: store.canConnect("code_1", "elif_3", "response_1"),
            answered: store.canConnect("response_1", "output", "code_1"),
            gone: store.canConnect("code_1", "output", "code_9"),
        };""")
    assert refusals["fits"] is None
    assert refusals["loop"] == "That would make a loop: code_2 → code_1 → code_2."
    assert "itself" in refusals["itself"]
    assert "connected already" in refusals["again"]
    assert "starts the workflow" in refusals["trigger"]
    assert "elif_3" in refusals["handle"]
    assert "no output" in refusals["answered"]
    assert "not there" in refusals["gone"]


def test_a_refused_edge_changes_nothing(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + """
        edits.connect(store, "code_2", "output", "code_1");
        return [store.edges.size, store.canUndo];""") == [2, False]


def test_removing_a_block_takes_its_edges_and_undo_brings_all_back(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + """
        const steps = [];
        edits.remove(store, ["code_1"]); steps.push([...store.blocks.keys()].length, drawn(store));
        store.undo(); steps.push([...store.blocks.keys()].length, drawn(store).sort());
        store.redo(); steps.push([...store.blocks.keys()].length, drawn(store));
        return steps;""") == [
        3, [],
        4, ["code_1.output > code_2", "starter_1.output > code_1"],
        3, [],
    ]


def test_a_burst_with_one_merge_key_is_one_undo_step(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + """
        for (const name of ["A", "Ad", "Ada"]) { time += 100; edits.changeBlock(store, "code_1", { name }, "typing"); }
        time += 5000;
        edits.changeBlock(store, "code_1", { name: "Ada L" }, "typing");
        const names = [store.nameOf("code_1")];
        store.undo(); names.push(store.nameOf("code_1"));
        store.undo(); names.push(store.nameOf("code_1"));
        return [...names, store.canUndo];""") == ["Ada L", "Ada", "code_1", False]


def test_a_new_edit_forgets_what_was_undone(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + """
        edits.changeBlock(store, "code_1", { name: "One" });
        store.undo();
        const before = store.canRedo;
        edits.changeBlock(store, "code_2", { name: "Two" });
        return [before, store.canRedo, store.redo(), store.nameOf("code_1")];""") == [True, False, False, "code_1"]


def test_an_edit_that_changes_nothing_is_no_step(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + 'return [edits.changeBlock(store, "code_1", { name: "code_1" }), store.canUndo];') == [False, False]


def test_listeners_hear_what_changed_and_why(evaluate: Evaluate) -> None:
    assert evaluate(CHAIN + """
        const heard = [];
        store.subscribe((operations, origin) => heard.push(origin, operations.length));
        edits.changeBlock(store, "code_1", { name: "One" }); store.undo(); store.redo();
        store.receive([{ kind: "block", id: "code_9", before: null, after: block("code_9", "code") }]);
        return [...heard, store.past.length];""") == ["edit", 1, "undo", 1, "redo", 1, "remote", 1, 1]


def test_new_ids_take_the_types_last_word_and_a_free_number(evaluate: Evaluate) -> None:
    assert evaluate("""
        const store = storeOf([block("code_1", "code")]);
        return ["code", "flow.wait", "condition"].map((type) => store.newBlockId(type));""") == [
        "code_2", "wait_1", "condition_1",
    ]
