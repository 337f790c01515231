"""Several editors at random, over a network that loses requests and answers: all end with the server's graph, nothing is lost."""

from __future__ import annotations

import pytest

from .conftest import Evaluate
from .test_sync import SYNC

CROWD = SYNC + """
const { same } = await import("/static/editor/operations.js");
const plain = ({ blocks, edges, annotations }) => ({
  blocks: [...blocks.values()].sort((one, other) => one.id.localeCompare(other.id)),
  edges: [...edges.values()].sort((one, other) => one.id.localeCompare(other.id)),
  annotations: [...annotations.values()].sort((one, other) => one.id.localeCompare(other.id)),
});
const notes = await import("/static/editor/annotations.js");
let seed = SEED;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const pick = (things) => things[random(things.length)];
const crowd = [];
for (let n = 0; n < 3; n += 1) crowd.push(await visit());
for (const { sync } of crowd) { sync.later = () => undefined; sync.keepSoon = () => undefined; }
const written = [];
let [made, added] = [0, 0];
const acts = {
  write({ store }) {
    const block = pick([...store.blocks.values()]);
    made += 1;
    if (edits.changeBlock(store, block.id, { config: { ...block.config, [`f${made}`]: made } })) written.push(`f${made}`);
  },
  add({ store }) {
    edits.addBlock(store, palette[2], { x: random(800), y: random(800) });
    added += 1;
  },
  move({ store }) { edits.moveBlocks(store, new Map([[pick([...store.blocks.keys()]), { x: random(800), y: random(800) }]])); },
  rename({ store }) { edits.changeBlock(store, pick([...store.blocks.keys()]), { name: `N${random(99)}` }); },
  connect({ store }) {
    const [one, other] = [pick([...store.blocks.keys()]), pick([...store.blocks.keys()])];
    edits.connect(store, one, "output", other);
  },
  remove({ store }) { if (store.blocks.size > 2) edits.remove(store, [pick([...store.blocks.keys()])]); },
  note({ store }) { notes.addAnnotation(store, "note", { x: random(800), y: 0 }); },
  say({ store }) {
    const note = pick([...store.annotations.values()]);
    if (note) notes.changeAnnotation(store, note.id, { text: `T${random(99)}` });
  },
  tear({ store }) {
    const note = pick([...store.annotations.values()]);
    if (note) edits.remove(store, [], [], [note.id]);
  },
  undo({ store }) { store.undo(); },
  redo({ store }) { store.redo(); },
};
const lost = () => new ApiError(0, "gone");
const faults = [lost, () => Object.assign(lost(), { late: true }), () => new ApiError(503, "busy")];
for (let step = 0; step < 150; step += 1) {
  acts[pick(ACTS)](pick(crowd));
  if (random(6) === 0) server.breaks = [pick(faults)()];
  if (random(3) === 0) await pick(crowd).sync.flush();
  if (random(8) === 0) await pick(crowd).sync.catchUp();
}
server.breaks = [];
for (let round = 0; round < 4; round += 1) for (const { sync } of crowd) { await sync.flush(); await sync.catchUp(); }
const fields = new Set([...server.graph.blocks.values()].flatMap(({ config }) => Object.keys(config)));
return {
  alike: crowd.map(({ store }) => same(plain(store), plain(server.graph))),
  revisions: crowd.map(({ sync }) => sync.revision === server.revision),
  left: crowd.map(({ sync }) => sync.queue.length),
  twice: server.log.length - new Set(server.log.map(({ batch_id }) => batch_id)).size,
  lost: written.filter((field) => !fields.has(field)),
  missing: 1 + added - server.graph.blocks.size,
  batches: server.log.length,
};
"""


@pytest.mark.parametrize("seed", range(1, 7))
def test_nothing_that_was_written_is_lost(evaluate: Evaluate, seed: int) -> None:
    acts = '["write", "write", "write", "add", "move", "rename", "connect"]'
    found = evaluate(CROWD.replace("SEED", str(seed)).replace("ACTS", acts))
    assert (found["lost"], found["missing"]) == ([], 0)
    assert (found["alike"], found["revisions"], found["left"], found["twice"]) == ([True] * 3, [True] * 3, [0] * 3, 0)
    assert found["batches"] > 50


@pytest.mark.parametrize("seed", range(11, 17))
def test_whatever_is_removed_and_undone_all_see_the_same(evaluate: Evaluate, seed: int) -> None:
    acts = '["write", "add", "add", "move", "rename", "connect", "note", "say", "tear", "remove", "undo", "undo", "redo"]'
    found = evaluate(CROWD.replace("SEED", str(seed)).replace("ACTS", acts))
    assert (found["alike"], found["revisions"], found["left"], found["twice"]) == ([True] * 3, [True] * 3, [0] * 3, 0)
    assert found["batches"] > 50
