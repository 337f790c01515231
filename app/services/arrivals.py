"""Telling the host that an answer for a parked step is on disk."""

from __future__ import annotations

import logging

from app.db.signals import SignalRow
from app.hosts.embedded import EmbeddedHost
from app.sdk import Json

logger = logging.getLogger(__name__)


async def pass_on(host: EmbeddedHost, row: SignalRow, payload: Json) -> None:
    """Let the execution go on now. A failure is only a delay: the host's sweep finds what was woken."""
    try:
        await host.arrive(row.execution_id, row.block_id, row.iteration, payload, row.seq)
    except Exception:
        logger.exception("passing an answer on failed; the sweep takes it up", extra={"execution_id": row.execution_id})
