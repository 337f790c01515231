"""What one block received and gave in one execution: the panel of the editor, and all of it as a file."""

from __future__ import annotations

from litestar import get
from litestar.response import Response, Template

from app.engine.values import encode
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import not_found
from app.services.executions import ExecutionDetail
from app.services.traces import StepView
from app.web.auth import needs
from app.web.pages.context import AnyRequest, base_url, page
from app.web.pages.retries import retry_of_block
from app.web.waiting_steps import waiting_steps


@get("/workflows/{workflow_id:str}/executions/{execution_id:str}/blocks/{block_id:str}", opt=needs("workflows.read"))
async def step_panel(
    request: AnyRequest, workflow_id: str, execution_id: str, block_id: str, actor: Actor, services: Services
) -> Template:
    """The newest round of a block in an execution; `iteration` in the address names another."""
    detail = await services.executions.get(actor, execution_id)
    rounds = [step for step in detail.steps if step.block_id == block_id and detail.summary.workflow_id == workflow_id]
    asked = request.query_params.get("iteration")
    step = next((one for one in rounds if one.iteration == asked), rounds[-1] if rounds else None)
    waiting = await waiting_steps(actor, services, detail, base_url(request, services))
    offer = await retry_of_block(actor, services, detail, block_id) if step else None
    pinned = await _is_pinned(actor, services, workflow_id, block_id)
    return page(
        request,
        "partials/step_panel.html",
        actor,
        execution=detail.summary,
        step=step,
        rounds=rounds,
        waiting=waiting,
        retry=offer,
        pinned=pinned,
        ended=detail.summary.finished_at is not None,
    )


@get("/executions/{execution_id:str}/steps/{block_id:str}/{part:str}", opt=needs("executions.read"))
async def step_file(
    request: AnyRequest, execution_id: str, block_id: str, part: str, actor: Actor, services: Services
) -> Response[bytes]:
    """The whole input or output of a step, to be kept."""
    step = _step(await services.executions.get(actor, execution_id), block_id, request.query_params.get("iteration", ""))
    if step is None or part not in ("input", "output"):
        raise not_found("step", block_id)
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in f"{block_id}-{part}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.json"'}
    return Response(encode(step.input if part == "input" else step.output), media_type="application/json", headers=headers)


def _step(detail: ExecutionDetail, block_id: str, iteration: str) -> StepView | None:
    return next((step for step in detail.steps if (step.block_id, step.iteration) == (block_id, iteration)), None)


async def _is_pinned(actor: Actor, services: Services, workflow_id: str, block_id: str) -> bool:
    graph = (await services.workflows.get(actor, workflow_id)).graph
    return any(block.id == block_id and block.policy.pinned is not None for block in graph.blocks)
