"""Lets the inherited suites explain their failed asserts as test modules do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.journal.ownership_suite", "tests.journal.records_suite", "tests.journal.stage")
