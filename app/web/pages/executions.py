"""Executions: the list, and one with its steps."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.executions import STATUSES, ExecutionDetail
from app.services.pages import MAX_SIZE, Paging
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.pages.context import AnyRequest, base_url, page, see_other
from app.web.pages.retries import retry_offers
from app.web.waiting_steps import waiting_steps

UNFINISHED: Final = ("queued", "running", "waiting")


@get("/executions", opt=needs("executions.read"))
async def executions_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    asked = read_paging(request)
    status, workflow_id = request.query_params.get("status", ""), request.query_params.get("workflow", "")
    view = await services.executions.list(actor, asked, status, workflow_id)
    workflows = await services.workflows.list(actor, Paging(size=MAX_SIZE, sort="name"))
    return page(
        request,
        "pages/executions.html",
        actor,
        view=view,
        query={"q": asked.q, "status": status, "workflow": workflow_id, "page": asked.page},
        statuses=[(name, name.replace("_", " ").capitalize()) for name in STATUSES],
        workflows=workflows.items,
    )


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
