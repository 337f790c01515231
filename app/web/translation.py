"""Other languages for the pages: what a template says in plain words is looked up in a catalogue when it is drawn.

A message is the text between two tags, or the value of an attribute that people read. Placeholders in it are numbered:
`{{ total }} workflows` is `{1} workflows` in the catalogue. Templates stay as they are; they are rewritten when they are loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2.ext import Extension
from markupsafe import Markup, escape

LANGUAGES: Final = ("en", "de")
COOKIE: Final = "blockyard_language"
CATALOGUES: Final = Path(__file__).resolve().parents[2] / "templates" / "languages"
ATTRIBUTES: Final = (
    "aria-label", "title", "placeholder", "alt", "data-label", "data-confirm", "data-confirm-text", "data-confirm-label",
    "data-bulk-ask", "data-bulk-text", "label",
)  # fmt: skip
SILENT: Final = frozenset({"script", "style", "code", "pre", "textarea", "svg", "kbd"})
JINJA: Final = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
ATTRIBUTE: Final = re.compile(
    rf'(?<=\s)(?:{"|".join(ATTRIBUTES)})="((?:[^"{{]|\{{(?![{{%#])|\{{\{{.*?\}}\}}|\{{%.*?%\}})*)"', re.DOTALL
)
WORD: Final = re.compile(r"[A-Za-z]{2}")
NOT_SAID: Final = re.compile(r"""^[a-z]+(?:-[a-z]+)+$|=["']""")
"""Names of classes, and attributes that a macro writes."""
PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")

language: ContextVar[str] = ContextVar("language", default="en")
"""The language of the page that is being drawn."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a template: where it stands, what the catalogue calls it, and the expressions of its placeholders."""

    start: int
    end: int
    key: str
    expressions: tuple[str, ...]


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """What messages are in a language, of all areas; nothing for English. Read when somebody first asks for the language."""
    paths = sorted(CATALOGUES.glob(f"{code}*.json")) if code in LANGUAGES else []
    return {key: text for path in paths for key, text in read(path).items()}


def read(path: Path) -> dict[str, str]:
    """One file of a catalogue; nothing where there is none."""
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def chosen_language(cookie: str, accepted: str) -> str:
    """The language that somebody has chosen, else the first that their browser prefers and that there is."""
    if cookie in LANGUAGES:
        return cookie
    wishes = []
    for position, part in enumerate(accepted[:500].split(",")):
        code, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), position, code.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((code for weight, _, code in sorted(wishes) if weight < 0 and code in LANGUAGES), "en")


def translated(key: str, *values: object) -> Markup:
    """A message of a template in the page's language, with its placeholders filled in."""
    text = catalogue(language.get()).get(key, key)
    if not values:
        return Markup(text)  # noqa: S704 - written by us, as HTML
    return Markup(PLACEHOLDER.sub(lambda found: str(escape(values[int(found[1]) - 1])), text))  # noqa: S704 - escaped here


def said(text: str) -> str:
    """Words that come from elsewhere than a template, in the page's language where the catalogue has them."""
    return catalogue(language.get()).get(text, text)


class Translated(Extension):
    """Rewrites templates so that their messages are looked up."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        parts: list[str] = []
        done = 0
        for message in messages(source):
            arguments = "".join(f", ({expression})" for expression in message.expressions)
            parts += [source[done : message.start], "{{ translated(", json.dumps(message.key), arguments, ") }}"]
            done = message.end
        return "".join([*parts, source[done:]])


def messages(source: str) -> Iterator[Message]:
    """The messages of a template in order."""
    at = 0
    silent = ""
    for start, end, name in _tags(source):
        if not silent:
            yield from _runs(source, at, start)
            for found in ATTRIBUTE.finditer(source, start, end):
                yield from _runs(source, found.start(1), found.end(1))
        if silent and name == f"/{silent}":
            silent = ""
        elif not silent and name in SILENT and not source.startswith("/>", end - 2):
            silent = name
        at = end
    if not silent:
        yield from _runs(source, at, len(source))


def _tags(source: str) -> Iterator[tuple[int, int, str]]:
    """Every tag of a source with its name; what Jinja writes in it is part of it."""
    at = 0
    while at < len(source):
        if source.startswith(("{{", "{%", "{#"), at):
            found = JINJA.match(source, at)
            at = found.end() if found else len(source)
        elif source[at] == "<" and re.match(r"</?[a-z!]", source[at : at + 3], re.IGNORECASE):
            end = _tag_end(source, at)
            name = re.match(r"</?([a-z!][\w-]*)", source[at:end], re.IGNORECASE)
            word = name[1].lower() if name else ""
            yield at, end, f"/{word}" if source.startswith("</", at) else word
            at = end
        else:
            at += 1


def _tag_end(source: str, at: int) -> int:
    quote = ""
    while at < len(source):
        if source.startswith(("{{", "{%", "{#"), at):
            found = JINJA.match(source, at)
            at = found.end() if found else len(source)
            continue
        sign = source[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ">":
            return at + 1
        at += 1
    return at


def _runs(source: str, start: int, end: int) -> Iterator[Message]:
    """The stretches between statements, in which words and placeholders are mixed."""
    at = start
    for found in JINJA.finditer(source, start, end):
        if source.startswith("{{", found.start()):
            continue
        yield from _message(source, at, found.start())
        at = found.end()
    yield from _message(source, at, end)


def _message(source: str, start: int, end: int) -> Iterator[Message]:
    text = source[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    expressions = [found[0] for found in JINJA.finditer(text)]
    if not WORD.search(JINJA.sub("", text).replace("&nbsp;", "")) or any("{{-" in one or "-}}" in one for one in expressions):
        return
    if any("caller" in one or "icon(" in one for one in expressions):
        yield from _around_icons(source, start, text)
        return
    if NOT_SAID.search(JINJA.sub("", text)):
        return
    numbers = iter(range(1, len(expressions) + 1))
    key = JINJA.sub(lambda _: f"{{{next(numbers)}}}", text)
    yield Message(start, start + len(text), " ".join(key.split()), tuple(one[2:-2].strip() for one in expressions))


def _around_icons(source: str, start: int, text: str) -> Iterator[Message]:
    """A stretch that begins or ends with a picture: what stands beside it."""
    found = [one for one in JINJA.finditer(text) if "icon(" in one[0] or "caller" in one[0]]
    at = 0
    for one in [*found, None]:
        end = one.start() if one else len(text)
        yield from _message(source, start + at, start + end)
        at = one.end() if one else end
