"""Plays of the flow8 surface, which are executions: `/api/plays` (contract.md A084-A088, C17, C33)."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Response, delete, get, post

from app.formats.tasks import gate_of
from app.services.actors import Actor
from app.services.approvals import Approval, Choice
from app.services.errors import ServiceError, invalid, not_found
from app.services.executions import ExecutionDetail
from app.services.surfaces import Surfaces
from app.web.api.developer.views import listed
from app.web.api.flow8 import views
from app.web.api.flow8.words import STATES
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object, read_paging, text_field

READ, WRITE, DECIDE = needs("executions.read"), needs("executions.write"), needs("approvals.decide")
STATUSES = {"NEW": "queued", "RUN": "running", "WAIT": "waiting", "DONE": "completed", "FAIL": "failed"}
DECISIONS: dict[str, Choice] = {
    "approve": "approved",
    "approved": "approved",
    "reject": "rejected",
    "rejected": "rejected",
}


async def _play(actor: Actor, surfaces: Surfaces, play: str) -> ExecutionDetail:
    try:
        return await surfaces.studio.executions.get(actor, play)
    except ServiceError as error:
        raise not_found("play", play) if error.status == 404 else error from None


@get("/api/plays", opt=READ)
async def flow8_plays(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    query = request.query_params
    state = query.get("state", "")
    if state and state not in STATUSES:
        raise invalid(f"`state` must be one of {', '.join(STATUSES)}.", [{"field": "state", "message": "is not known"}])
    wanted = STATUSES.get(state, "")
    asked = read_paging(request, goes_on=True)
    page = await surfaces.studio.executions.list(actor, asked, wanted, query.get("flowId", ""))
    return answer(listed(page, [views.play(item) for item in page.items]) | {"next": page.next})


@get("/api/plays/{play:str}", opt=READ)
async def flow8_play(play: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(views.play_detail(await _play(actor, surfaces, play)))


@get("/api/plays/{play:str}/layers", opt=READ)
async def flow8_play_layers(play: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    detail = await _play(actor, surfaces, play)
    tasks = await surfaces.tasks.of_execution(actor, detail.summary.id)
    steps = [view for view in detail.steps if view.block_id in tasks]
    found = [views.play_layer(view, number) for number, view in enumerate(steps)]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@post("/api/plays/{play:str}/approve", opt=DECIDE, status_code=200)
async def flow8_approve(play: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "layerId", "decision", "note", "form")
    decision = DECISIONS.get(text_field(body, "decision", "approved"))
    if decision is None:
        raise invalid("`decision` must be approved or rejected.", [{"field": "decision", "message": "is not known"}])
    layer, note = text_field(body, "layerId", ""), text_field(body, "note", "")
    detail = await _play(actor, surfaces, play)
    approval = _asked(await surfaces.studio.approvals.of_execution(actor, detail.summary.id), layer)
    await surfaces.studio.approvals.decide(actor, approval.id, decision, note, body.get("form"))
    state = STATES[(await _play(actor, surfaces, play)).summary.status]
    return answer({"playId": play, "layerId": layer or approval.block_id, "decision": decision, "state": state})


def _asked(pending: Sequence[Approval], layer: str) -> Approval:
    """What is to be decided: the named layer's question, or the only one. Raises 409."""
    fitting = [found for found in pending if not layer or found.block_id in (layer, gate_of(layer))]
    if not fitting:
        raise ServiceError("NOTHING_PENDING", "Nothing in this play waits for a decision.", 409)
    if len(fitting) > 1:
        names = ", ".join(found.block_id for found in fitting)
        raise ServiceError("SEVERAL_PENDING", f"Several layers wait: {names}. Name one as `layerId`.", 409)
    return fitting[0]


@delete("/api/plays/{play:str}", opt=WRITE, status_code=200)
async def flow8_cancel(play: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Cancels; the record stays. 409 when the play has ended."""
    await _play(actor, surfaces, play)
    return answer(views.play_detail(await surfaces.studio.executions.cancel(actor, play)))


ROUTES = [flow8_plays, flow8_play, flow8_play_layers, flow8_approve, flow8_cancel]
