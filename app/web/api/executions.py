"""The studio surface for executions: `/api/executions` (contract.md)."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.response import Stream

from app.services.actors import Actor
from app.services.container import Services
from app.web import presenters
from app.web.api.workflows import EXECUTOR, VIEWER, Incoming, answer
from app.web.approval_views import approval_of_execution
from app.web.bodies import read_paging
from app.web.live import event_stream, last_event_id
from app.web.resume_addresses import resume_addresses


@get("/api/executions", opt=VIEWER)
async def list_executions(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    query = request.query_params
    page = await services.executions.list(actor, read_paging(request), query.get("status", ""), query.get("workflow_id", ""))
    return answer(presenters.paged("executions", page, [presenters.execution_summary(item) for item in page.items]))


@get("/api/executions/{execution:str}", opt=VIEWER)
async def get_execution(execution: str, actor: Actor, services: Services) -> Response[bytes]:
    detail = await services.executions.get(actor, execution)
    pending = await services.approvals.of_execution(actor, execution)
    return answer(presenters.execution(detail) | {"approvals": [approval_of_execution(found) for found in pending]})


@get("/api/executions/{execution:str}/trace", opt=VIEWER)
async def get_trace(execution: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    detail = await services.executions.get(actor, execution)
    return answer(presenters.trace(detail, await resume_addresses(request, actor, services, detail)))


@post("/api/executions/{execution:str}/cancel", opt=EXECUTOR, status_code=200)
async def cancel_execution(execution: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer(presenters.execution(await services.executions.cancel(actor, execution)))


@get("/api/executions/{execution:str}/events", opt=VIEWER)
async def execution_events(execution: str, request: Incoming, actor: Actor, services: Services) -> Stream:
    await services.executions.get(actor, execution)
    return event_stream(services.execution_events.of_execution(actor, execution, last_event_id(request)))


ROUTES = [list_executions, get_execution, get_trace, cancel_execution, execution_events]
