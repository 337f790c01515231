"""What the text block can do: one function for each operation, from the text and the block's settings to the answer."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Protocol
from urllib.parse import quote, unquote

from app.sdk import BlockError, Json

LONGEST_COMPARED = 10_000
WORD = re.compile(r"\w+(?:['’-]\w+)*")
NOT_SLUG = re.compile(r"[^a-z0-9]+")
GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae"}
)


class Settings(Protocol):
    @property
    def length(self) -> int: ...
    @property
    def fill(self) -> str: ...
    @property
    def find(self) -> str: ...
    @property
    def replacement(self) -> str: ...
    @property
    def other(self) -> str: ...


def plain(text: str) -> str:
    """Without accents: é is e, ü is ue."""
    decomposed = unicodedata.normalize("NFKD", text.translate(GERMAN))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def slug(text: str, length: int) -> str:
    """Small letters, digits and hyphens, as for an address; at most `length` of them, cut at a hyphen where possible."""
    found = NOT_SLUG.sub("-", plain(text).lower()).strip("-")
    if length and len(found) > length:
        found = found[:length].rpartition("-")[0] or found[:length]
    return found.strip("-")


def truncate(text: str, length: int, ending: str) -> str:
    if len(text) <= length:
        return text
    return text[: max(0, length - len(ending))] + ending[:length]


def padded(text: str, settings: Settings, *, left: bool) -> str:
    missing = settings.length - len(text)
    if missing <= 0:
        return text
    filling = ((settings.fill or " ") * missing)[:missing]
    return filling + text if left else text + filling


def similarity(text: str, other: str) -> float:
    """1 for equal texts, 0 for texts that have nothing in common."""
    if max(len(text), len(other)) > LONGEST_COMPARED:
        message = f"similarity compares at most {LONGEST_COMPARED:,} characters"
        raise BlockError("TEXT_TOO_LONG", message, retryable=False)
    return round(SequenceMatcher(None, text, other, autojunk=False).ratio(), 4)


def from_base64(text: str) -> str:
    """The text that was encoded, in the ordinary or the web alphabet, with or without the signs at the end."""
    bare = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise BlockError("NOT_BASE64", "the text is not the base64 of a text in UTF-8", retryable=False) from None


def from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        raise BlockError("NOT_HEX", "the text is not the hexadecimal form of a text in UTF-8", retryable=False) from None


OPERATIONS: dict[str, Callable[[str, Settings], Json]] = {
    "upper": lambda text, _: text.upper(),
    "lower": lambda text, _: text.lower(),
    "title": lambda text, _: WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), text),
    "capitalize": lambda text, _: text[:1].upper() + text[1:],
    "trim": lambda text, _: text.strip(),
    "squeeze": lambda text, _: " ".join(text.split()),
    "slug": lambda text, settings: slug(text, settings.length),
    "plain": lambda text, _: plain(text),
    "truncate": lambda text, settings: truncate(text, settings.length, settings.fill),
    "pad_left": lambda text, settings: padded(text, settings, left=True),
    "pad_right": lambda text, settings: padded(text, settings, left=False),
    "replace": lambda text, settings: text.replace(settings.find, settings.replacement) if settings.find else text,
    "before": lambda text, settings: text.partition(settings.find)[0] if settings.find else text,
    "after": lambda text, settings: text.partition(settings.find)[2] if settings.find else text,
    "split": lambda text, settings: text.split(settings.find) if settings.find else text.split(),
    "lines": lambda text, _: text.splitlines(),
    "words": lambda text, _: WORD.findall(text),
    "length": lambda text, _: len(text),
    "reverse": lambda text, _: text[::-1],
    "similarity": lambda text, settings: similarity(text, settings.other),
    "url_encode": lambda text, _: quote(text, safe=""),
    "url_decode": lambda text, _: unquote(text),
    "base64_encode": lambda text, _: base64.b64encode(text.encode(errors="replace")).decode(),
    "base64_decode": lambda text, _: from_base64(text),
    "hex_encode": lambda text, _: text.encode(errors="replace").hex(),
    "hex_decode": lambda text, _: from_hex(text),
    "html_escape": lambda text, _: html.escape(text),
    "html_unescape": lambda text, _: html.unescape(text),
}
