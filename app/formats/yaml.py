"""YAML as people write it, read with the place of every value: no aliases, no tags, no surprises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.representer import SafeRepresenter

from app.formats.text import NotReadable, Place, Read, TextProblem
from app.sdk import Json

MAX_CHARACTERS = 500_000
MAX_DEPTH = 50
INTEGER = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_JSON_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
MAX_DIGITS = 300


def read_yaml(text: str) -> Read:
    """Read one YAML 1.2 document with the core schema: dates stay texts, `on` is a text. Raises NotReadable."""
    if len(text) > MAX_CHARACTERS:
        raise _refused(1, f"the text may have {MAX_CHARACTERS:,} characters")
    try:
        return _Builder().build(YAML(typ="safe", pure=True).parse(StringIO(text)))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or "this is not YAML"
        raise _refused(mark.line + 1 if mark is not None else 1, str(reason)) from None


class _Builder:
    """Puts a value together from the parser's events, without recursion."""

    def __init__(self) -> None:
        self._lines: dict[Place, int] = {}
        self._stack: list[tuple[Place, Json]] = []
        self._key: list[str | None] = []
        self._key_line = 0
        self._root: Json = None

    def build(self, events: Iterator[Event]) -> Read:
        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            match event:
                case DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise _refused(line, "only one document is allowed")
                case AliasEvent():
                    raise _refused(line, "aliases (`*name`) are not allowed")
                case ScalarEvent() | MappingStartEvent() | SequenceStartEvent():
                    self._begin(event, line)
                case MappingEndEvent() | SequenceEndEvent():
                    self._stack.pop()
                    self._key.pop()
        return Read(self._root, self._lines)

    def _begin(self, event: Event, line: int) -> None:
        if getattr(event, "anchor", None) is not None:
            raise _refused(line, "anchors (`&name`) are not allowed")
        if self._is_key():
            self._take_key(event, line)
            return
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise _refused(line, "tags (`!name`) are not allowed")
        place = self._next_place()
        self._lines[place] = self._key_line if place and isinstance(place[-1], str) else line
        if isinstance(event, ScalarEvent):
            self._put(scalar(event.value, line) if event.style is None else str(event.value))
            return
        value: Json = {} if isinstance(event, MappingStartEvent) else []
        self._put(value)
        if len(self._stack) >= MAX_DEPTH:
            raise _refused(line, f"nested deeper than {MAX_DEPTH} levels")
        self._stack.append((place, value))
        self._key.append(None)

    def _is_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1][1], dict) and self._key[-1] is None

    def _take_key(self, event: Event, line: int) -> None:
        if not isinstance(event, ScalarEvent):
            raise _refused(line, "a name of a field must be a text")
        place, mapping = self._stack[-1]
        if event.value in mapping:
            path = ".".join(map(str, (*place, event.value)))
            raise NotReadable([TextProblem(path, line, f"`{event.value}` stands here twice")])
        self._key[-1] = event.value
        self._key_line = line

    def _next_place(self) -> Place:
        if not self._stack:
            return ()
        place, container = self._stack[-1]
        return (*place, len(container) if isinstance(container, list) else str(self._key[-1]))

    def _put(self, value: Json) -> None:
        if not self._stack:
            self._root = value
            return
        _, container = self._stack[-1]
        if isinstance(container, list):
            container.append(value)
        else:
            container[str(self._key[-1])] = value
            self._key[-1] = None


def scalar(text: str, line: int = 1) -> Json:
    """A plain scalar by YAML's core schema. Raises NotReadable for what JSON cannot express."""
    if text in WORDS:
        return WORDS[text]
    if NO_JSON_NUMBER.fullmatch(text):
        raise _refused(line, f"`{text}` cannot be expressed in JSON")
    if len(text) <= MAX_DIGITS:
        if INTEGER.fullmatch(text):
            return int(text)
        if OCTAL.fullmatch(text) or HEXADECIMAL.fullmatch(text):
            return int(text, 0)
        if NUMBER.fullmatch(text):
            return float(text)
    return text


def _refused(line: int, message: str) -> NotReadable:
    return NotReadable([TextProblem("", line, message)])


class _Writer(SafeRepresenter):
    """Writes texts of several lines as blocks, and quotes whatever would be read as something else."""


def _text(writer: _Writer, text: str) -> Any:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if not text.isprintable():
        lines = text.split("\n")
        is_plain = all(line.isprintable() and line == line.strip(" ") for line in lines[:1])
        return "|" if is_plain and all(line.isprintable() and line == line.rstrip(" ") for line in lines) else '"'
    try:
        return None if isinstance(scalar(text), str) else "'"
    except NotReadable:
        return "'"


_Writer.add_representer(str, _text)


def write_yaml(value: Json) -> str:
    """A text that read_yaml reads back as the same value."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Writer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 120
    stream = StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()
