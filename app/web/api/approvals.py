"""The developer surface for approvals: `/api/v1/approvals` (contract.md C17, A174-A176)."""

from __future__ import annotations

from litestar import Response, get, post

from app.services.actors import Actor
from app.services.approvals import Choice
from app.services.container import Services
from app.web.api.workflows import Incoming, answer
from app.web.approval_views import approval_answer, approvals_page
from app.web.auth import needs
from app.web.bodies import read_object, read_paging, text_field


@get("/api/v1/approvals", opt=needs("approvals.read"))
async def list_approvals(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    status = request.query_params.get("status") or "pending"
    return answer(approvals_page(await services.approvals.list(actor, read_paging(request), status)))


@get("/api/v1/approvals/{approval:str}", opt=needs("approvals.read"))
async def get_approval(approval: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer(approval_answer(await services.approvals.get(actor, approval)))


@post("/api/v1/approvals/{approval:str}/approve", opt=needs("approvals.decide"), status_code=200)
async def approve(approval: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    return await _decide(approval, "approved", request, actor, services)


@post("/api/v1/approvals/{approval:str}/reject", opt=needs("approvals.decide"), status_code=200)
async def reject(approval: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    return await _decide(approval, "rejected", request, actor, services)


async def _decide(approval: str, choice: Choice, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "note", "form")
    note = text_field(body, "note", "")
    return answer(approval_answer(await services.approvals.decide(actor, approval, choice, note, body.get("form"))))


ROUTES = [list_approvals, get_approval, approve, reject]
