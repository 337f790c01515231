"""The studio surface for running a workflow: `/api/workflows/{id}/execute` (contract.md C4, C5, G3, G26)."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, post
from litestar.response import Stream

from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.services.idempotency import Key, header_key
from app.services.run_options import RunOptions, read_options
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object
from app.web.live import event_stream

FIELDS = ("variables", "input", "wait", "start_block", "until", "only", "from_execution", "use_pins", "mode")


@dataclass(frozen=True, slots=True)
class _Run:
    """What a caller asks for. `variables` None: those of `from_execution`, or none."""

    variables: Json
    wait: bool
    options: RunOptions
    key: Key | None


async def _read_run(request: Incoming) -> _Run:
    body = await read_object(request, *FIELDS)
    wait = body.get("wait", True)
    if not isinstance(wait, bool):
        raise invalid("`wait` must be true or false.", [{"field": "wait", "message": "must be true or false"}])
    named = "variables" if "variables" in body else "input"
    if named in body and not isinstance(body[named], dict):
        raise invalid("`variables` must be an object.", [{"field": named, "message": "Must be an object."}])
    if "respond-async" in request.headers.get("prefer", ""):
        wait = False
    header = request.headers.get("idempotency-key")
    key = None if header is None else header_key(header, body)
    return _Run(body.get(named), wait, read_options(body), key)


@post("/api/workflows/{workflow:str}/execute", opt=needs("workflows.run"))
async def execute(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    run = await _read_run(request)
    started = await services.executions.execute(
        actor, workflow, run.variables, options=run.options, key=run.key, durably=not run.wait
    )
    headers = {"Idempotent-Replayed": "true"} if started.replayed else {}
    if not run.wait:
        return answer({"execution_id": started.execution_id, "status": "queued"}, 202, headers)
    await services.executions.ended(started.execution_id, started.handle)
    return answer(presenters.execute_answer(await services.executions.get(actor, started.execution_id)), 200, headers)


@post("/api/workflows/{workflow:str}/execute/stream", opt=needs("workflows.run"), status_code=200)
async def execute_stream(workflow: str, request: Incoming, actor: Actor, services: Services) -> Stream:
    run = await _read_run(request)
    started = await services.executions.execute(
        actor, workflow, run.variables, options=run.options, key=run.key, durably=True
    )
    return event_stream(services.execution_events.of_execution(actor, started.execution_id, 0))


ROUTES = [execute, execute_stream]
