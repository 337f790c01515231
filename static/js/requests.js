// Says aloud when a request of the page failed; what was typed stays, because failed answers are not swapped in.
import { t } from "./words.js";
function tell(text) {
  const shown = [...document.querySelectorAll("#toasts > .toast")].some((toast) => toast.textContent === text);
  if (!shown) document.dispatchEvent(new CustomEvent("blockyard:toast", { detail: { text, tone: "danger" } }));
}

function messageOf(text) {
  try {
    return JSON.parse(text).message;
  } catch {
    return undefined;
  }
}

document.addEventListener("htmx:before:response", (event) => {
  // An ended session answers with the sign-in page, which is no part of this one.
  if (!event.detail.ctx.response.raw.redirected) return;
  event.preventDefault();
  tell(t("You are signed out. Sign in again in another tab, then try again."));
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  tell(messageOf(ctx.text) ?? t("The server answered with status {1}.", ctx.response.status));
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) tell(t("The server cannot be reached."));
});
