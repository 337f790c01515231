"""Nobody has to look for the test of a statement: each row of the contract has one that bears its number."""

from __future__ import annotations

import pytest

from tests.support.contract_page import PAGE, found_in, page, rows


def test_every_row_has_a_test() -> None:
    every = rows()
    assert [row.number for row in every] == list(range(1, 268))
    assert [row.name for row in every if not row.tests] == []


def test_no_row_is_skipped() -> None:
    assert [row.name for row in rows() if row.state != "holds"] == []
    assert "expected to fail: none." in page()


@pytest.mark.parametrize(
    ("source", "skipped"),
    [
        ("def test_one():\n    assert True\n\ndef test_other():\n    pytest.{0}('no Node')\n", [False, True]),
        ("@pytest.mark.{0}if(True, reason='')\ndef test_one():\n    pass\n\ndef test_other():\n    pass\n", [True, False]),
        ("pytestmark = pytest.mark.{0}\n\ndef test_one():\n    pass\n\ndef test_other():\n    pass\n", [True, True]),
    ],
    ids=["in the test", "on the test", "of the module"],
)
def test_a_test_that_may_be_skipped_is_not_said_to_hold(source: str, skipped: list[bool]) -> None:
    assert [test.is_skipped for test in found_in("test_it.py", source.format("skip"))] == skipped


def test_the_page_of_all_rows_is_current() -> None:
    assert PAGE.read_text() == page(), "run python scripts/contract_page.py"
