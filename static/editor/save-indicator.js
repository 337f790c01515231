// Shows the state of saving in the header, with what a person can do about it.
import { element, icon, toast } from "./dom.js";

const SHOWN = {
  saved: ["cloud-check", "Saved"],
  pending: ["cloud-upload", "Saving…"],
  saving: ["cloud-upload", "Saving…"],
  failed: ["cloud-off", "Not saved"],
  conflict: ["triangle-alert", "Changed elsewhere"],
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

/** Keep `place` up to date with the state of `autosave`. */
export function showSaving(place, autosave, bar) {
  const show = () => {
    const { state, reason } = autosave;
    const [sign, words] = SHOWN[state];
    place.dataset.saveState = state;
    place.title = reason || words;
    place.replaceChildren(icon(sign), element("span", { class: "save-words" }, words));
    bar.hidden = state !== "failed" && state !== "conflict";
    if (bar.hidden) return;
    const kept = autosave.kept === false
      ? " Keep this tab open: the browser has no room for a safe copy." : " Your changes are kept in this browser.";
    if (state === "failed") {
      bar.replaceChildren(icon("cloud-off"), element("span", {}, `Not saved: ${reason}${kept}`), button("Retry", () => autosave.save()));
    } else {
      bar.replaceChildren(icon("triangle-alert"),
        element("span", {}, "This workflow was changed elsewhere while you were editing."),
        button("Reload theirs", () => autosave.reload()), button("Keep mine", () => autosave.keepMine()));
    }
  };
  autosave.listeners.add(show);
  show();
}

/** Offer changes that an earlier visit could not save. `restore` puts them on the canvas. */
export function offerDraft(bar, draft, revision, restore, discard) {
  const when = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const since = draft.revision === revision ? "" : " The workflow has been saved elsewhere since then.";
  const choice = (label, run) => {
    const made = element("button", { type: "button", class: "link-button" }, label);
    made.addEventListener("click", () => {
      bar.hidden = true;
      run();
    });
    return made;
  };
  bar.hidden = false;
  bar.replaceChildren(icon("info"), element("span", {}, `Changes from ${when} were not saved.${since}`),
    choice("Restore", restore), choice("Discard", discard));
}
