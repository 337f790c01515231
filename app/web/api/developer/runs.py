"""Starting flows on the developer surface: `runs` (seed 000) and `execute` (seed 002); contract.md C4, C28, G3, G4."""

from __future__ import annotations

from litestar import Response, post

from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.idempotency import header_key
from app.services.run_options import MODES, RunOptions
from app.services.starts import Started
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_json

RUN = needs("workflows.run")


async def start(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> tuple[Started, str]:
    """Start a flow with what a caller sent, and return its mode; the execution is on disk by then."""
    body = await read_json(request, empty={})
    payload: dict[str, Json] = dict(body) if isinstance(body, dict) else {"body": body}
    mode = payload.pop("mode", "live")
    if mode not in MODES:
        raise invalid("`mode` must be live or simulation.", [{"field": "mode", "message": "is not known"}])
    variables = payload.get("input", payload)
    if not isinstance(variables, dict):
        raise invalid("`input` must be an object.", [{"field": "input", "message": "must be an object"}])
    header = request.headers.get("idempotency-key")
    key = None if header is None else header_key(header, body)
    try:
        started = await surfaces.studio.executions.execute(
            actor, flow, variables, options=RunOptions(mode=mode), key=key, durably=True
        )
    except ServiceError as error:
        raise not_found("flow", flow) if error.code == "WORKFLOW_NOT_FOUND" else error from None
    return started, mode


def _headers(started: Started) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if started.replayed else {}


@post("/api/v1/flows/{flow:str}/runs", opt=RUN, status_code=202)
async def run_flow(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    started, mode = await start(flow, request, actor, surfaces)
    body = {"executionId": started.execution_id, "status": "queued", "mode": mode}
    return answer(views.single(body), 202, _headers(started))


@post("/api/v1/flows/{flow:str}/execute", opt=RUN, status_code=202)
async def execute_flow(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    started, _ = await start(flow, request, actor, surfaces)
    tasks = await surfaces.tasks.of_execution(actor, started.execution_id)
    body = {"executionId": started.execution_id, "status": "QUEUED", "tasksTotal": len(tasks)}
    return answer(views.single(body), 202, _headers(started))


ROUTES = [run_flow, execute_flow]
