// Shows and mints secrets: `data-reveal="id"` toggles that input, `data-mint="id"` gives it a new UUID.
import { t } from "./words.js";
const revealed = new Set();

function show(id) {
  const input = document.getElementById(id);
  const button = document.querySelector(`[data-reveal="${CSS.escape(id)}"]`);
  if (!input || !button) return;
  input.type = revealed.has(id) ? "text" : "password";
  button.setAttribute("aria-pressed", String(revealed.has(id)));
  button.querySelector("[data-reveal-label]").textContent = revealed.has(id) ? t("Hide") : t("Reveal");
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Plain http to another machine is no secure context and has no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-reveal]");
  if (toggle) {
    const id = toggle.dataset.reveal;
    if (!revealed.delete(id)) revealed.add(id);
    show(id);
  }
  const mint = event.target.closest("[data-mint]");
  if (mint) {
    const input = document.getElementById(mint.dataset.mint);
    input.value = uuid();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// The server's form always comes with hidden secrets; what the reader had opened stays open.
document.addEventListener("htmx:after:swap", () => revealed.forEach(show));
