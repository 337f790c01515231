"""The part of JavaScript that n8n's expressions are mostly made of, parsed into a tree. Pure; no code is ever run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.sdk import Json

MAX_CHARACTERS = 5_000
MAX_DEPTH = 40
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<string>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<template>`(?:[^`\\]|\\.)*`)"
    r"|(?P<mark>=>|\?\.(?!\d)|\?\?|===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}]))",
    re.DOTALL,
)
BINARY = {
    "??": 1, "||": 1, "&&": 2, "===": 3, "!==": 3, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class NotUnderstood(Exception):
    """A text that is beyond this part of the language; the message says where."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: Json


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    mark: str
    of: Node


@dataclass(frozen=True, slots=True)
class Binary:
    mark: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choice:
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    fields: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A template: texts and values in turn."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    parameter: str
    body: Node


Node = Literal | Name | Member | Call | Unary | Binary | Choice | Items | Fields | Text | Arrow


def parse(source: str) -> Node:
    """The tree of one expression. Raises NotUnderstood."""
    if len(source) > MAX_CHARACTERS:
        raise NotUnderstood("it is too long")
    return _Parser(source, 0).whole()


class _Parser:
    def __init__(self, source: str, depth: int) -> None:
        self._tokens = list(_tokens(source))
        self._at = 0
        self._depth = depth

    def whole(self) -> Node:
        found = self._expression()
        if self._peek()[1]:
            raise NotUnderstood(f"`{self._peek()[1][:20]}` was not expected")
        return found

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _takes(self, mark: str) -> bool:
        if self._peek() == ("mark", mark):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise NotUnderstood(f"`{mark}` was expected")

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotUnderstood("it is nested too deeply")
        try:
            arrow = self._arrow()
            return arrow if arrow is not None else self._choice()
        finally:
            self._depth -= 1

    def _arrow(self) -> Arrow | None:
        if self._peek()[0] == "name" and self._peek(1) == ("mark", "=>"):
            name = self._next()[1]
            self._next()
            return Arrow(name, self._expression())
        bare = [self._peek(ahead) for ahead in range(4)]
        if bare[0] == ("mark", "(") and bare[1][0] == "name" and bare[2] == ("mark", ")") and bare[3] == ("mark", "=>"):
            self._at += 4
            return Arrow(bare[1][1], self._expression())
        return None

    def _choice(self) -> Node:
        condition = self._binary(1)
        if not self._takes("?"):
            return condition
        yes = self._expression()
        self._expect(":")
        return Choice(condition, yes, self._expression())

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while self._peek()[0] == "mark" and BINARY.get(self._peek()[1], 0) >= least:
            mark = self._next()[1]
            left = Binary(mark, left, self._binary(BINARY[mark] + 1))
        return left

    def _unary(self) -> Node:
        for mark in ("!", "-", "+"):
            if self._takes(mark):
                self._depth += 1
                if self._depth > MAX_DEPTH:
                    raise NotUnderstood("it is nested too deeply")
                found = Unary(mark, self._unary())
                self._depth -= 1
                return found
        if self._peek() == ("name", "new"):
            self._next()
        return self._reached(self._primary())

    def _reached(self, value: Node) -> Node:
        while True:
            if self._takes(".") or (self._peek() == ("mark", "?.") and self._takes("?.")):
                if self._takes("["):
                    value = Member(value, self._expression())
                    self._expect("]")
                    continue
                kind, name = self._next()
                if kind != "name":
                    raise NotUnderstood("a name was expected after the dot")
                value = Member(value, Literal(name))
            elif self._takes("["):
                value = Member(value, self._expression())
                self._expect("]")
            elif self._takes("("):
                value = Call(value, self._until(")"))
            else:
                return value

    def _until(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._takes(end):
            found.append(self._expression())
            if not self._takes(","):
                self._expect(end)
                break
        return tuple(found)

    def _primary(self) -> Node:
        kind, text = self._next()
        match kind:
            case "number":
                return Literal(float(text) if "." in text else int(text))
            case "string":
                return Literal(_unescaped(text[1:-1]))
            case "template":
                return self._template(text[1:-1])
            case "name":
                words: dict[str, Json] = {"true": True, "false": False, "null": None, "undefined": None}
                return Literal(words[text]) if text in words else Name(text)
        if text == "(":
            inner = self._expression()
            self._expect(")")
            return inner
        if text == "[":
            return Items(self._until("]"))
        if text == "{":
            return self._fields()
        raise NotUnderstood(f"`{text[:20]}` was not expected" if text else "it ends too early")

    def _fields(self) -> Fields:
        found: list[tuple[str, Node]] = []
        while not self._takes("}"):
            kind, text = self._next()
            if kind not in ("name", "string", "number"):
                raise NotUnderstood("the name of a field was expected")
            name = _unescaped(text[1:-1]) if kind == "string" else text
            found.append((name, self._expression() if self._takes(":") else Name(text)))
            if not self._takes(","):
                self._expect("}")
                break
        return Fields(tuple(found))

    def _template(self, text: str) -> Text:
        parts: list[Node] = []
        while (start := text.find("${")) >= 0:
            end = _closing(text, start + 2)
            parts += [Literal(_unescaped(text[:start])), _Parser(text[start + 2 : end], self._depth + 1).whole()]
            text = text[end + 1 :]
        return Text((*parts, Literal(_unescaped(text))))


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise NotUnderstood("a `${` has no end")


def _tokens(source: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(source.rstrip())
    while place < end:
        match = TOKEN.match(source, place)
        if match is None or match.lastgroup is None:
            raise NotUnderstood(f"`{source[place : place + 20].strip()}` is not understood")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)
