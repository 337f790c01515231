"""Live events over WebSockets in two dialects: r8r's monitor and flow8's plays (contract.md A105, A251-A253, G11, G30)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import websocket

from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError
from app.services.monitor import Seen
from app.services.surfaces import Surfaces
from app.web.api.flow8.words import STATES
from app.web.auth import needs
from app.web.insight import knows_monitor_token
from app.web.sockets import Socket, send_live

PUBLIC = {"auth": "public"}
GAP = "gap"
"""Told to who comes back too late: something is missing, so read anew what you show."""


@websocket("/api/monitor", opt=PUBLIC)
async def monitor(socket: Socket, surfaces: Surfaces) -> None:
    """Everything in all workspaces; closed to all without the operator's token, unless the operator has opened it."""
    if not surfaces.monitor_public and not knows_monitor_token(surfaces, str(socket.query_params.get("token", ""))):
        raise ServiceError("UNAUTHORIZED", "The monitor needs the operator's token.", 401)
    await send_live(socket, _monitored(surfaces, after(socket)))


def after(socket: Socket) -> str:
    """The `cursor` of the last frame that somebody who comes back has seen."""
    return str(socket.query_params.get("after", ""))


async def _monitored(surfaces: Surfaces, after: str) -> AsyncIterator[Json]:
    kind = "connected"
    async for seen in surfaces.monitor.follow(None, after=after):
        if seen is None:
            yield {"type": kind} | ({"cursor": after or surfaces.monitor.cursor} if kind == "connected" else {})
            kind = "heartbeat"
        elif (frame := monitor_frame(seen)) is not None:
            yield frame


def monitor_frame(seen: Seen) -> Json:
    """One event in r8r's words; None for what it has no word for."""
    data = seen.message.data
    if seen.message.type == GAP:
        return {"type": GAP, "cursor": data["cursor"]}
    kinds = {
        "execution_started": "execution_started",
        "step_started": "node_started",
        "step_finished": {"completed": "node_completed", "failed": "node_failed"}.get(str(data.get("status"))),
        "execution_finished": "execution_completed" if data.get("status") == "completed" else "execution_failed",
    }
    kind = kinds.get(seen.message.type)
    if kind is None:
        return None
    frame: dict[str, Json] = {
        "type": kind,
        "seq": seen.message.seq,
        "execution_id": seen.execution_id,
        "workflow_id": seen.workflow_id,
        "workflow_name": seen.workflow_name,
        "timestamp": data.get("at"),
        "cursor": data.get("cursor"),
    }
    if "block_id" in data:
        frame |= {"node_id": data["block_id"], "iteration": data.get("iteration", "")}
    return frame | {name: data[name] for name in ("trigger", "status", "duration_ms", "error") if name in data}


@websocket("/api/ws", opt=needs("executions.read"))
async def plays(socket: Socket, surfaces: Surfaces) -> None:
    """What happens in the caller's workspace."""
    actor: Actor = socket.scope["user"]
    await send_live(socket, _played(surfaces, actor.workspace_id, after(socket)))


async def _played(surfaces: Surfaces, workspace_id: str, after: str) -> AsyncIterator[Json]:
    async for seen in surfaces.monitor.follow(workspace_id, with_output=True, after=after):
        yield None if seen is None else play_frame(seen)


def play_frame(seen: Seen) -> Json:
    """One event in flow8's words; None for what it has no word for."""
    data = seen.message.data
    if seen.message.type == GAP:
        return {"type": GAP, "cursor": data["cursor"]}
    status = str(data.get("status", ""))
    ended = ("play:completed", "DONE") if status == "completed" else ("play:failed", STATES.get(status, "FAIL"))
    kinds = {
        "execution_started": ("play:started", "RUN"),
        "step_started": ("play:layer:started", "RUN"),
        "step_finished": {
            "completed": ("play:layer:completed", "DONE"),
            "failed": ("play:layer:failed", "FAIL"),
            "waiting": ("play:waiting", "WAIT"),
        }.get(status),
        "execution_finished": ended,
    }
    found = kinds.get(seen.message.type)
    if found is None:
        return None
    block_id = data.get("block_id")
    frame = {
        "type": found[0],
        "playId": seen.execution_id,
        "flowId": seen.workflow_id,
        "layerId": block_id,
        "ref": block_id,
        "state": found[1],
        "out": seen.output,
        "timestamp": data.get("at"),
        "cursor": data.get("cursor"),
    }
    return frame | ({"error": data["error"]} if data.get("error") else {})


MONITOR = [monitor, plays]
