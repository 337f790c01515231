"""Executions: the list, and one with its steps."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError, invalid
from app.services.executions import STATUSES, ExecutionDetail
from app.services.pages import MAX_SIZE, Paging
from app.services.retries import FAILED, START, RetryRequest
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.chart_views import chart
from app.web.pages.context import AnyRequest, base_url, page, posted, see_other
from app.web.pages.filters import with_query
from app.web.pages.retries import retry_offers
from app.web.waiting_steps import waiting_steps

MOST_AT_ONCE: Final = 100
UNFINISHED: Final = ("queued", "running", "waiting")


@get("/executions", opt=needs("executions.read"))
async def executions_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    asked = read_paging(request, goes_on=True)
    status, workflow_id = request.query_params.get("status", ""), request.query_params.get("workflow", "")
    view = await services.executions.list(actor, asked, status, workflow_id)
    workflows = await services.workflows.list(actor, Paging(size=MAX_SIZE, sort="name"))
    return page(
        request,
        "pages/executions.html",
        actor,
        view=view,
        query={"q": asked.q, "status": status, "workflow": workflow_id, "after": asked.after},
        statuses=[(name, name.replace("_", " ").capitalize()) for name in STATUSES],
        workflows=workflows.items,
        changed=_changed(request),
    )


def _changed(request: AnyRequest) -> str:
    """What came of a change of many, as the address that it led to tells it."""
    done, of = (request.query_params.get(name, "") for name in ("changed", "of"))
    return f"{int(done)} of {int(of)} executions were changed." if done.isdigit() and of.isdigit() and len(done + of) < 8 else ""


@get("/executions/{execution_id:str}", opt=needs("executions.read"))
async def execution_page(request: AnyRequest, execution_id: str, actor: Actor, services: Services) -> Response[bytes]:
    detail = await services.executions.get(actor, execution_id)
    return page(
        request,
        "pages/execution.html",
        actor,
        execution=detail.summary,
        detail=detail,
        finished=detail.summary.status not in UNFINISHED,
        failed_block=_failed_block(detail),
        retries=await retry_offers(actor, services, detail),
        waiting=await waiting_steps(actor, services, detail, base_url(request, services)),
    )


@post("/executions/{execution_id:str}/cancel", opt=needs("executions.write"))
async def cancel_execution(execution_id: str, actor: Actor, services: Services) -> Redirect:
    try:
        await services.executions.cancel(actor, execution_id)
    except ServiceError as error:
        if error.status != 409:
            raise
        return see_other(f"/executions/{execution_id}?done=ended")
    return see_other(f"/executions/{execution_id}?done=cancelled")


def _failed_block(detail: ExecutionDetail) -> str:
    """The name of the block that an execution's error speaks of."""
    block_id = detail.error.get("block_id") if isinstance(detail.error, dict) else None
    failed = [step for step in detail.steps if step.block_id == block_id or (block_id is None and step.status == "failed")]
    return (failed[0].block_name or failed[0].block_id) if failed else ""


@get("/workflows/{workflow_id:str}/chart", opt=needs("executions.read"))
async def workflow_chart(request: AnyRequest, workflow_id: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    days = await surfaces.charts.of_workflow(actor, workflow_id)
    return page(request, "partials/chart.html", actor, chart=chart(days))


@post("/executions/bulk", opt=needs("executions.write"))
async def change_many(request: AnyRequest, actor: Actor, services: Services) -> Redirect:
    """Cancel or retry the executions that were ticked; those for which that makes no sense are left as they are."""
    form = await posted(request)
    chosen = [text for name, text in form if name == "id"][:MOST_AT_ONCE]
    action = dict(form).get("do", "")
    done = 0
    for execution_id in chosen:
        try:
            if action == "cancel":
                await services.executions.cancel(actor, execution_id)
            elif action == "retry":
                await services.retries.retry(actor, execution_id, await _retry_of(actor, services, execution_id))
            else:
                raise invalid("`do` must be cancel or retry.")
        except ServiceError as error:
            if error.status not in (404, 409):
                raise
            continue
        done += 1
    query = with_query({name: text for name, text in form if name in ("q", "status", "workflow")}, changed=done, of=len(chosen))
    return see_other(f"/executions?{query}")


async def _retry_of(actor: Actor, services: Services, execution_id: str) -> RetryRequest:
    """From the failed block, or from the start where nothing failed."""
    summary = (await services.executions.get(actor, execution_id)).summary
    return RetryRequest(START if summary.status == "completed" else FAILED)
