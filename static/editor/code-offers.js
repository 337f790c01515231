// The list of names that is offered while somebody types code. Ace brings it up to date a moment after each key; whoever is
// faster than that would lose what they chose, have it put in the place of too few letters, or be offered nothing.

/** The offers of an Ace editor, whose list lies within `parentNode`. */
export function offersFor(editor, parentNode) {
  const { Autocomplete } = window.ace.require("ace/autocomplete");
  // Nothing is chosen while somebody only types, so that Enter still ends a line.
  const offers = Object.assign(Autocomplete.for(editor), { autoSelect: false, parentNode });
  offerForNewWord(offers, editor);
  bringUpToDateFirst(offers);
}

/** A list for one word closes when nothing fits any more; when another word has been begun by then, that one gets its list. */
function offerForNewWord(offers, editor) {
  const { getCompletionPrefix } = window.ace.require("ace/autocomplete/util");
  const { updateCompletions } = offers;
  offers.updateCompletions = (isUpdate, options) => {
    updateCompletions.call(offers, isUpdate, options);
    const isLeft = isUpdate && !offers.activated;
    if (!isLeft || getCompletionPrefix(editor).length < editor.getOption("liveAutocompletionThreshold")) return;
    offers.autoShown = true;
    offers.showPopup(editor);
  };
}

/** Before somebody moves in the list or takes from it, it is made to fit what is typed by now. */
function bringUpToDateFirst(offers) {
  const { goTo, insertMatch } = offers;
  const bringUpToDate = () => offers.changeTimer.isPending() && offers.changeTimer.call();
  offers.goTo = (way) => {
    bringUpToDate();
    goTo.call(offers, way);
  };
  offers.insertMatch = (offer, options) => {
    const chosen = offer || offers.popup.getData(offers.popup.getRow());
    bringUpToDate();
    const isOffered = offers.completions?.filtered.includes(chosen);
    return isOffered ? insertMatch.call(offers, chosen, options) : false;
  };
}
