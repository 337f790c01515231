"""Writes docs/contract.md from the rows of the contract and their tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.contract_page import PAGE, page

PAGE.write_text(page())
