"""Saving by itself: one request at a time, failures lose nothing, a stale revision is a conflict."""

from __future__ import annotations

from .conftest import Evaluate

SAVING = """
const { Autosave } = await import("/static/editor/autosave.js");
const { Drafts } = await import("/static/editor/drafts.js");
localStorage.clear();
const store = storeOf([block("code_1", "code")]);
const calls = [];
let answers = [];
const json = (status, body) => new Response(JSON.stringify(body), { status });
const saved = (revision) => () => json(200, { revision, problems: [] });
window.fetch = async (path, { method, headers, body }) => {
  if (method === undefined) return new Response("");
  calls.push([method, headers["If-Match"] ?? null, body ? JSON.parse(body).blocks[0].name : null]);
  return answers.shift()();
};
const drafts = new Drafts("w1");
const autosave = new Autosave({ workflow: { id: "w1", revision: 7 }, store, drafts });
const rename = (name) => edits.changeBlock(store, "code_1", { name });
"""


def test_a_save_carries_its_base_revision_and_takes_the_new_one(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        answers = [saved(8), saved(9)];
        rename("One"); await autosave.flush();
        rename("Two"); const done = await autosave.flush();
        return [calls, autosave.revision, autosave.state, done];""") == [
        [["PUT", '"7"', "One"], ["PUT", '"8"', "Two"]], 9, "saved", True,
    ]


def test_what_is_typed_during_a_save_is_saved_after_it(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        answers = [() => { rename("Two"); return saved(8)(); }, saved(9)];
        rename("One"); const done = await autosave.flush();
        return [calls.map((call) => call[2]), done];""") == [["One", "Two"], True]


def test_a_refusal_keeps_everything_and_says_why(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        answers = [() => json(400, { message: "Unknown block type", details: [{ message: "x", block_id: "code_1" }] })];
        const told = [];
        autosave.problemListeners.add((problems) => told.push(...problems.map((problem) => problem.block_id)));
        rename("One"); const done = await autosave.flush(); autosave.keep();
        const kept = drafts.newest({}).graph.blocks[0].name;
        return [done, autosave.state, autosave.reason, told, kept, store.nameOf("code_1")];""") == [
        False, "failed", "Unknown block type", ["code_1"], "One", "One",
    ]


def test_a_stale_revision_is_a_conflict_that_either_side_can_win(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        const stale = () => json(412, { message: "stale" });
        const theirs = () => json(200, { revision: 12, blocks: [{ ...block("code_1", "code"), name: "Theirs" }], edges: [] });
        answers = [stale, theirs, saved(13), stale, theirs];
        const states = [];
        const note = () => states.push([autosave.state, store.nameOf("code_1"), autosave.revision]);
        rename("Mine"); await autosave.flush(); note();
        await autosave.keepMine(); note();
        rename("Mine again"); await autosave.flush(); note();
        await autosave.reload(); note();
        return states;""") == [
        ["conflict", "Mine", 7], ["saved", "Mine", 13], ["conflict", "Mine again", 13], ["saved", "Theirs", 12],
    ]


def test_a_draft_is_dropped_once_it_is_saved(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        answers = [saved(8)];
        rename("One"); autosave.keep();
        const before = drafts.newest({})?.revision;
        await autosave.flush();
        return [before, drafts.newest({})];""") == [7, None]


def test_a_save_elsewhere_is_taken_over_only_when_nothing_is_unsaved(evaluate: Evaluate) -> None:
    assert evaluate(SAVING + """
        answers = [() => json(200, { revision: 9, blocks: [{ ...block("code_1", "code"), name: "Theirs" }], edges: [] })];
        const heard = [await autosave.noticed(7), await autosave.noticed(9), store.nameOf("code_1")];
        rename("Mine");
        return [...heard, await autosave.noticed(10), autosave.state, store.nameOf("code_1")];""") == [
        False, True, "Theirs", False, "conflict", "Mine",
    ]
