// What is not saved yet, kept in the browser's database, so that a crash, a reload, an ended session or a server that is
// down does not lose it. Every tab keeps its own; a tab that opens later takes up what a dead one has left.

const NAME = "blockyard";
const VERSION = 1;
const LOCK = "blockyard-editor-";
const LONGEST_KEPT_MS = 30 * 24 * 3600 * 1000;

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

async function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.addEventListener("upgradeneeded", () => {
    for (const name of ["entries", "forms"]) {
      const store = request.result.createObjectStore(name, { keyPath: ["workflow", "id"] });
      store.createIndex("workflow", "workflow");
    }
  });
  return promised(request);
}

/** The entries of one workflow. Whatever fails here is told by `kept`, never thrown: editing goes on. */
export class Journal {
  constructor(workflowId, clientId) {
    Object.assign(this, { workflow: workflowId, client: clientId, kept: true });
    this.opening = open();
    this.opening.catch(() => { this.kept = false; });
    navigator.locks?.request(LOCK + clientId, () => new Promise(() => {})).catch(() => undefined);
  }

  async transact(store, mode, work) {
    try {
      const database = await this.opening;
      const transaction = database.transaction(store, mode);
      const done = new Promise((resolve, reject) => {
        transaction.addEventListener("complete", resolve);
        transaction.addEventListener("abort", () => reject(transaction.error));
      });
      const result = await work(transaction.objectStore(store));
      await done;
      this.kept = true;
      return result;
    } catch {
      this.kept = false;
      return null;
    }
  }

  /** Keep entries `{batch_id, number, base, ...}`, over what was kept under the same id. */
  keep(entries) {
    const records = entries.map((entry) => ({ ...entry, workflow: this.workflow, id: entry.batch_id, client: this.client }));
    return this.transact("entries", "readwrite", (store) => {
      for (const record of records) store.put(record);
    });
  }

  drop(batchIds) {
    return this.transact("entries", "readwrite", (store) => {
      for (const id of batchIds) store.delete([this.workflow, id]);
    });
  }

  /** What tabs that are gone have left, in the order in which it was done. */
  async left() {
    const live = await this.liveTabs();
    const all = await this.transact("entries", "readonly", (store) => promised(store.index("workflow").getAll(this.workflow)));
    const fresh = (all || []).filter((record) => Date.now() - record.at < LONGEST_KEPT_MS);
    const old = (all || []).filter((record) => !fresh.includes(record));
    if (old.length) this.drop(old.map((record) => record.id));
    return fresh
      .filter((record) => record.client !== this.client && !live.has(record.client))
      .sort((one, other) => one.base - other.base || one.at - other.at || one.number - other.number);
  }

  async liveTabs() {
    const held = (await navigator.locks?.query().catch(() => null))?.held || [];
    return new Set(held.filter(({ name }) => name.startsWith(LOCK)).map(({ name }) => name.slice(LOCK.length)));
  }

  /** Keep what is typed into a block's form and not taken over yet: `fields` as a form sends them. */
  keepForm(blockId, fields) {
    return this.transact("forms", "readwrite", (store) =>
      store.put({ workflow: this.workflow, id: blockId, client: this.client, at: Date.now(), fields }));
  }

  dropForm(blockId) {
    return this.transact("forms", "readwrite", (store) => store.delete([this.workflow, blockId]));
  }

  async leftForms() {
    const live = await this.liveTabs();
    const all = await this.transact("forms", "readonly", (store) => promised(store.index("workflow").getAll(this.workflow)));
    return (all || []).filter((record) => record.client !== this.client && !live.has(record.client));
  }
}
