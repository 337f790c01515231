"""One node of n8n while it becomes a block: its parameters, read with their expressions translated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.formats.n8n.expressions import Scope, condition, is_expression, template
from app.formats.n8n.javascript import NotUnderstood
from app.sdk import Json

OutViews = tuple[tuple[tuple[str, ...], str], ...]
"""Beginnings of paths in what the node gave there, and where that is in the block's output here (`.body`), or anywhere else."""
SAME: OutViews = (((), ""),)
PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
QUOTE = re.compile(r'(?<!\\)"')
TOKEN = re.compile("\ue000([0-9]+)\ue001")


@dataclass(frozen=True)
class Mapped:
    """The block that stands for a node.

    `ports` are the outputs in n8n's order. `passes` is true where what comes in goes out. `many` is true where the output is
    a list, for whose entries n8n ran the following nodes one by one; `takes_many` where a list may come in.
    """

    type: str
    config: dict[str, Json] = field(default_factory=dict)
    ports: tuple[str, ...] = ("output",)
    views: OutViews = SAME
    passes: bool = False
    many: bool = False
    takes_many: bool = False
    policy: dict[str, Json] = field(default_factory=dict)


class Node:
    """Its parameters as Python values, and notes on what could not be taken over."""

    def __init__(self, raw: Mapping[str, Json], scope: Scope, knows: Callable[[str], bool]) -> None:
        self.name = str(raw.get("name", ""))
        self.type = str(raw.get("type", ""))
        version = raw.get("typeVersion")
        self.version = float(version) if isinstance(version, int | float) else 1.0
        parameters = raw.get("parameters")
        self.params: dict[str, Json] = parameters if isinstance(parameters, dict) else {}
        credentials = raw.get("credentials")
        self.credentials: dict[str, Json] = credentials if isinstance(credentials, dict) else {}
        self.scope = scope
        self.knows = knows
        self.notes: list[str] = []

    def raw(self, path: str, otherwise: Json = None) -> Json:
        """A parameter by its dotted path, as it stands there."""
        value: Json = self.params
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        value = _located(value)
        return otherwise if value is None else value

    def listed(self, path: str) -> list[dict[str, Json]]:
        """A list of objects."""
        found = self.raw(path)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def value(self, path: str, otherwise: Json = None) -> Json:
        """A parameter with its expressions translated."""
        found = self.raw(path)
        return otherwise if found is None else self.read(found, path)

    def text(self, path: str, otherwise: str = "") -> str:
        found = self.value(path)
        return otherwise if found is None else found if isinstance(found, str) else str(found)

    def number(self, path: str, otherwise: int) -> Json:
        """A number, or the template that gives one."""
        found = self.value(path)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found
        return found if isinstance(found, str) and "{{" in found else otherwise

    def flag(self, path: str, otherwise: bool = False) -> bool:
        found = self.raw(path)
        return found if isinstance(found, bool) else otherwise

    def read(self, value: Json, place: str = "") -> Json:
        """A value with every expression in it translated; what cannot be stays, and is noted."""
        value = _located(value)
        if isinstance(value, dict):
            return {key: self.read(child, key) for key, child in value.items()}
        if isinstance(value, list):
            return [self.read(child, place) for child in value]
        if not is_expression(value):
            return value
        try:
            return template(value, self.scope)
        except NotUnderstood as error:
            self.notes.append(f"`{place}` could not be translated, because {error}: {value[:300]}")
            return str(value)[1:]

    def part(self, value: Json, place: str, scope: Scope | None = None) -> str:
        """A value as a part of a condition."""
        value = _located(value)
        try:
            return condition(value, scope or self.scope)
        except NotUnderstood as error:
            self.notes.append(f"`{place}` could not be translated, because {error}: {str(value)[:300]}")
            return f"({str(value)[1:].strip()})"

    def json(self, path: str) -> Json:
        """JSON that was typed as a text, as data where it is no template."""
        from_text = self.raw(path)
        return self.value(path) if not isinstance(from_text, str) else _parsed(self.read(from_text, path))

    def pairs(self, path: str, name: str = "name", value: str = "value") -> dict[str, Json]:
        """A list of names and values as an object."""
        return {str(self.read(one.get(name, ""), path)): self.read(one.get(value, ""), path) for one in self.listed(path)}

    def field(self, path: str) -> tuple[str, str]:
        """A field that is named by its path: what it is in here, such as `input.body`, and its path within that."""
        parts = tuple(part for part in path.split(".") if part)
        for prefix, here in self.scope.views:
            if parts[: len(prefix)] == prefix:
                return here, ".".join(parts[len(prefix) :])
        return "input", path

    def items(self) -> dict[str, Json]:
        """Where the entries are that a block works on, when that is not simply its input."""
        here, _ = self.field("")
        return {} if here == "input" else {"items": f"{{{{ {here} }}}}"}

    def credential(self) -> str:
        """The name that a credential of this node has here."""
        for kind, one in self.credentials.items():
            given = one.get("name") if isinstance(one, dict) else None
            name = re.sub(r"[^A-Z0-9]+", "_", str(given or kind).upper()).strip("_")[:100] or "CREDENTIAL"
            name = name if name[0].isalpha() else f"C_{name}"
            self.notes.append(f"It needs a credential named {name} (in n8n “{given or kind}”, {kind}).")
            return name
        return ""

    def note(self, text: str) -> None:
        self.notes.append(text)


def _located(value: Json) -> Json:
    """The value of what n8n calls a resource locator."""
    return value.get("value") if isinstance(value, dict) and value.get("__rl") is True else value


def _parsed(text: Json) -> Json:
    """Data out of JSON in which placeholders stand, within texts or as whole values; a text where it is none."""
    if not isinstance(text, str):
        return text
    whole = text.strip()
    if PLACEHOLDER.fullmatch(whole) and whole.count("{{") == 1:
        return whole
    kept: list[str] = []
    pieces: list[str] = []
    at, quoted = 0, False
    for found in PLACEHOLDER.finditer(text):
        between = text[at : found.start()]
        quoted ^= len(QUOTE.findall(between)) % 2 == 1
        kept.append(found[0])
        token = f"\ue000{len(kept) - 1}\ue001"
        pieces += [between, token if quoted else f'"{token}"']
        at = found.end()
    try:
        return _put_back(json.loads("".join((*pieces, text[at:]))), kept)
    except (ValueError, RecursionError):
        return text


def _put_back(value: Json, kept: list[str]) -> Json:
    if isinstance(value, dict):
        return {key: _put_back(child, kept) for key, child in value.items()}
    if isinstance(value, list):
        return [_put_back(child, kept) for child in value]
    return TOKEN.sub(lambda found: kept[int(found[1])], value) if isinstance(value, str) else value
