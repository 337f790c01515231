"""Executions of the developer surface: `/api/v1/executions` (contract.md A020-A028, A129-A142)."""

from __future__ import annotations

from litestar import Response, get, post

from app.services.actors import Actor
from app.services.executions import STATUSES as OF_EXECUTIONS
from app.services.retries import read_retry
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import Incoming, answer
from app.web.approval_views import approval
from app.web.auth import needs
from app.web.bodies import read_object, read_paging

READ, WRITE = needs("executions.read"), needs("executions.write")
STATUSES = {word: status for status, word in views.WORDS.items() if status in OF_EXECUTIONS}


@get("/api/v1/executions", opt=READ)
async def list_executions(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    query = request.query_params
    status = query.get("status", "")
    wanted = STATUSES.get(status, status)
    page = await surfaces.studio.executions.list(actor, read_paging(request, goes_on=True), wanted, query.get("flowId", ""))
    return answer(views.listed(page, [views.execution_summary(item) for item in page.items]) | {"next": page.next})


@get("/api/v1/executions/{execution:str}", opt=READ)
async def get_execution(execution: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await shown(execution, actor, surfaces)


async def shown(execution: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """One execution in both spellings."""
    detail = await surfaces.studio.executions.get(actor, execution)
    tasks = await surfaces.tasks.of_execution(actor, execution)
    pending = await surfaces.studio.approvals.of_execution(actor, execution)
    return answer(views.execution(detail, tasks, [approval(found) for found in pending]))


@post("/api/v1/executions/{execution:str}/cancel", opt=WRITE, status_code=200)
async def cancel_execution(execution: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.studio.executions.cancel(actor, execution)
    return await shown(execution, actor, surfaces)


@post("/api/v1/executions/{execution:str}/retry", opt=WRITE, status_code=202)
async def retry_execution(execution: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """A new execution; from the failed block, or with `?from=` from the start or any block."""
    body = await read_object(request, "from", "revision")
    if "from" in request.query_params:
        body["from"] = request.query_params["from"]
    wanted, _ = read_retry(body)
    retried = await surfaces.studio.retries.retry(actor, execution, wanted)
    tasks = await surfaces.tasks.of_execution(actor, retried.execution_id)
    found = {
        "executionId": retried.execution_id,
        "status": "QUEUED",
        "tasksTotal": len(tasks),
        "retryOf": retried.retry_of,
        "repeats": list(retried.repeats),
    }
    return answer(views.single(found), 202)


ROUTES = [list_executions, get_execution, cancel_execution, retry_execution]
