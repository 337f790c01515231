// What the copilot's panel shows while there is no model: how to get one, and templates that are found by words.
import { callJson } from "./api.js";
import { element, icon } from "./dom.js";
import { t } from "../js/words.js";

export class Setup {
  constructor(root) {
    this.place = root.querySelector("[data-copilot-setup]");
    this.list = root.querySelector("[data-copilot-templates]");
    const form = root.querySelector("[data-copilot-find]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(form.elements.q.value);
    });
  }

  show(needed) {
    this.place.hidden = !needed;
    if (needed && !this.list.children.length) this.find("");
  }

  async find(words) {
    try {
      const { templates } = await callJson("GET", `/api/copilot/templates?q=${encodeURIComponent(words)}`);
      const nothing = element("li", { class: "muted" }, t("No template fits these words. Try others, or fewer."));
      this.list.replaceChildren(...(templates.length ? templates.map((one) => this.row(one)) : [nothing]));
    } catch (error) {
      this.list.replaceChildren(element("li", { role: "alert" }, error.message));
    }
  }

  row({ name, title, description }) {
    const token = document.querySelector('meta[name="csrf-token"]')?.content || "";
    return element("li", {},
      element("strong", {}, title), element("p", {}, description),
      element("form", { method: "post", action: `/templates/${encodeURIComponent(name)}/use` },
        element("input", { type: "hidden", name: "_csrf", value: token }),
        element("button", { class: "button button-small" }, icon("plus"), t("Make a workflow of it"))));
  }
}
