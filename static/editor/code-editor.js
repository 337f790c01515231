// A large editor for code and JSON. It is loaded when it is first opened, and writes into the form's own field.
import { codeNames, rowOf } from "./code-names.js";
import { offersFor } from "./code-offers.js";
import { element, icon, toast } from "./dom.js";
import { t } from "../js/words.js";

const ACE = new URL("../vendor/ace", import.meta.url).pathname;
const STYLES = ["css/ace.css", "css/theme/github_light_default.css", "css/theme/github_dark.css"];
const INDENT = { python: 4, json: 2 };
let loading = null;

function loaded(tag, attributes) {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(t("The large editor could not be loaded.")));
    document.head.append(element(tag, { ...attributes, on: { load: resolve, error: failed } }));
  });
}

async function load() {
  await loaded("script", { src: `${ACE}/ace.js` });
  window.ace.config.set("basePath", ACE);
  window.ace.config.set("useStrictCSP", true);
  await loaded("script", { src: `${ACE}/ext-language_tools.js` });
  await Promise.all(STYLES.map((path) => loaded("link", { rel: "stylesheet", href: `${ACE}/${path}` })));
}

const isDark = (place) => getComputedStyle(place).colorScheme === "dark" ||
  (getComputedStyle(place).colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

export class CodeEditor {
  /** Fields with `data-editor` below `form` get a button that opens them in `dialog`; `known()` answers the values that can be named. */
  constructor(form, dialog, known) {
    Object.assign(this, { form, dialog, known });
    this.problem = dialog.querySelector("[data-code-problem]");
    this.place = dialog.querySelector("[data-code-place]");
    form.addEventListener("form:shown", () => {
      this.addButtons();
      this.mark();
    });
    dialog.addEventListener("close", () => this.closed());
  }

  addButtons() {
    for (const field of this.form.querySelectorAll("textarea[data-editor]")) {
      const head = field.closest(".field")?.querySelector(".field-head");
      if (!head || head.querySelector("[data-large-editor]")) continue;
      const button = element("button", {
        type: "button", class: "button button-icon button-small", "data-large-editor": field.id,
        "aria-label": t("Open in a large editor"), title: t("Open in a large editor"), on: { click: () => this.open(field.id) },
      }, icon("maximize"));
      head.append(button);
    }
  }

  async open(fieldId) {
    const field = document.getElementById(fieldId);
    try {
      await (loading ??= load());
    } catch (error) {
      loading = null;
      toast(error.message, { tone: "danger" });
      return;
    }
    this.fieldId = fieldId;
    const label = this.form.querySelector(`label[for="${CSS.escape(fieldId)}"]`);
    this.dialog.querySelector("h2").textContent = label?.firstChild?.textContent.trim() || t("Code");
    this.dialog.showModal();
    this.start(field.value, field.dataset.editor);
  }

  start(text, language) {
    const theme = isDark(this.dialog) ? "github_dark" : "github_light_default";
    this.ace = window.ace.edit(this.place, {
      value: text, mode: `ace/mode/${language}`, theme: `ace/theme/${theme}`, tabSize: INDENT[language], useSoftTabs: true,
      useWorker: false, fontSize: 14, showPrintMargin: false, wrap: true,
      enableBasicAutocompletion: [this.completer(language)], enableLiveAutocompletion: true, liveAutocompletionThreshold: 2,
    });
    offersFor(this.ace, this.dialog); // within the dialog, else the list would be below it
    this.ace.clearSelection();
    this.ace.focus();
    this.ace.session.on("change", () => this.write());
    this.mark();
  }

  completer(language) {
    return {
      identifierRegexps: [/[\w.]/],
      getCompletions: (editor, session, position, prefix, done) => {
        const { values, inputOf } = this.known();
        done(null, codeNames(language, [...values.values()], inputOf));
      },
    };
  }

  /** What the server finds wrong with the text: beside its line, and as a sentence below. */
  mark() {
    if (!this.ace) return;
    const found = document.getElementById(`${this.fieldId}-problem`);
    const text = found && !found.hidden ? found.textContent.trim() : "";
    this.ace.session.setAnnotations(text ? [{ row: Math.min(rowOf(text), this.ace.session.getLength() - 1), column: 0, text, type: "error" }] : []);
    if (this.problem.textContent !== text) this.problem.textContent = text;
  }

  /** Put the text into the field as if it had been typed there. */
  write() {
    const field = document.getElementById(this.fieldId);
    if (!field) return;
    field.value = this.ace.getValue();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  closed() {
    this.ace?.destroy();
    this.ace = null;
    this.place.replaceChildren();
    this.place.className = "code-place";
    document.getElementById(this.fieldId)?.focus();
  }
}
