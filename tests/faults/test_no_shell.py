"""No block starts a program on this machine: no shell, no git with its hooks, nothing that an operator has not asked for."""

from __future__ import annotations

import ast
from pathlib import Path

from app.catalog import Catalog

BLOCKS = Path(__file__).parents[2] / "blocks"
PROGRAMS = {"subprocess", "pty", "ctypes", "multiprocessing", "asyncio.subprocess"}
CALLS = {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "create_subprocess_exec", "create_subprocess_shell"}


def starts_programs(tree: ast.AST) -> list[str]:
    """Every import and call in a module that could start a program."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in PROGRAMS]
        elif isinstance(node, ast.ImportFrom) and node.module in (*PROGRAMS, "os"):
            found += [f"{node.module}.{alias.name}" for alias in node.names if node.module != "os" or alias.name in CALLS]
        elif isinstance(node, ast.Attribute) and (node.attr in CALLS or node.attr.startswith(("exec", "spawn"))):
            module = node.value.id if isinstance(node.value, ast.Name) else ""
            found += [f"{module}.{node.attr}"] if module in ("os", "asyncio") else []
    return found


def test_no_block_starts_a_program() -> None:
    found = {str(path): starts_programs(ast.parse(path.read_text())) for path in BLOCKS.rglob("*.py")}
    assert len(found) > 80
    assert {path: names for path, names in found.items() if names} == {}


def test_the_catalogue_has_no_block_for_it() -> None:
    types = [block.type for block in Catalog.load()]
    assert [type for type in types if type.partition(".")[0] in ("shell", "git", "process", "exec")] == []


def test_a_program_would_be_found() -> None:
    source = "import subprocess\nfrom os import system\nimport asyncio, os\nos.execv\nasyncio.create_subprocess_exec\n"
    assert len(starts_programs(ast.parse(source))) == 4
