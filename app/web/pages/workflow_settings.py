"""The page of what holds for every execution of a workflow."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError, invalid
from app.services.pages import MAX_SIZE, Paging
from app.web.auth import needs
from app.web.form_policy import read_span, span_text
from app.web.pages.context import AnyRequest, page, posted_texts, see_other

NUMBERS: Final = ("limit", "priority", "days", "count", "failed_days")
TITLES: Final = {
    "limit": "At the same time", "priority": "Priority", "days": "Keep executions for days", "count": "Keep at most",
    "failed_days": "Keep failures for days",
}  # fmt: skip


@get("/workflows/{workflow_id:str}/settings", opt=needs("workflows.read"))
async def settings_page(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Response[bytes]:
    settings = await services.workflow_settings.get(actor, workflow_id)
    typed = {
        "deadline": span_text(settings.deadline_ms),
        "limit": _text(settings.concurrency.limit),
        "when_full": settings.concurrency.when_full,
        "priority": str(settings.priority),
        "error_workflow": settings.error_workflow,
        "days": _text(settings.retention.days),
        "count": _text(settings.retention.count),
        "failed_days": _text(settings.retention.failed_days),
        "idempotency_key": settings.idempotency_key,
    }
    return await _shown(request, actor, services, workflow_id, typed)


@post("/workflows/{workflow_id:str}/settings", opt=needs("workflows.write"))
async def change_settings(
    request: AnyRequest, workflow_id: str, actor: Actor, services: Services
) -> Response[bytes] | Redirect:
    typed = await posted_texts(request)
    try:
        await services.workflow_settings.put(actor, workflow_id, _read(typed))
    except ServiceError as error:
        if error.status != 400:
            raise
        return await _shown(request, actor, services, workflow_id, typed, error)
    return see_other(f"/workflows/{workflow_id}/settings?done=settings-changed")


async def _shown(
    request: AnyRequest,
    actor: Actor,
    services: Services,
    workflow_id: str,
    typed: dict[str, str],
    error: ServiceError | None = None,
) -> Template:
    workflow = await services.workflows.get(actor, workflow_id)
    others = await services.workflows.list(actor, Paging(size=MAX_SIZE, sort="name"))
    return page(
        request,
        "pages/workflow_settings.html",
        actor,
        status_code=error.status if error else 200,
        workflow=workflow,
        others=[one for one in others.items if one.id != workflow.id],
        typed=typed,
        error=error.message if error else "",
    )


def _read(typed: dict[str, str]) -> dict[str, Json]:
    """What was typed as settings. Raises 400 naming the field."""
    number = {name: _whole(TITLES[name], typed.get(name, "")) for name in NUMBERS}
    text = typed.get("deadline", "").strip()
    deadline = read_span(text) if text else None
    if text and not deadline:
        raise invalid("Deadline: write a time such as 30 s, 5 min or 2 h.")
    return {
        "deadline_ms": deadline,
        "concurrency": {"limit": number["limit"], "when_full": typed.get("when_full", "queue")},
        "priority": number["priority"] or 0,
        "error_workflow": typed.get("error_workflow", ""),
        "retention": {name: number[name] for name in ("days", "count", "failed_days")},
        "idempotency_key": typed.get("idempotency_key", ""),
    }


def _whole(title: str, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise invalid(f"{title}: must be a whole number.")
    return int(text)


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
