"""The log of an execution: JSON, server-sent events or WebSocket at the same address (contract.md C21, G15, A131)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Response, get, websocket
from litestar.response import Stream

from app.engine.messages import Message
from app.sdk import Json
from app.services.actors import Actor
from app.services.execution_log import LogLine
from app.services.surfaces import Surfaces
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.live import after_seq, event_stream, last_event_id
from app.web.sockets import Socket, send_all

READ = needs("executions.read")
ADDRESS = "/api/v1/executions/{execution:str}/logs"


def _frame(line: LogLine) -> dict[str, Json]:
    return {
        "seq": line.seq,
        "ts": line.at,
        "level": line.level,
        "executionId": line.execution_id,
        "taskName": line.task,
        "message": line.message,
    }


@get(ADDRESS, opt=READ)
async def get_log(execution: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Stream:
    if "text/event-stream" in request.headers.get("accept", ""):
        await surfaces.studio.executions.get(actor, execution)
        return event_stream(_messages(surfaces.execution_log.follow(actor, execution, last_event_id(request))))
    lines = await surfaces.execution_log.stored(actor, execution)
    return answer({"data": [_frame(line) for line in lines]})


async def _messages(lines: AsyncIterator[LogLine | None]) -> AsyncIterator[Message | None]:
    async for line in lines:
        yield None if line is None else Message("log", _frame(line), line.seq)


@websocket(ADDRESS, opt=READ)
async def stream_log(execution: str, socket: Socket, surfaces: Surfaces) -> None:
    """All lines; with `?after=`, those after the one of this `seq`."""
    actor: Actor = socket.scope["user"]
    await surfaces.studio.executions.get(actor, execution)
    await socket.accept()
    await send_all(socket, _frames(surfaces, actor, execution, after_seq(str(socket.query_params.get("after", "")))))


async def _frames(surfaces: Surfaces, actor: Actor, execution: str, after: int) -> AsyncIterator[Json]:
    async for line in surfaces.execution_log.follow(actor, execution, after):
        if line is not None:
            yield _frame(line)


ROUTES = [get_log, stream_log]
