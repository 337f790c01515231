"""Waiting for what a caller from outside gets (contract.md G28)."""

from __future__ import annotations

import asyncio

from app.hosts.handles import HostStopped
from app.services.errors import ServiceError
from app.services.executions import server_stops
from app.services.hooks import HookAnswer
from app.services.starts import Started


async def wait_for_answer(started: Started, seconds: float) -> HookAnswer:
    """The response block's answer, or the end. Raises 504 when it takes longer, 500 when the execution has failed."""
    execution_id, handle = started.execution_id, started.handle
    done, _ = await asyncio.wait((handle.answer,), timeout=seconds)
    if not done:
        message = f"The execution is still running after {seconds:g} s and goes on."
        raise ServiceError("STILL_RUNNING", message, 504, data={"execution_id": execution_id})
    try:
        response = handle.answer.result()
    except HostStopped:
        raise server_stops(execution_id) from None
    if response is not None:
        return HookAnswer(execution_id, response, None, started.replayed)
    ended = await handle.ended
    if ended.status != "completed":
        reason = ended.error["message"] if ended.error else ended.status
        message = f"The execution did not complete: {reason}"
        raise ServiceError("EXECUTION_FAILED", message, 500, data={"execution_id": execution_id})
    return HookAnswer(execution_id, None, ended, started.replayed)
