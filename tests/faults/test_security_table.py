"""Every rule of SECURITY.md names the tests that attack it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.test_promises_table import found_in

TEXT = (Path(__file__).parents[2] / "SECURITY.md").read_text()


def rules() -> list[tuple[str, list[str]]]:
    """Each rule with the tests that it names."""
    table = TEXT.partition("| rule | test |")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return [(rule.strip(), re.findall(r"`([^`]+)`", named)) for rule, named in rows]


def test_every_rule_names_a_test() -> None:
    assert len(rules()) > 30
    assert [rule for rule, named in rules() if not named] == []


CVES = {
    "2021-21297", "2024-10252", "2024-11822", "2025-3248", "2025-3466", "2025-34291", "2025-46343", "2025-52554", "2025-57749",
    "2025-58177", "2025-61914", "2025-62726", "2025-65964", "2025-68613", "2025-68668", "2026-0863", "2026-1470", "2026-21858",
    "2026-21894", "2026-22683", "2026-25049", "2026-29059", "2026-33017", "2026-33497", "2026-46442", "2026-49444", "2026-53576",
}  # fmt: skip
"""How products like this one were broken in these years."""


def test_every_known_hole_has_a_rule() -> None:
    """A number without a year has that of the one before it."""
    found = set()
    for rule, _ in rules():
        year = ""
        for number in re.findall(r"(?:CVE-)?((?:\d{4}-)?\d{4,5})", rule.partition("CVE-")[2]):
            year = number[:4] if "-" in number else year
            found.add(number if "-" in number else f"{year}-{number}")
    assert CVES - found == set()


def test_every_test_that_is_named_is_there() -> None:
    named = [test.partition("::") for _, tests in rules() for test in tests]
    assert [f"{path}::{name}" for path, _, name in named if name not in found_in(path)] == []
