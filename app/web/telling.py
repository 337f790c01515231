"""Sentences that the server puts together, told in the language of the reader: problems, refusals, changes in words.

They are written in English with the values already in them. The catalogue has each with numbered placeholders, so a sentence
is found again by its fixed words, and what stands in the placeholders is told in turn: it may be a field's title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from app.sdk import Json
from app.web.translation import CATALOGUES, PLACEHOLDER, catalogue, language, read

DEEPEST: Final = 4
LONGEST: Final = 2_000
SENTENCES: Final = ("messages", "copilot")
"""Catalogues of sentences."""
SENTENCE: Final = re.compile(r"(?<=[.!?]) (?=[A-Z`])")
NUMBERED: Final = re.compile(r"(.+) (\d+)")


@cache
def patterns(code: str) -> Sequence[tuple[re.Pattern[str], str, tuple[int, ...]]]:
    """The sentences with placeholders, those with the most fixed words first."""
    read_in = [read(CATALOGUES / f"{code}.{area}.json") for area in SENTENCES]
    found = [(key, text) for words in read_in for key, text in words.items() if PLACEHOLDER.search(key)]
    found.sort(key=lambda pair: -len(PLACEHOLDER.sub("", pair[0])))
    return tuple((_pattern(key), text, tuple(map(int, PLACEHOLDER.findall(key)))) for key, text in found)


def told(text: str) -> str:
    """A sentence in the reader's language; as it is where the catalogue does not have it."""
    code = language.get()
    return text if code == "en" or len(text) > LONGEST else _told(text, code, DEEPEST)


def told_paragraph(text: str) -> str:
    """A paragraph in the reader's language: as a whole where the catalogue has it, else sentence by sentence."""
    code = language.get()
    return text if code == "en" else catalogue(code).get(text) or " ".join(told(part) for part in SENTENCE.split(text))


def told_problem(problem: Mapping[str, Json]) -> dict[str, Json]:
    """A problem, or a detail of a refusal, with its message in the reader's language."""
    message = problem.get("message")
    return {**problem, "message": told(message)} if isinstance(message, str) else dict(problem)


def _told(text: str, code: str, depth: int) -> str:
    exact = catalogue(code).get(text)
    if exact is not None and not PLACEHOLDER.search(text):
        return exact
    if not depth or not text.strip():
        return text
    for pattern, translation, numbers in patterns(code):
        if found := pattern.fullmatch(text):
            return _filled(translation, {number: _told(found[at], code, depth - 1) for at, number in enumerate(numbers, 1)})
    return _of_parts(text, code, depth)


def _filled(translation: str, given: Mapping[int, str]) -> str:
    return PLACEHOLDER.sub(lambda place: given[int(place[1])], translation)


def _of_parts(text: str, code: str, depth: int) -> str:
    """`Branches 2, Condition: is needed`: a place in a form and what is wrong there. `Limit 50 → 100`: what has changed."""
    place, colon, words = text.partition(": ")
    if colon:
        spoken = _told(words, code, depth - 1)
        return text if spoken == words else f"{_place(place, code)}: {spoken}"
    before, arrow, after = text.partition(" → ")
    return f"{_beginning(before, code)} → {_name(after, code)}" if arrow else text


def _beginning(text: str, code: str) -> str:
    """A field's title and its value: the longest beginning that the catalogue has is the title."""
    words = text.split(" ")
    for end in range(len(words), 0, -1):
        title = " ".join(words[:end])
        if title in catalogue(code):
            return " ".join([catalogue(code)[title], *(_name(word, code) for word in words[end:])])
    return text


def _place(text: str, code: str) -> str:
    parts = [NUMBERED.fullmatch(part) for part in text.split(", ")]
    names = [_name(found[1] if found else part, code) for part, found in zip(text.split(", "), parts, strict=True)]
    return ", ".join(f"{name} {found[2]}" if found else name for name, found in zip(names, parts, strict=True))


def _name(text: str, code: str) -> str:
    return _told(text, code, 1)


def _pattern(key: str) -> re.Pattern[str]:
    pieces = PLACEHOLDER.split(key)
    return re.compile("".join("(.+?)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)), re.DOTALL)
