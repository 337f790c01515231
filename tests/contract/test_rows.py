"""Nobody has to look for the test of a statement: each row of the contract has one that bears its number."""

from __future__ import annotations

import re

from tests.support.contract_page import CONTRACT, PAGE, page, rows


def test_every_row_has_a_test() -> None:
    every = rows()
    assert [row.number for row in every] == list(range(1, 268))
    assert [row.name for row in every if not row.tests] == []


def test_no_row_is_skipped() -> None:
    text = "".join(file.read_text() for file in CONTRACT.glob("test_*.py") if file.name != "test_rows.py")
    assert re.findall(r"mark\.(?:skip|skipif|xfail)|pytest\.(?:skip|xfail|importorskip)", text) == []


def test_the_page_of_all_rows_is_current() -> None:
    assert PAGE.read_text() == page(), "run python scripts/contract_page.py"
