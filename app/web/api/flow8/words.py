"""The words of the flow8 surface (contract.md C9)."""

from __future__ import annotations

from collections.abc import Mapping

STATES: Mapping[str, str] = {
    "queued": "NEW",
    "running": "RUN",
    "waiting": "WAIT",
    "retrying": "WAIT",
    "completed": "DONE",
    "failed": "FAIL",
    "cancelled": "FAIL",
    "timed_out": "FAIL",
    "skipped": "SKIP",
}
"""Cancelled and timed out plays are `FAIL` with a reason."""
