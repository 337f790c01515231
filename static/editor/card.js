// One block on the canvas as an element.
import { duration, element, icon } from "./dom.js";
import { cardSize, portOffset } from "./geometry.js";
import { t } from "../js/words.js";

const STATUS_ICONS = {
  running: "loader-circle", completed: "circle-check", failed: "circle-x", skipped: "circle-slash", waiting: "hourglass",
};
const KNOWN_CATEGORIES = ["start", "flow", "code", "connect", "ai", "answer", "data", "text", "files", "tools"];

/** The word by which style.css colours a category; unknown ones share eight colours by their letters. */
export function categoryColour(category) {
  const word = (category || "").toLowerCase().split(" ")[0];
  if (KNOWN_CATEGORIES.includes(word)) return word;
  const sum = [...word].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return KNOWN_CATEGORIES[sum % KNOWN_CATEGORIES.length];
}

function portButton(block, port, side, offset) {
  const title = side === "in" ? t("{1}: Input", block.name) : `${block.name}: ${port.title}`;
  const button = element("button", {
    type: "button", class: "port", tabindex: "-1", "data-port": `${block.id}:${port.name}`, "data-side": side, "data-handle": port.name,
    "data-error": port.error || null, "aria-label": title, title: side === "in" ? t("Input") : port.title,
  });
  button.style.left = `${offset.x}px`;
  button.style.top = `${offset.y}px`;
  return button;
}

export class Card {
  constructor(block, entry, outputs) {
    this.status = null;
    this.problem = null;
    this.element = element("div", { class: "canvas-card", role: "group", tabindex: "-1", "data-block-id": block.id });
    this.build(block, entry, outputs);
  }

  /** Draw everything anew; the element itself stays, and with it the focus. */
  build(block, entry, outputs) {
    this.block = block;
    this.entry = entry;
    const { element: card } = this;
    const size = cardSize(outputs);
    card.style.width = `${size.width}px`;
    card.style.height = `${size.height}px`;
    card.dataset.category = categoryColour(entry.category);
    card.dataset.type = block.type;
    card.toggleAttribute("data-disabled", block.enabled === false);
    this.signs = element("span", { class: "card-signs" });
    const focused = card.contains(document.activeElement) ? document.activeElement.dataset.port : null;
    card.replaceChildren(
      element("div", { class: "card-head" },
        element("span", { class: "chip" }, icon(entry.icon || "box")),
        element("span", { class: "card-text" },
          element("span", { class: "card-name" }, block.name),
          element("span", { class: "card-type" }, block.enabled === false ? t("{1} · off", entry.title) : entry.title))),
      this.signs,
      ...this.ports(block, entry, outputs),
    );
    if (focused) this.port(focused)?.focus();
    this.place(block);
    this.show();
  }

  ports(block, entry, outputs) {
    const made = entry.inputs.map((port) => portButton(block, port, "in", portOffset(outputs, "in", port.name)));
    const named = outputs.filter((port) => !port.error).length > 1;
    for (const port of outputs) {
      const offset = portOffset(outputs, "out", port.name);
      if (named && !port.error) {
        const label = element("span", { class: "port-label" }, port.title);
        label.style.top = `${offset.y}px`;
        made.push(label);
      }
      made.push(portButton(block, port, "out", offset));
    }
    return made;
  }

  port(key) {
    return [...this.element.querySelectorAll(".port")].find((button) => button.dataset.port === key);
  }

  place(block) {
    this.block = block;
    this.element.style.transform = `translate(${block.position.x}px,${block.position.y}px)`;
  }

  setStatus(status) {
    this.status = status;
    this.show();
  }

  /** Show that the block is added or changed, compared with another state. */
  setMark(mark) {
    if (mark) this.element.dataset.diff = mark;
    else delete this.element.dataset.diff;
  }

  /** Show that a proposal would change the block, or take it away. */
  setProposed(mark) {
    if (mark) this.element.dataset.proposed = mark;
    else delete this.element.dataset.proposed;
  }

  setProblem(problem) {
    const isKnown = problem?.message === this.problem?.message && problem?.severity === this.problem?.severity;
    this.problem = problem;
    if (isKnown) return;
    this.show();
  }

  show() {
    const { element: card, status, problem } = this;
    const words = [this.entry.title, this.block.name];
    const signs = [];
    if (this.block.enabled === false) words.push(t("off"));
    if (problem) {
      words.push(problem.message);
      signs.push(element("span", { class: "card-problem", "data-severity": problem.severity, title: problem.message },
        icon("triangle-alert")));
    }
    if (status) {
      words.push(t(status.status));
      signs.push(element("span", { class: "card-status", title: status.error || t(status.status) },
        status.duration_ms === undefined || status.status === "skipped"
          ? null : element("span", { class: "card-duration" }, duration(status.duration_ms)),
        icon(STATUS_ICONS[status.status] || "info")));
    }
    this.signs.replaceChildren(...signs);
    card.querySelector(".card-error")?.remove();
    if (status?.status === "failed" && status.error) card.append(element("p", { class: "card-error" }, status.error));
    this.showText();
    if (status) card.dataset.status = status.status;
    else delete card.dataset.status;
    card.setAttribute("aria-label", words.join(", "));
  }

  /** What a running block is saying. */
  showText() {
    const text = this.status?.status === "running" ? this.status.text : "";
    let place = this.element.querySelector(".card-text-said");
    if (!text) return place?.remove();
    if (!place) this.element.append((place = element("p", { class: "card-text-said", "aria-hidden": "true" })));
    place.textContent = text;
    return undefined;
  }
}
