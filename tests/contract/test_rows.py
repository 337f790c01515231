"""Nobody has to look for the test of a statement: each row of the contract that holds now has one that bears its number."""

from __future__ import annotations

import re
from pathlib import Path

PEOPLE = {*range(2, 10), *range(54, 58), *range(68, 74), *range(158, 165), 173, *range(178, 188)}
HELD = {*PEOPLE, *range(174, 178), *range(188, 236), *range(262, 268)}


def test_every_row_that_holds_has_a_test() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert HELD - {int(number) for number in re.findall(r"def test_a(\d{3})_", tests)} == set()
