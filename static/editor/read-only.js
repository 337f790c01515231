// For people who may look at a workflow but not change it: nothing can be moved, typed or connected.

/** Make the editor one that shows. `store` takes no more steps; forms, in `panel`, are shown without a way to type. */
export function showOnly({ store, panel, editor }) {
  store.readOnly = true;
  editor.classList.add("read-only");
  const lock = () => {
    for (const field of panel.querySelectorAll("input, select, textarea, button:not([data-copy]):not([data-expand])")) field.disabled = true;
  };
  panel.addEventListener("form:shown", lock);
  new MutationObserver(lock).observe(panel, { childList: true, subtree: true });
}
