// Shows the state of saving in the header, with what a person can do about it.
import { announce, element, icon, toast } from "./dom.js";
import { t } from "../js/words.js";

const SHOWN = {
  saved: ["cloud-check", t("Saved")],
  pending: ["cloud-upload", t("Saving…")],
  saving: ["cloud-upload", t("Saving…")],
  offline: ["wifi-off", t("Offline, kept in this browser")],
  failed: ["cloud-off", t("Not saved")],
};

function button(label, run) {
  const made = element("button", { type: "button", class: "link-button" }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    await run().catch((error) => toast(error.message, { tone: "danger" }));
    made.disabled = false;
  });
  return made;
}

/** Gives up what the server does not take, after asking once more. */
function discardButton(sync) {
  const made = button(t("Discard my changes"), async () => {
    if (!made.dataset.asked) {
      made.dataset.asked = "true";
      made.textContent = t("Really discard them?");
      return;
    }
    await sync.discard();
    location.reload();
  });
  return made;
}

/** Keep `place` up to date with the state of `sync`. */
export function showSaving(place, sync, bar) {
  let last = "saved";
  let told = null;
  const show = () => {
    const { state, reason, journal } = sync;
    const now = [state, reason, journal.kept].join("\n");
    if (now === told) return;
    told = now;
    if (state === "offline" && last !== "offline") announce(t("Offline. Your changes are kept in this browser."));
    if (state === "saved" && last === "offline") announce(t("Saved"));
    if (state === "offline" || state === "saved") last = state;
    const kept = journal.kept
      ? t("Your changes are kept in this browser.") : t("Keep this tab open: the browser has no room for a safe copy.");
    const [sign, words] = SHOWN[state];
    const shown = state === "offline" && !journal.kept ? t("Offline, not saved") : words;
    place.dataset.saveState = state;
    place.title = reason || words;
    place.replaceChildren(icon(sign), element("span", { class: "save-words" }, shown));
    bar.hidden = state !== "failed" && !(state === "offline" && !journal.kept);
    if (!bar.hidden) {
      const ways = [button(t("Retry"), () => sync.save()), ...(state === "failed" ? [discardButton(sync)] : [])];
      bar.replaceChildren(icon("cloud-off"), element("span", {}, `${t("Not saved: {1}", reason)} ${kept}`), ...ways);
    }
  };
  sync.listeners.add(show);
  show();
}
