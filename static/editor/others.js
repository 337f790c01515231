// What others do in this workflow: who is here, what they have changed, and where that met one's own changes.
import { element, icon, toast } from "./dom.js";
import { copied, performOne } from "./operations.js";

const MOST_TOLD = 2;
const MOST_FACES = 4;
const REASONS = { gone: "was removed", blocked: "was changed", loop: "would now lead in a circle" };

/** The first letters by which a person is shown. */
const initials = (name) => name.slice(0, 2).toUpperCase();

/** Everybody else who has this workflow open; somebody in two tabs is one. */
export function showPresence(place, people, clientId) {
  const others = new Map();
  for (const person of people) if (person.client_id !== clientId) others.set(person.user_id, person);
  const mine = people.find((person) => person.client_id === clientId)?.user_id;
  const named = [...others.values()].map((person) => ({
    ...person, words: person.user_id === mine ? `${person.username} (you, in another tab)` : person.username,
  }));
  place.hidden = !named.length;
  place.setAttribute("aria-label", `Also here: ${named.map(({ words }) => words).join(", ")}`);
  const faces = named.slice(0, MOST_FACES).map(({ username, words }) => element("span", { class: "face", title: words }, initials(username)));
  const more = named.length - faces.length;
  place.replaceChildren(...faces, ...(more > 0 ? [element("span", { class: "face" }, `+${more}`)] : []));
}

function told(batches, clientId) {
  const foreign = batches.filter((batch) => batch.client_id !== clientId);
  const words = [...new Set(foreign.flatMap((batch) => batch.words))];
  if (!words.length) return null;
  const who = [...new Set(foreign.map((batch) => batch.author))].filter(Boolean).join(", ") || "Somebody";
  const more = words.length > MOST_TOLD ? ` and ${words.length - MOST_TOLD} more` : "";
  return `${who}: ${words.slice(0, MOST_TOLD).join("; ")}${more}.`;
}

/** Tell what came in from others, and what of one's own met it; `bar` holds what needs a decision. */
export class Others {
  constructor({ store, sync, bar }) {
    Object.assign(this, { store, sync, bar });
    sync.remoteListeners.add((news) => this.hear(news));
  }

  hear({ batches, lost, contested, before }) {
    const text = told(batches, this.sync.clientId);
    if (text) toast(text);
    const notes = [...this.lostNotes(lost, before), ...contested.map((contest) => this.contestNote(contest))];
    if (notes.length) this.show(notes);
  }

  lostNotes(lost, before) {
    const byBlock = new Map();
    for (const { operation, reason } of lost) {
      const id = operation.block_id ?? operation.annotation_id ?? operation.edge?.source ?? operation.edge_id;
      byBlock.set(id, { operation, reason });
    }
    return [...byBlock].map(([id, { operation, reason }]) => {
      if (operation.type === "connect") {
        const { source, target } = operation.edge;
        const name = (end) => before.blocks.get(end)?.name ?? end;
        return { text: `Your connection from “${name(source)}” to “${name(target)}” could not stay: it ${reason === "loop" ? REASONS.loop : "lost an end"}.` };
      }
      if (operation.annotation_id) return this.lostAnnotation(before.annotations.get(id));
      const block = before.blocks.get(id);
      if (!block || this.store.blocks.has(id)) return { text: `Your change of “${block?.name ?? id}” no longer fits: it ${REASONS[reason]} meanwhile.` };
      return {
        text: `You changed “${block.name}” while somebody else removed it.`,
        label: "Bring it back with my changes", run: () => this.bringBack(block, before),
      };
    });
  }

  lostAnnotation(annotation) {
    const back = { kind: "annotation", id: annotation.id, before: null, after: annotation };
    return {
      text: `You changed a ${annotation.kind} while somebody else removed it.`,
      label: "Bring it back with my changes", run: () => this.store.annotations.has(annotation.id) || this.store.apply([back]),
    };
  }

  /** This was typed for a block that others have removed. */
  orphan(block) {
    if (this.store.blocks.has(block.id)) return;
    this.show([{
      text: `You typed into “${block.name}” while somebody else removed it.`,
      label: "Bring it back with my changes", run: () => this.bringBack(block, { edges: new Map() }),
    }]);
  }

  bringBack(block, before) {
    if (this.store.blocks.has(block.id)) return;
    const ends = (edge) => [edge.source, edge.target];
    const there = (id) => id === block.id || this.store.blocks.has(id);
    const edges = [...before.edges.values()].filter((edge) => ends(edge).includes(block.id) && ends(edge).every(there) && !this.store.edges.has(edge.id));
    this.store.apply([
      { kind: "block", id: block.id, before: null, after: block },
      ...edges.map((edge) => ({ kind: "edge", id: edge.id, before: null, after: edge })),
    ]);
  }

  contestNote({ block_id: id, annotation_id: annotation, field, theirs }) {
    const what = id ? `“${this.store.nameOf(id)}”` : annotation ? "A note or frame" : "The workflow";
    return {
      text: `${what}: you and somebody else have both changed ${field}. Yours was kept.`,
      label: "Take theirs", run: () => this.take(theirs),
    };
  }

  take(operation) {
    const changes = performOne(copied(this.store), operation);
    if (typeof changes !== "string") this.store.apply(changes);
  }

  show(notes) {
    const rows = notes.map(({ text, label, run }) => {
      const row = element("div", { class: "note-row" }, icon("triangle-alert"), element("span", {}, text));
      const close = () => {
        row.remove();
        this.bar.hidden = !this.bar.children.length;
      };
      const choice = (words, work) => {
        const made = element("button", { type: "button", class: "link-button" }, words);
        made.addEventListener("click", () => {
          work?.();
          close();
        });
        return made;
      };
      row.append(...(run ? [choice(label, run)] : []), choice(run ? "Leave it so" : "Close"));
      return row;
    });
    this.bar.append(...rows);
    this.bar.hidden = false;
  }
}
