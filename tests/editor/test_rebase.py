"""Unsaved work on top of what others have saved: kept, renamed, or named as lost; never silently gone."""

from __future__ import annotations

import json
import random

from app.engine.graph import dump_graph
from app.engine.operations import OPERATIONS, apply

from .conftest import Evaluate
from .test_operations import OPERATED, any_graph, read

REBASED = OPERATED + """
const { rebase, renaming, withEntries } = await import("/static/editor/rebase.js");
const entry = (...operations) => ({ batch_id: "b", operations });
const field = (block_id, name, value) => ({ type: "set_field", block_id, path: [name], value });
const add = (id, config = {}) => ({ type: "add_block", block: block(id, "code", config) });
const graph = (ids, edges = []) => graphOf({ blocks: ids.map((id) => block(id, "code", { limit: 1 })), edges });
/** My entries after theirs were saved. */
const met = (base, mine, theirs) => {
  const saved = applied(base, theirs).graph;
  const result = rebase(mine, theirs, saved);
  const after = withEntries(saved, result.entries);
  return { ...result, after, renamed: [...result.renamed.blocks, ...result.renamed.edges] };
};
"""


def test_changes_of_different_things_both_stay(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        const { after, lost, contested } = met(graph(["a"]), [entry(field("a", "mine", 1))], [field("a", "theirs", 2)]);
        return [after.blocks.get("a").config, lost, contested];""") == [{"limit": 1, "mine": 1, "theirs": 2}, [], []]


def test_where_both_changed_the_same_mine_stays_and_theirs_is_told(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        const name = (value) => ({ type: "set_block", block_id: "a", name: value });
        const mine = [entry(field("a", "limit", 5), name("Mine"))];
        const { after, contested } = met(graph(["a"]), mine, [field("a", "limit", 9), name("Theirs")]);
        const { config, name: named } = after.blocks.get("a");
        return [config.limit, named, contested.map(({ field: which, theirs }) => [which, theirs.value ?? theirs.name])];""") == [
        5, "Mine", [["limit", 9], ["name", "Theirs"]],
    ]


def test_the_same_change_twice_is_no_contest(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        return met(graph(["a"]), [entry(field("a", "limit", 5))], [field("a", "limit", 5)]).contested;""") == []


def test_new_blocks_with_the_same_id_both_stay(evaluate: Evaluate) -> None:
    """Mine gets another id, and whatever I did with it follows, references in texts too."""
    assert evaluate(REBASED + """
        const mine = [
          entry(add("code_1"), { type: "connect", edge: edge("a", "output", "code_1") }),
          entry(field("a", "text", "{{ code_1.output }} and xcode_1, code_10")),
          entry({ type: "move_blocks", positions: { code_1: { x: 8, y: 0 } } }),
        ];
        const { after, renamed, lost } = met(graph(["a"]), mine, [add("code_1", { theirs: true })]);
        return [renamed, lost, [...after.blocks.keys()], after.blocks.get("code_2").position.x, after.blocks.get("a").config.text,
          [...after.edges.values()].map(({ target }) => target), after.blocks.get("code_1").config];""") == [
        [["code_1", "code_2"]], [], ["a", "code_1", "code_2"], 8,
        "{{ code_2.output }} and xcode_1, code_10", ["code_2"], {"theirs": True},
    ]


def test_two_blocks_that_are_just_alike_are_still_two(evaluate: Evaluate) -> None:
    """Unless nobody knows who has made the one that is there: then it may be mine, saved long ago."""
    assert evaluate(REBASED + """
        const saved = applied(graph([]), [add("code_1")]).graph;
        return [false, true].map((unknown) => {
          const { entries, lost } = rebase([entry(add("code_1"))], [], saved, { unknown });
          return [entries.map(({ operations }) => operations[0].block.id), lost];
        });""") == [[["code_2"], []], [[], []]]


def test_work_on_a_block_that_is_gone_is_named(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        const line = { type: "connect", edge: edge("b", "output", "a") };
        const mine = [entry(field("a", "limit", 5)), entry(line), entry(field("b", "limit", 2))];
        const { entries, lost } = met(graph(["a", "b"]), mine, [{ type: "remove_block", block_id: "a" }]);
        return [entries.length, lost.map(({ operation, reason }) => [operation.type, reason])];""") == [
        1, [["set_field", "gone"], ["connect", "gone"]],
    ]


