"""Retrying from a page: what is offered, which effects it would repeat, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import post
from litestar.response import Redirect

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.executions import ExecutionDetail
from app.services.retries import FAILED, NEWEST, SAME, START, RetryPlan, RetryRequest, read_retry
from app.web.auth import needs
from app.web.pages.context import AnyRequest, posted_texts, see_other

EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class RetryOffer:
    """One way to retry, with what is said before it is done. `back` names the page to go to."""

    label: str
    request: RetryRequest
    warning: str
    back: str = ""


async def retry_offers(actor: Actor, services: Services, detail: ExecutionDetail) -> Sequence[RetryOffer]:
    """The ways to retry an execution; none while it goes on, or for those who may not run it."""
    begins = [("Retry from the failed block", FAILED), ("Retry from the start", START)]
    if detail.summary.status == "completed":
        del begins[0]
    wanted = [(label, RetryRequest(begin, SAME)) for label, begin in begins]
    wanted += [(f"{label}, with the newest revision", RetryRequest(begin, NEWEST)) for label, begin in begins]
    offers = [await _offer(actor, services, detail, label, request) for label, request in wanted]
    return [offer for offer in offers if offer is not None]


async def retry_of_block(actor: Actor, services: Services, detail: ExecutionDetail, block_id: str) -> RetryOffer | None:
    """Running a failed block and all that follows once more; back in the editor afterwards."""
    status = next((step.status for step in detail.steps if step.block_id == block_id), "")
    if status not in ("failed", "cancelled"):
        return None
    return await _offer(actor, services, detail, "Retry from this block", RetryRequest(block_id), EDITOR)


async def _offer(
    actor: Actor, services: Services, detail: ExecutionDetail, label: str, request: RetryRequest, back: str = ""
) -> RetryOffer | None:
    """None where there is nothing to offer: no right, no end yet, the workflow gone, off or not ready, no newer revision."""
    try:
        plan = await services.retries.plan(actor, detail.summary.id, request)
    except ServiceError:
        return None
    if request.revision == NEWEST and plan.revision == detail.summary.revision:
        return None
    return RetryOffer(label, request, _warning(plan), back)


def _warning(plan: RetryPlan) -> str:
    if not plan.repeats:
        return "No block with an effect outside would run a second time."
    names = ", ".join(f"{block['name']} ({block['type']})" for block in plan.repeats)
    return f"These blocks have an effect outside and would run a second time: {names}."


@post("/executions/{execution_id:str}/retry", opt=needs("executions.write"))
async def retry_execution(request: AnyRequest, execution_id: str, actor: Actor, services: Services) -> Redirect:
    form = await posted_texts(request)
    wanted, _ = read_retry({name: form[name] for name in ("from", "revision") if name in form})
    retried = await services.retries.retry(actor, execution_id, wanted)
    if form.get("back") == EDITOR:
        workflow_id = (await services.executions.get(actor, retried.execution_id)).summary.workflow_id
        return see_other(f"/workflows/{workflow_id}?execution={retried.execution_id}")
    return see_other(f"/executions/{retried.execution_id}?done=retried")
