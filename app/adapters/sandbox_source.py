"""What can be told from the text of user code without running it: whether it returns, assigns an answer, uses a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.sdk import BlockError

MAX_SOURCE = 50_000
ANSWER_NAMES = ("output", "result")


@dataclass(frozen=True, slots=True)
class CodeSource:
    """User code with what was read from it; `names` is None when it could not be read here."""

    text: str
    line_count: int
    returns: bool = False
    assigned: frozenset[str] = frozenset(ANSWER_NAMES)
    names: frozenset[str] | None = None
    surely: str = ""
    """The name of the answer where every run that comes to its end has assigned it."""


@lru_cache(256)
def read_source(text: str) -> CodeSource:
    """Read the code's form; the sandbox reports syntax errors itself, with its own line numbers."""
    if len(text) > MAX_SOURCE:
        raise BlockError("CODE_SYNTAX", f"The code is longer than {MAX_SOURCE:,} characters.")
    line_count = text.count("\n") + 1
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return CodeSource(text, line_count)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    assigned = frozenset(node.id for node in nodes if isinstance(node.ctx, ast.Store) and node.id in ANSWER_NAMES)
    returns = any(isinstance(node, ast.Return) for node in _top_level(tree))
    surely = "" if returns else _surely_assigned(tree, assigned)
    return CodeSource(text, line_count, returns, assigned, frozenset(node.id for node in nodes), surely)


def _surely_assigned(tree: ast.Module, assigned: frozenset[str]) -> str:
    name = next((name for name in ANSWER_NAMES if name in assigned), "")
    if any(isinstance(node, ast.Delete) for node in ast.walk(tree)):
        return ""
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return name if any(isinstance(target, ast.Name) and target.id == name for target in targets) else ""


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that is not inside a function or a class."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
