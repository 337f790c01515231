// What others do in this workflow: who is here, what they have changed, and where that met one's own changes.
import { element, icon, toast } from "./dom.js";
import { copied, performOne } from "./operations.js";
import { t } from "../js/words.js";

const MOST_TOLD = 2;
const MOST_FACES = 4;
const REASONS = { gone: t("was removed"), blocked: t("was changed"), loop: t("would now lead in a circle") };

/** The first letters by which a person is shown. */
const initials = (name) => name.slice(0, 2).toUpperCase();

/** Everybody else who has this workflow open; somebody in two tabs is one. */
export function showPresence(place, people, clientId) {
  const others = new Map();
  for (const person of people) if (person.client_id !== clientId) others.set(person.user_id, person);
  const mine = people.find((person) => person.client_id === clientId)?.user_id;
  const named = [...others.values()].map((person) => ({
    ...person, words: person.user_id === mine ? t("{1} (you, in another tab)", person.username) : person.username,
  }));
  place.hidden = !named.length;
  place.setAttribute("aria-label", t("Also here: {1}", named.map(({ words }) => words).join(", ")));
  const faces = named.slice(0, MOST_FACES).map(({ username, words }) => element("span", { class: "face", title: words }, initials(username)));
  const more = named.length - faces.length;
  place.replaceChildren(...faces, ...(more > 0 ? [element("span", { class: "face" }, `+${more}`)] : []));
}

function told(batches, clientId) {
  const foreign = batches.filter((batch) => batch.client_id !== clientId);
  const words = [...new Set(foreign.flatMap((batch) => batch.words))];
  if (!words.length) return null;
  const who = [...new Set(foreign.map((batch) => batch.author))].filter(Boolean).join(", ") || t("Somebody");
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
        return { text: t("Your connection from “{1}” to “{2}” could not stay: it {3}.", name(source), name(target), reason === "loop" ? REASONS.loop : t("lost an end")) };
      }
      if (operation.annotation_id) return this.lostAnnotation(before.annotations.get(id));
      const block = before.blocks.get(id);
      if (!block || this.store.blocks.has(id)) return { text: t("Your change of “{1}” no longer fits: it {2} meanwhile.", block?.name ?? id, REASONS[reason]) };
      return {
        text: t("You changed “{1}” while somebody else removed it.", block.name),
        label: t("Bring it back with my changes"), run: () => this.bringBack(block, before),
      };
    });
  }

  lostAnnotation(annotation) {
    const back = { kind: "annotation", id: annotation.id, before: null, after: annotation };
    return {
      text: annotation.kind === "frame" ? t("You changed a frame while somebody else removed it.") : t("You changed a note while somebody else removed it."),
      label: t("Bring it back with my changes"), run: () => this.store.annotations.has(annotation.id) || this.store.apply([back]),
    };
  }

  /** This was typed for a block that others have removed. */
  orphan(block) {
    if (this.store.blocks.has(block.id)) return;
    this.show([{
      text: t("You typed into “{1}” while somebody else removed it.", block.name),
      label: t("Bring it back with my changes"), run: () => this.bringBack(block, { edges: new Map() }),
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
    const what = id ? t("“{1}”", this.store.nameOf(id)) : annotation ? t("A note or frame") : t("The workflow");
    return {
      text: t("{1}: you and somebody else have both changed {2}. Yours was kept.", what, field),
      label: t("Take theirs"), run: () => this.take(theirs),
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
      row.append(...(run ? [choice(label, run)] : []), choice(run ? t("Leave it so") : t("Close")));
      return row;
    });
    this.bar.append(...rows);
    this.bar.hidden = false;
  }
}
