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

{held} of {all} rows hold, by {tests} tests. Skipped, or expected to fail: {skipped}.
"""
SKIP = re.compile(r"mark\.(?:skip|skipif|xfail)\b|pytest\.(?:skip|xfail|importorskip)\b")


@dataclass(frozen=True)
class Place:
    """A test; `is_skipped`: it says of itself that it may be left out or may fail, or its module does of all."""

    file: str
    name: str
    is_skipped: bool


@dataclass(frozen=True)
class Row:
    """One statement; `tests` are the places of its tests."""

    number: int
    system: str
    words: str
    tests: tuple[Place, ...]

    @property
    def name(self) -> str:
        return f"A{self.number:03}"

    @property
    def state(self) -> str:
        if not self.tests:
            return "open"
        return "skipped" if any(test.is_skipped for test in self.tests) else "holds"


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


def _tests() -> defaultdict[int, list[Place]]:
    """The tests by the number of the row that they bear."""
    found: defaultdict[int, list[Place]] = defaultdict(list)
    for file in sorted(CONTRACT.glob("test_*.py")):
        for test in found_in(file.name, file.read_text()):
            match = NAME.match(test.name)
            for number in re.findall(r"\d{3}", match[1]) if match else ():
                found[int(number)].append(test)
    return found


def found_in(file: str, source: str) -> Iterator[Place]:
    """The functions of a module; a skip outside of its tests, as in a fixture, counts for all of them."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    texts = {node.name: _text(source, node) for node in functions}
    rest = source
    for name, text in texts.items():
        rest = rest.replace(text, "") if name.startswith("test_") else rest
    for name, text in texts.items():
        yield Place(file, name, SKIP.search(text) is not None or SKIP.search(rest) is not None)


def _text(source: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def page() -> str:
    """The text of docs/contract.md."""
    every = rows()
    places = {place for row in every for place in row.tests}
    skipped = sum(place.is_skipped for place in places)
    held = sum(row.state == "holds" for row in every)
    lines = [HEAD.format(held=held, all=len(every), tests=len(places), skipped=skipped or "none")]
    system = ""
    for row in every:
        if row.system != system:
            system = row.system
            lines.append(f"\n## {system[0].upper()}{system[1:]}\n\n| row | says | state | tests |\n|---|---|---|---|\n")
        shown = ", ".join(f"[{test.name}](../tests/contract/{test.file})" for test in row.tests)
        lines.append(f"| {row.name} | {row.words} | {row.state} | {shown} |\n")
    return "".join(lines)
