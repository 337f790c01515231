// Takes up what an earlier visit could not save: a tab that crashed, a browser that was closed, a server that was away.

/** Put on top of the saved graph what dead tabs have left in the journal. Answers how many steps that were. */
export async function takeUp(sync) {
  const records = await sync.journal.left();
  return records.length ? sync.inTurn(() => put(sync, records)) : 0;
}

async function put(sync, records) {
  const since = Math.min(...records.map((record) => record.base));
  const answer = await sync.call("GET", `${sync.path}/operations?after=${since}`);
  const missed = answer.missed || [];
  const saved = new Set(missed.map((batch) => batch.batch_id));
  sync.journal.drop(records.filter((record) => saved.has(record.batch_id)).map((record) => record.batch_id));
  const entries = records.filter((record) => !saved.has(record.batch_id)).map(entryOf);
  if (!entries.length) return 0;
  const own = new Set(entries.map((entry) => entry.batch_id));
  const theirs = missed.filter((batch) => batch.revision <= sync.revision);
  sync.onTop(sync.base, sync.revision, [...entries, ...sync.queue], theirs, !answer.missed);
  const taken = sync.queue.filter((entry) => own.has(entry.batch_id));
  sync.store.adopt(taken, sync.base);
  sync.set("pending");
  sync.later(0);
  return taken.length;
}

const entryOf = ({ batch_id, kind, unit, operations, at, number, message }) => ({ batch_id, kind, unit, operations, at, number, message });
