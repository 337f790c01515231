"""The rows of the contract with the tests that perform them, and the page that shows them (docs/contract.md)."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "tests" / "contract"
PAGE = ROOT / "docs" / "contract.md"
NAME = re.compile(r"test((?:_a\d{3})+)_")
HEAD = """# The contract, row by row

Five systems document what they do; Blockyard does all of it. Each row is one statement of theirs, in a few words, with the
test that performs it against a running server. Written by `python scripts/contract_page.py`; a test keeps it current.

{held} of {all} rows hold.
"""


@dataclass(frozen=True)
class Row:
    """One statement; `tests` are the places of its tests, as (file name, function name)."""

    number: int
    system: str
    words: str
    tests: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"A{self.number:03}"


def rows() -> list[Row]:
    """All rows, in their order."""
    found = _tests()
    system, result = "", []
    for line in (CONTRACT / "rows.txt").read_text().splitlines():
        if line.startswith("# "):
            system = line[2:]
        else:
            number = int(line[1:4])
            result.append(Row(number, system, line[5:], tuple(found[number])))
    return result


def _tests() -> defaultdict[int, list[tuple[str, str]]]:
    """The tests by the number of the row that they bear."""
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted(CONTRACT.glob("test_*.py")):
        for name in _functions(file):
            match = NAME.match(name)
            for number in re.findall(r"\d{3}", match[1]) if match else ():
                found[int(number)].append((file.name, name))
    return found


def _functions(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def page() -> str:
    """The text of docs/contract.md."""
    every = rows()
    lines = [HEAD.format(held=sum(bool(row.tests) for row in every), all=len(every))]
    system = ""
    for row in every:
        if row.system != system:
            system = row.system
            lines.append(f"\n## {system[0].upper()}{system[1:]}\n\n| row | says | state | tests |\n|---|---|---|---|\n")
        places = ", ".join(f"[{name}](../tests/contract/{file})" for file, name in row.tests)
        lines.append(f"| {row.name} | {row.words} | {'holds' if row.tests else 'open'} | {places} |\n")
    return "".join(lines)
