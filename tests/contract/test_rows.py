"""Nobody has to look for the test of a statement: each row of the contract that holds now has one that bears its number."""

from __future__ import annotations

import re
from pathlib import Path

PEOPLE = {*range(2, 10), *range(54, 58), *range(68, 74), *range(158, 165), 173, *range(178, 188)}
SURFACES = {1, *range(10, 54), *range(58, 68), *range(74, 149), *range(150, 158), *range(165, 173)}
COMMAND_LINE = {*range(238, 259)}
HELD = {*PEOPLE, *SURFACES, *COMMAND_LINE, *range(174, 178), *range(188, 236), *range(262, 268)}


def test_every_row_that_holds_has_a_test() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    names = re.findall(r"def test((?:_a\d{3})+)_", tests)
    assert HELD - {int(number) for name in names for number in re.findall(r"\d{3}", name)} == set()
