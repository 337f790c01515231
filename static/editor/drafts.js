// What is not saved yet, kept in the browser so that a crash, a reload or a lost session does not lose it.

const PREFIX = "blockyard-draft";
const LONGEST_KEPT_MS = 14 * 24 * 3600 * 1000;

function tabName() {
  let name = sessionStorage.getItem("blockyard-tab");
  if (!name) {
    name = Math.random().toString(36).slice(2, 10);
    sessionStorage.setItem("blockyard-tab", name);
  }
  return name;
}

/** The drafts of one workflow. Each tab writes its own, so that two tabs never overwrite each other's. */
export class Drafts {
  constructor(workflowId, storage = localStorage) {
    this.storage = storage;
    this.prefix = `${PREFIX}:${workflowId}:`;
    this.key = this.prefix + tabName();
    this.forgetOld();
  }

  /** Keep a graph that grew out of a revision. Answers whether the browser had room for it. */
  keep(revision, graph) {
    try {
      this.storage.setItem(this.key, JSON.stringify({ revision, graph, at: Date.now() }));
      return true;
    } catch {
      return false;
    }
  }

  drop(key = this.key) {
    this.storage.removeItem(key);
  }

  keys() {
    return Object.keys(this.storage).filter((key) => key.startsWith(this.prefix));
  }

  read(key) {
    try {
      const draft = JSON.parse(this.storage.getItem(key));
      return Array.isArray(draft?.graph?.blocks) && Array.isArray(draft.graph.edges) ? { ...draft, key } : null;
    } catch {
      return null;
    }
  }

  /** The newest draft of this workflow that differs from its saved graph, or null. */
  newest(savedGraph) {
    const saved = JSON.stringify(savedGraph);
    const drafts = this.keys().map((key) => this.read(key)).filter(Boolean);
    const different = drafts.filter((draft) => JSON.stringify(draft.graph) !== saved);
    return different.sort((one, other) => other.at - one.at)[0] || null;
  }

  forgetOld() {
    for (const key of this.keys()) {
      const draft = this.read(key);
      if (!draft || Date.now() - draft.at > LONGEST_KEPT_MS) this.drop(key);
    }
  }
}
