"""What can be told of a code block's code before it runs: that it cannot be read, or asks for what the sandbox does not have."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from app.describe import ConfigProblem
from app.sdk import Json

MAX_SOURCE: Final = 100_000
MISSING: Final[Mapping[str, str]] = {
    "uuid": "`execution.id` is unique, and expressions have `uuid()`",
    "zoneinfo": "expressions have `format_date` with a time zone",
    "statistics": "use `sum` and `len`",
    "enum": "use plain texts",
    "requests": "use the HTTP request block",
    "httpx": "use the HTTP request block",
    "numpy": "use lists",
    "pandas": "use lists of objects",
}
"""Modules that people ask for and the sandbox does not have, with what to use instead."""
BACKREFERENCE: Final = re.compile(r"\\[1-9]")


def code_problems(block_type: str, config: Mapping[str, Json]) -> list[ConfigProblem]:
    """The problems of the `code` of a code block; none for other blocks, whose code is another language."""
    source = config.get("code")
    if block_type != "code" or not isinstance(source, str) or not source.strip() or len(source) > MAX_SOURCE:
        return []
    try:
        tree = ast.parse("async def code():\n" + textwrap.indent(source, " ", lambda line: True))
    except (SyntaxError, ValueError) as error:
        line = (getattr(error, "lineno", None) or 2) - 1
        message = getattr(error, "msg", None) or "it holds a character that cannot be read"
        return [ConfigProblem("code", f"Code: line {line}: {message}")]
    except (RecursionError, MemoryError):
        return [ConfigProblem("code", "Code: it is nested too deeply")]
    return [ConfigProblem("code", f"Code: line {line - 1}: {message}") for line, message in list(_findings(tree))[:1]]


def _findings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in (name.partition(".")[0] for name in names):
                if name in MISSING:
                    yield node.lineno, f"`{name}` cannot be imported here; {MISSING[name]}"
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            yield node.lineno, "`yield` does not work here; make a list"
        elif isinstance(node, ast.Call) and _is_substitution(node):
            yield node.lineno, r"`\1` in what re.sub puts in gives nothing here; write `\g<1>`"


def _is_substitution(call: ast.Call) -> bool:
    """`re.sub(pattern, "... \\1 ...", text)`."""
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "sub" and len(call.args) > 1
    replacement = call.args[1] if named else None
    return isinstance(replacement, ast.Constant) and isinstance(replacement.value, str) and bool(
        BACKREFERENCE.search(replacement.value)
    )
