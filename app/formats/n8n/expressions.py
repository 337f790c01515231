"""From n8n's expressions, which are JavaScript, to those of this language. Pure."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.formats.n8n import javascript as js
from app.formats.n8n.javascript import NotUnderstood, parse
from app.formats.n8n.words import FUNCTIONS, MARKS, METHODS, NAMES, SPANS, filled, pattern_of
from app.sdk import Json

Path = tuple[str, ...]
Views = tuple[tuple[Path, str], ...]
"""Where data of a node stands here: beginnings of paths there, and what they are called here, the most exact first."""

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
KEYWORDS = frozenset({*keyword.kwlist, "null", "true", "false"})


@dataclass(frozen=True)
class Scope:
    """What `$json` and the other nodes are called here; `item` is what `$json` is inside a filter."""

    views: Views = (((), "input"),)
    nodes: Mapping[str, Views] = field(default_factory=dict)


def translated(source: str, scope: Scope) -> str:
    """One expression. Raises NotUnderstood with the reason."""
    return _Writer(scope).write(parse(source.strip().rstrip(";")))


def is_expression(text: Json) -> bool:
    return isinstance(text, str) and text.startswith("=")


def template(text: str, scope: Scope) -> str:
    """A field with placeholders, which begins with `=`; one without is taken as it is. Raises NotUnderstood."""
    if not is_expression(text):
        return text
    return PLACEHOLDER.sub(lambda found: f"{{{{ {translated(found[1], scope)} }}}}", text[1:])


def condition(text: Json, scope: Scope) -> str:
    """A field's value as a part of an expression. Raises NotUnderstood."""
    if not is_expression(text):
        return literal(text)
    inner = text[1:].strip()
    whole = PLACEHOLDER.fullmatch(inner)
    if whole is not None and "{{" not in whole[1]:
        return translated(whole[1], scope)
    parts: list[str] = []
    at = 0
    for found in PLACEHOLDER.finditer(text[1:]):
        parts += [literal(text[1:][at : found.start()]), f"str({translated(found[1], scope)})"]
        at = found.end()
    parts.append(literal(text[1:][at:]))
    return " + ".join(part for part in parts if part != '""') or '""'


def literal(value: Json) -> str:
    """A value as it is written in an expression."""
    return json.dumps(value, ensure_ascii=False)


