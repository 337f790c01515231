"""Pure: finding things by words in English or German, without any model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

STEMS = ("ungen", "enden", "ieren", "ing", "ung", "ies", "en", "er", "es", "ed", "s", "n", "e")
STOP_WORDS = frozenset({
    "the", "and", "for", "with", "that", "this", "from", "into", "when", "then", "are", "can",
    "der", "die", "das", "und", "ein", "eine", "einen", "mit", "von", "für", "wenn", "dann", "ich", "mir",
})  # fmt: skip
SYNONYMS: Mapping[str, str] = {
    "mail": "email", "e-mail": "email", "rechnung": "invoice", "bestellung": "order", "liste": "list", "wenn": "condition",
    "bedingung": "condition", "warten": "wait", "tabelle": "table", "datei": "file", "uhrzeit": "time", "zeitplan": "schedule",
    "täglich": "schedule", "daily": "schedule", "freigabe": "approval", "genehmigung": "approval", "approve": "approval",
    "prüf": "validate", "schleife": "loop", "zusammenfass": "summarise", "summar": "summarise", "adresse": "address",
    "antwort": "response", "answer": "response", "reply": "response", "aufruf": "call", "http": "api", "api": "call",
    "rest": "api", "text": "text", "datum": "date", "verschlüssel": "encrypt", "speicher": "store", "filter": "filter",
    "sortier": "sort", "modell": "model", "ki": "ai", "llm": "model", "gpt": "model", "unterschrift": "signature",
    "steuer": "tax",
}  # fmt: skip
"""What people say, in English or German, for what blocks and templates are called."""


def ranked(words: str, things: Iterable[T], texts: Callable[[T], Sequence[tuple[str, int]]]) -> list[T]:
    """The things whose texts fit some words; all of them, in their order, when there are no words."""
    wanted = stems(words)
    everything = list(things)
    if not wanted:
        return everything
    scored = [(sum(_score(wanted, stems(text)) * weight for text, weight in texts(thing)), thing) for thing in everything]
    return [thing for score, thing in sorted(scored, key=lambda pair: -pair[0]) if score > 0]


def stems(text: str) -> set[str]:
    """The words of a text without their endings, and what else they are called."""
    found = {word for word in re.findall(r"\w[\w-]*", text.lower()) if word not in STOP_WORDS}
    cut = {_stem(word) for word in found}
    return cut | {_stem(other) for word in found | cut for name, other in SYNONYMS.items() if word.startswith(name)}


def _stem(word: str) -> str:
    ending = next((one for one in STEMS if word.endswith(one) and len(word) - len(one) >= 3), "")
    return word[: len(word) - len(ending)] if ending else word


def _score(wanted: set[str], there: set[str]) -> float:
    whole = len(wanted & there)
    begun = sum(1 for word in wanted - there if len(word) > 3 and any(one.startswith(word) for one in there))
    return whole + begun / 2
