"""Sending steps by themselves, one batch at a time; failures lose nothing, a lost answer does nothing twice."""

from __future__ import annotations

from .conftest import Evaluate

SYNC = """
const { Sync } = await import("/static/editor/sync.js");
const { Journal } = await import("/static/editor/journal.js");
const { takeUp } = await import("/static/editor/left-over.js");
const { ApiError } = await import("/static/editor/api.js");
const { graphOf, applied } = await import("/static/editor/operations.js");
const id = crypto.randomUUID();
const drawing = { blocks: [block("code_1", "code")], edges: [] };
/** A server with one workflow: it applies batches, knows them again, and refuses stale ones. `next` may break one call. */
class Server {
  constructor() { Object.assign(this, { graph: graphOf(drawing), log: [], posts: [], breaks: [] }); }
  get revision() { return 7 + this.log.length; }
  since(after) { return { revision: this.revision, missed: this.log.slice(after - 7) }; }
  put(operations, batch_id = crypto.randomUUID(), author = "grace") {
    this.graph = applied(this.graph, operations).graph;
    this.log.push({ revision: this.revision + 1, batch_id, client_id: author, author, operations, words: [] });
  }
  async call(method, path, body) {
    if (method === "GET") return this.since(Number(path.split("after=")[1]));
    this.posts.push([body.base_revision, body.kind, body.operations.length]);
    const broken = this.breaks.shift();
    if (broken && !broken.late) throw broken;
    const known = this.log.find((batch) => batch.batch_id === body.batch_id);
    if (known) return { revision: known.revision, again: true, problems: [] };
    if (body.base_revision !== this.revision) throw new ApiError(412, "stale", this.since(body.base_revision));
    this.put(body.operations, body.batch_id, "ada");
    if (broken) throw broken;
    return { revision: this.revision, again: false, problems: [] };
  }
}
const server = new Server();
const visit = async () => {
  const store = new GraphStore({ blocks: [...server.graph.blocks.values()], edges: [...server.graph.edges.values()] }, palette);
  const journal = new Journal(id, crypto.randomUUID());
  const workflow = { id, revision: server.revision, blocks: [...store.blocks.values()], edges: [...store.edges.values()] };
  const sync = new Sync({ workflow, store, journal, clientId: "tab", call: (...request) => server.call(...request) });
  return { store, journal, sync };
};
const { store, journal, sync } = await visit();
const rename = (name) => edits.changeBlock(store, "code_1", { name });
const stored = () => server.graph.blocks.get("code_1").name;
const kept = async () => (await journal.transact("entries", "readonly", (all) => new Promise((resolve) => {
  const request = all.index("workflow").getAll(id);
  request.onsuccess = () => resolve(request.result);
}))).length;
"""


def test_each_step_goes_on_top_of_the_one_before(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        rename("One"); rename("Two"); store.undo();
        const done = await sync.flush();
        return [done, sync.state, sync.revision, server.posts, stored()];""") == [
        True, "saved", 10, [[7, "edit", 1], [8, "edit", 1], [9, "undo", 1]], "One",
    ]


def test_a_burst_is_one_batch(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        for (const name of ["A", "Ad", "Ada"]) edits.changeBlock(store, "code_1", { name }, "typing");
        await sync.flush();
        return [server.posts, stored()];""") == [[[7, "edit", 1]], "Ada"]


def test_what_is_done_during_a_save_is_saved_after_it(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        const call = sync.call;
        sync.call = async (...request) => {
          const answer = await call(...request);
          if (server.posts.length === 1) rename("Two");
          return answer;
        };
        rename("One");
        return [await sync.flush(), server.posts.length, stored()];""") == [True, 2, "Two"]


def test_a_stale_batch_goes_on_top_of_what_it_missed(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        const heard = [];
        sync.remoteListeners.add(({ batches }) => heard.push(...batches.map(({ author }) => author)));
        server.put([{ type: "set_field", block_id: "code_1", path: ["theirs"], value: 1 }]);
        rename("Mine");
        const done = await sync.flush();
        const { name, config } = store.blocks.get("code_1");
        return [done, heard, name, config, server.posts.map(([base]) => base), stored()];""") == [
        True, ["grace"], "Mine", {"theirs": 1}, [7, 8], "Mine",
    ]


