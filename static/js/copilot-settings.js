// Trying a model without leaving the page, so that a key that was typed stays where it is until it is saved.
import { t } from "./words.js";
const form = document.querySelector("[data-copilot-model]");
const result = document.querySelector("[data-copilot-trial]");
const NUMBERS = ["input_price", "output_price", "daily_tokens", "daily_cost"];
const TEXTS = ["provider", "base_url", "model", "credential", "api_key"];

/** What the form says, as the API takes it; what is empty is left out. */
function settings() {
  const fields = new FormData(form);
  const found = { shares_values: fields.get("shares_values") === "on" };
  for (const name of [...TEXTS, ...NUMBERS]) {
    const text = String(fields.get(name) ?? "").trim();
    if (text) found[name] = NUMBERS.includes(name) ? Number(text) : text;
  }
  return found;
}

function show(tone, text) {
  result.hidden = false;
  result.dataset.tone = tone;
  result.querySelector("p").textContent = text;
}

async function tried() {
  const { lang } = document.documentElement;
  const headers = { "Content-Type": "application/json", "X-Language": lang, "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content };
  const response = await fetch("/api/copilot/model/test", { method: "POST", headers, body: JSON.stringify(settings()) });
  const answer = await response.json();
  if (!response.ok) return show("danger", answer.message);
  return show(answer.works ? "success" : "danger", answer.works ? `${answer.message} ${t("Save to use it.")}` : answer.message);
}

form?.addEventListener("submit", async (event) => {
  if (event.submitter?.value !== "try") return;
  event.preventDefault();
  event.submitter.disabled = true;
  show("info", t("Asking the model…"));
  try {
    await tried();
  } catch {
    show("danger", t("The server cannot be reached."));
  } finally {
    event.submitter.disabled = false;
  }
});
