"""Lets the inherited suites explain their failed asserts as test modules do."""

from __future__ import annotations

import pytest

SUITES = ("ownership_suite", "records_suite", "signals_suite", "stage")
pytest.register_assert_rewrite(*(f"tests.journal.{name}" for name in SUITES))