def test_a_lost_answer_does_nothing_twice(evaluate: Evaluate) -> None:
    """And what others have done between the loss and the next try is not overlooked."""
    assert evaluate(SYNC + """
        server.breaks = [Object.assign(new ApiError(0, "gone"), { late: true })];
        const heard = [];
        sync.remoteListeners.add(({ batches }) => heard.push(...batches.map(({ author }) => author)));
        edits.addBlock(store, palette[2], { x: 0, y: 0 });
        const first = [await sync.flush(), sync.state];
        server.put([{ type: "set_block", block_id: "code_1", name: "Theirs" }]);
        const second = [await sync.flush(), sync.state];
        const there = [...server.graph.blocks.keys()];
        return [first, second, sync.revision, heard, there, store.nameOf("code_1"), await kept()];""") == [
        [False, "offline"], [True, "saved"], 9, ["grace"], ["code_1", "code_2"], "Theirs", 0,
    ]


def test_what_is_refused_goes_again_with_what_repairs_it(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        const told = [];
        sync.problemListeners.add((problems) => told.push(...problems.map((problem) => problem.block_id)));
        server.breaks = [new ApiError(400, "A cycle", { details: [{ block_id: "code_1" }] })];
        rename("One");
        const refused = [await sync.flush(), sync.state, sync.reason, store.nameOf("code_1"), await kept()];
        rename("Two");
        const done = await sync.flush();
        return [refused, told, done, server.posts, stored()];""") == [
        [False, "failed", "A cycle", "One", 1], ["code_1"], True, [[7, "edit", 1], [7, "edit", 1]], "Two",
    ]


def test_an_unreachable_server_is_tried_again_by_itself(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        server.breaks = [new ApiError(503, "down")];
        rename("One");
        const first = await sync.flush();
        const states = [sync.state];
        await new Promise((resolve) => sync.listeners.add(() => sync.state === "saved" && resolve()));
        return [first, states, stored()];""") == [False, ["offline"], "One"]


def test_the_next_visit_takes_up_what_a_dead_tab_has_left(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        server.breaks = [new ApiError(0, "gone"), Object.assign(new ApiError(0, "gone"), { late: true })];
        rename("One"); edits.addBlock(store, palette[2], { x: 0, y: 0 });
        await sync.flush(); await sync.keep();
        sync.later = () => undefined;
        const { batch_id, operations } = sync.queue[0];
        await server.call("POST", "", { base_revision: 7, batch_id, operations }).catch(() => undefined);
        server.put([{ type: "set_field", block_id: "code_1", path: ["theirs"], value: 1 }]);
        navigator.locks.query = async () => ({ held: [] });
        const next = await visit();
        const count = await takeUp(next.sync);
        delete navigator.locks.query;
        const shown = [...next.store.blocks.keys()];
        await next.sync.flush();
        const after = [await kept(), [...server.graph.blocks.keys()], stored()];
        next.store.undo();
        return [count, shown, after, [...next.store.blocks.keys()]];""") == [
        1, ["code_1", "code_2"], [0, ["code_1", "code_2"], "One"], ["code_1"],
    ]


def test_a_browser_without_room_is_told_so_and_goes_on(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        const real = indexedDB.open;
        IDBFactory.prototype.open = () => { throw new Error("forbidden"); };
        const bare = await visit();
        IDBFactory.prototype.open = real;
        edits.changeBlock(bare.store, "code_1", { name: "One" });
        await bare.sync.keep();
        return [bare.journal.kept, await bare.sync.flush(), stored(), await takeUp(bare.sync)];""") == [False, True, "One", 0]


def test_a_tab_that_lives_keeps_its_own(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        server.breaks = [new ApiError(0, "gone")];
        rename("One");
        await sync.flush(); await sync.keep();
        sync.later = () => undefined;
        const next = await visit();
        return [await takeUp(next.sync), await kept()];""") == [0, 1]


def test_undo_leaves_what_others_have_done(evaluate: Evaluate) -> None:
    assert evaluate(SYNC + """
        edits.changeBlock(store, "code_1", { config: { mine: 1 } });
        await sync.flush();
        server.put([{ type: "set_field", block_id: "code_1", path: ["theirs"], value: 1 }]);
        server.put([{ type: "set_block", block_id: "code_1", name: "Theirs" }]);
        await sync.noticed(server.revision);
        store.undo();
        await sync.flush();
        const { name, config } = server.graph.blocks.get("code_1");
        return [name, config];""") == ["Theirs", {"theirs": 1}]
