"""A call from outside, and what its caller gets (contract.md G28)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.waiting import settled
from app.hosts.handles import HostStopped
from app.journal.records import Ended
from app.sdk import Json
from app.services.errors import ServiceError
from app.services.executions import server_stops
from app.services.starts import Started

HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call as it came in, its body bounded and read; header names are lower case."""

    webhook_id: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    address: str = ""
    """Where it comes from, as far as the proxies on the way can be trusted."""


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What the caller gets: the response block's answer, or how the execution ended without one."""

    execution_id: str
    response: Json
    ended: Ended | None
    replayed: bool = False
    """Whether an earlier call with the same idempotency key has led to it."""


def call_details(call: HookCall, secret_header: str = "") -> dict[str, Json]:
    """What expressions see as `execution.request`; credentials are left out, also of the header that holds the secret."""
    hidden = HIDDEN_HEADERS | {secret_header.lower()} if secret_header else HIDDEN_HEADERS
    return {
        "method": call.method,
        "headers": {name: value for name, value in call.headers.items() if name not in hidden},
        "query": {name: value for name, value in call.query.items() if name != "token"},
    }


async def wait_for_answer(started: Started, seconds: float) -> HookAnswer:
    """The response block's answer, or the end. Raises 504 when it takes longer, 500 when the execution has failed."""
    execution_id, handle = started.execution_id, started.handle
    if not await settled(handle.answer, seconds):
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