class _Writer:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._local: tuple[str, ...] = ()

    def write(self, node: js.Node) -> str:
        match node:
            case js.Literal(value):
                return literal(value)
            case js.Text(parts):
                texts = [self.write(part) if isinstance(part, js.Literal) else f"str({self.write(part)})" for part in parts]
                return " + ".join(text for text in texts if text != '""') or '""'
            case js.Items(items):
                return f"[{', '.join(map(self.write, items))}]"
            case js.Fields(fields):
                return f"{{{', '.join(f'{literal(name)}: {self.write(value)}' for name, value in fields)}}}"
            case js.Choice(condition, yes, no):
                return f"({self.write(yes)} if {self.write(condition)} else {self.write(no)})"
            case js.Unary(mark, of):
                written = self.write(of)
                return {"!": f"(not {written})", "+": f"number({written})"}.get(mark, f"-{written}")
            case js.Binary():
                return self._binary(node)
            case js.Call():
                return self._call(node)
            case js.Arrow():
                raise NotUnderstood("a function cannot stand here")
        return self._path(node)

    def _binary(self, node: js.Binary) -> str:
        left, right = self.write(node.left), self.write(node.right)
        if node.mark in ("||", "??"):
            return f"default({left}, {right})" if _is_path(node.left) else f"({left} or {right})"
        if node.mark == "+" and (_is_text(node.left) or _is_text(node.right)):
            left = left if _is_text(node.left) else f"str({left})"
            right = right if _is_text(node.right) else f"str({right})"
        return f"({left} {MARKS.get(node.mark, node.mark)} {right})"

    def _call(self, node: js.Call) -> str:
        name = _dotted(node.function)
        path = self._data(node)
        if path is not None:
            return path
        if name in FUNCTIONS:
            return filled(FUNCTIONS[name], [self.write(one) for one in node.arguments])
        if not isinstance(node.function, js.Member) or not isinstance(node.function.key, js.Literal):
            raise NotUnderstood(f"`{name or 'this function'}` is not known here")
        return self._method(node.function.of, str(node.function.key.value), node.arguments)

    def _method(self, of: js.Node, method: str, arguments: tuple[js.Node, ...]) -> str:
        if method in ("map", "filter") and len(arguments) == 1 and isinstance(arguments[0], js.Arrow):
            return self._comprehension(of, method, arguments[0])
        given = self.write(of)
        if method in ("slice", "substring", "substr") and 1 <= len(arguments) <= 2 and method != "substr":
            return f"{given}[{':'.join(map(self.write, arguments))}{':' if len(arguments) == 1 else ''}]"
        if method in ("plus", "minus") and len(arguments) == 1 and isinstance(arguments[0], js.Fields):
            return self._later(given, arguments[0], 1 if method == "plus" else -1)
        if method in ("format", "toFormat") and len(arguments) == 1 and isinstance(arguments[0], js.Literal):
            return f"format_date({given}, {literal(pattern_of(str(arguments[0].value)))})"
        if method not in METHODS:
            raise NotUnderstood(f"`.{method}()` is not known here")
        return filled(METHODS[method], [given, *map(self.write, arguments)])

    def _comprehension(self, of: js.Node, method: str, arrow: js.Arrow) -> str:
        listed, before = self.write(of), self._local
        if not WORD.fullmatch(arrow.parameter) or arrow.parameter in KEYWORDS:
            raise NotUnderstood(f"`{arrow.parameter}` cannot be a name here")
        self._local = (*before, arrow.parameter)
        body = self.write(arrow.body)
        self._local = before
        if method == "map":
            return f"[{body} for {arrow.parameter} in {listed}]"
        return f"[{arrow.parameter} for {arrow.parameter} in {listed} if {body}]"

    def _later(self, given: str, spans: js.Fields, sign: int) -> str:
        for name, value in spans.fields:
            unit = name if name.endswith("s") else f"{name}s"
            if unit not in SPANS or not isinstance(value, js.Literal) or not isinstance(value.value, int | float):
                raise NotUnderstood(f"`{name}` cannot be added to a time here")
            function, factor = SPANS[unit]
            given = f"{function}({given}, {sign * value.value * factor})"
        return given

    def _path(self, node: js.Node) -> str:
        found = self._data(node)
        if found is not None:
            return found
        name = _dotted(node)
        if name in NAMES:
            return NAMES[name]
        if isinstance(node, js.Member):
            if isinstance(node.key, js.Literal) and node.key.value == "length":
                return f"len({self.write(node.of)})"
            return f"{self.write(node.of)}{_step(self, node.key)}"
        if isinstance(node, js.Name) and node.name in self._local:
            return node.name
        raise NotUnderstood(f"`{name or 'this'}` is not known here")

    def _data(self, node: js.Node) -> str | None:
        """A path that begins at the data of a node; None for anything else."""
        steps: list[js.Node] = []
        while isinstance(node, js.Member):
            steps.insert(0, node.key)
            node = node.of
            views = self._views(node, steps)
            if views is not None:
                return self._seen(views, steps)
        views = self._views(node, steps)
        return None if views is None else self._seen(views, steps)

    def _views(self, root: js.Node, steps: list[js.Node]) -> Views | None:
        """The views of the node that a root stands for; steps such as `.item.json` are taken off."""
        keys = [step.value if isinstance(step, js.Literal) else None for step in steps]
        if isinstance(root, js.Name) and root.name == "$json":
            return self._scope.views
        if isinstance(root, js.Name) and root.name == "$input" and keys[:2] == ["item", "json"]:
            del steps[:2]
            return self._scope.views
        call = root if isinstance(root, js.Call) else None
        if call is not None and keys[:1] == ["json"] and _dotted(call.function) in ("$input.first", "$input.last"):
            del steps[:1]
            return self._scope.views
        return self._of_node(root, call, keys, steps)

    def _of_node(self, root: js.Node, call: js.Call | None, keys: list[Json], steps: list[js.Node]) -> Views | None:
        name = _named(root)
        if name is not None and keys[:2] == ["item", "json"]:
            del steps[:2]
        elif name is not None and keys[:1] == ["json"] and isinstance(root, js.Member):
            del steps[:1]
        elif call is not None and isinstance(call.function, js.Member) and keys[:1] == ["json"]:
            method = call.function.key.value if isinstance(call.function.key, js.Literal) else None
            name = _named(call.function.of) if method in ("first", "last", "itemMatching") else None
            if name is not None:
                del steps[:1]
        else:
            name = None
        if name is None:
            return None
        if name not in self._scope.nodes:
            raise NotUnderstood(f"there is no node `{name}`")
        return self._scope.nodes[name]

    def _seen(self, views: Views, steps: list[js.Node]) -> str:
        if steps and steps[-1] == js.Literal("length"):
            return f"len({self._seen(views, steps[:-1])})"
        keys = tuple(str(step.value) if isinstance(step, js.Literal) else "" for step in steps)
        for prefix, here in views:
            if keys[: len(prefix)] == prefix:
                return here + "".join(_step(self, step) for step in steps[len(prefix) :])
        raise NotUnderstood("this part of the data is not there in Blockyard")


def _named(node: js.Node) -> str | None:
    """The node that `$('Name')` or `$node["Name"]` stands for."""
    if isinstance(node, js.Call) and node.function == js.Name("$") and len(node.arguments) == 1:
        argument = node.arguments[0]
        return str(argument.value) if isinstance(argument, js.Literal) else None
    if isinstance(node, js.Member) and node.of == js.Name("$node") and isinstance(node.key, js.Literal):
        return str(node.key.value)
    return None


def _step(writer: _Writer, key: js.Node) -> str:
    if isinstance(key, js.Literal) and isinstance(key.value, str) and WORD.fullmatch(key.value) and key.value not in KEYWORDS:
        return f".{key.value}"
    return f"[{writer.write(key)}]"


def _dotted(node: js.Node) -> str:
    if isinstance(node, js.Name):
        return node.name
    if isinstance(node, js.Member) and isinstance(node.key, js.Literal):
        of = _dotted(node.of)
        return f"{of}.{node.key.value}" if of else ""
    return ""


def _is_path(node: js.Node) -> bool:
    return isinstance(node, js.Member | js.Name)


def _is_text(node: js.Node) -> bool:
    if isinstance(node, js.Binary) and node.mark == "+":
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, js.Text) or (isinstance(node, js.Literal) and isinstance(node.value, str))