def test_what_both_did_alike_need_not_be_done_again(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        const line = edge("a", "output", "b");
        const mine = [entry({ type: "connect", edge: { ...line, id: "mine" } }, { type: "remove_block", block_id: "c" })];
        const theirs = [{ type: "connect", edge: { ...line, id: "theirs" } }, { type: "remove_block", block_id: "c" }];
        const { entries, lost, after } = met(graph(["a", "b", "c"]), mine, theirs);
        return [entries, lost, [...after.edges.keys()]];""") == [[], [], ["theirs"]]


def test_connections_that_close_a_circle_together_are_named(evaluate: Evaluate) -> None:
    assert evaluate(REBASED + """
        const { lost, after } = met(graph(["a", "b"]), [entry({ type: "connect", edge: edge("a", "output", "b") })],
          [{ type: "connect", edge: edge("b", "output", "a") }]);
        return [lost.map(({ reason }) => reason), after.edges.size];""") == [["loop"], 1]


def test_whatever_two_people_do_the_server_takes_it(evaluate: Evaluate) -> None:
    """From one graph both draw another one; what is left of mine fits on theirs, as the server sees it too."""
    chance = random.Random(11)
    cases = [[dump_graph(any_graph(chance)) for _ in range(3)] for _ in range(80)]
    done = evaluate(REBASED + f"""
        return {json.dumps(cases)}.map((graphs) => {{
            const [base, mine, theirs] = graphs.map(graphOf);
            const result = met(base, [entry(...operationsOf(differences(base, mine)))], operationsOf(differences(base, theirs)));
            return [result.entries.flatMap(({{ operations }}) => operations), raw(result.after)];
        }});""")
    for (_, _, theirs), (operations, after) in zip(cases, done, strict=True):
        stored = apply(read(theirs), OPERATIONS.validate_python(operations))
        assert {one.id for one in stored.blocks} == {one["id"] for one in after["blocks"]}
        assert {one.id for one in stored.edges} == {one["id"] for one in after["edges"]}
        assert {one.id: one.text for one in stored.annotations} == {one["id"]: one["text"] for one in after["annotations"]}


NOTES = REBASED + """
const note = { id: "n", kind: "note", text: "", colour: "yellow", position: { x: 0, y: 0 }, size: { width: 40, height: 40 } };
const base = { ...graph(["a"]), annotations: new Map([["n", note]]), name: "Old" };
const say = (text) => ({ type: "set_annotation", annotation_id: "n", text });
"""


def test_two_people_write_on_one_note(evaluate: Evaluate) -> None:
    assert evaluate(NOTES + """
        const moved = { type: "move_annotations", positions: { n: { x: 8, y: 0 } } };
        const { after, contested } = met(base, [entry(say("Mine"))], [say("Theirs"), moved]);
        const { text, position } = after.annotations.get("n");
        const told = contested.map(({ annotation_id: id, field: which, theirs }) => [id, which, theirs.text]);
        return [text, position.x, told];""") == [
        "Mine", 8, [["n", "text", "Theirs"]],
    ]


def test_what_is_written_on_a_note_that_is_gone_is_named(evaluate: Evaluate) -> None:
    assert evaluate(NOTES + """
        const gone = { type: "remove_annotation", annotation_id: "n" };
        const written = met(base, [entry(say("Mine"))], [gone]);
        const removed = met(base, [entry(gone)], [gone]);
        return [written.lost.map(({ reason }) => reason), removed.lost, removed.entries];""") == [["gone"], [], []]


def test_both_rename_the_workflow(evaluate: Evaluate) -> None:
    assert evaluate(NOTES + """
        const name = (value) => ({ type: "rename_workflow", name: value });
        const { after, contested } = met(base, [entry(name("Mine"))], [name("Theirs")]);
        return [after.name, contested.map(({ theirs }) => theirs)];""") == [
        "Mine", [{"type": "rename_workflow", "name": "Theirs"}],
    ]
