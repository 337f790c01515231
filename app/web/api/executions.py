"""The studio surface for executions: `/api/executions` (contract.md)."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.response import Stream

from app.services.actors import Actor
from app.services.container import Services
from app.services.retries import read_retry
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.approval_views import approval_of_execution
from app.web.auth import needs
from app.web.bodies import read_object, read_paging
from app.web.live import event_stream, last_event_id
from app.web.pages.context import base_url
from app.web.waiting_steps import waiting_steps


@get("/api/executions", opt=needs("executions.read"))
async def list_executions(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    query = request.query_params
    asked, status = read_paging(request, goes_on=True), query.get("status", "")
    page = await services.executions.list(actor, asked, status, query.get("workflow_id", ""))
    items = [presenters.execution_summary(item) for item in page.items]
    return answer(presenters.paged("executions", page, items) | {"next": page.next})


@get("/api/executions/{execution:str}", opt=needs("executions.read"))
async def get_execution(execution: str, actor: Actor, services: Services) -> Response[bytes]:
    detail = await services.executions.get(actor, execution)
    pending = await services.approvals.of_execution(actor, execution)
    return answer(presenters.execution(detail) | {"approvals": [approval_of_execution(found) for found in pending]})


@get("/api/executions/{execution:str}/trace", opt=needs("executions.read"))
async def get_trace(execution: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    detail = await services.executions.get(actor, execution)
    return answer(presenters.trace(detail, await waiting_steps(actor, services, detail, base_url(request, services))))


@post("/api/executions/{execution:str}/cancel", opt=needs("executions.write"), status_code=200)
async def cancel_execution(execution: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer(presenters.execution(await services.executions.cancel(actor, execution)))


@post("/api/executions/{execution:str}/retry", opt=needs("executions.write"), status_code=202)
async def retry_execution(execution: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """Runs it once more as a new execution; with `dry`, only says which effects that would repeat."""
    wanted, dry = read_retry(await read_object(request, "from", "revision", "dry", "use_pins"))
    if dry:
        plan = await services.retries.plan(actor, execution, wanted)
        return answer({"retry_of": plan.old.id, "repeats": list(plan.repeats)})
    retried = await services.retries.retry(actor, execution, wanted)
    return answer({"execution_id": retried.execution_id, "retry_of": retried.retry_of, "repeats": list(retried.repeats)}, 202)


@get("/api/executions/{execution:str}/events", opt=needs("executions.read"))
async def execution_events(execution: str, request: Incoming, actor: Actor, services: Services) -> Stream:
    await services.executions.get(actor, execution)
    return event_stream(services.execution_events.of_execution(actor, execution, last_event_id(request)))


ROUTES = [list_executions, get_execution, get_trace, cancel_execution, retry_execution, execution_events]
