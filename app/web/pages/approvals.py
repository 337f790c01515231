"""The approvals page: what waits for people, with its form, and what they decided."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.sdk import Json
from app.services.actors import Actor
from app.services.approval_forms import FormField
from app.services.approvals import MAX_COUNTED, Choice
from app.services.container import Services
from app.services.errors import ServiceError, invalid
from app.services.pages import Paging
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.form_values import lines
from app.web.pages.context import AnyRequest, page, posted_texts, see_other

CHOICES: Final[Mapping[str, Choice]] = {"approved": "approved", "rejected": "rejected"}
DONE: Final = {"approved": "Approved.", "rejected": "Rejected.", "pending": "Noted. More people must approve."}
LATEST: Final = Paging(size=10)
CHANGED: Final = "approvals-changed"


@get("/approvals", opt=needs("approvals.read"))
async def approvals_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return await _page(request, actor, services)


@get("/approvals/count", opt=needs("approvals.read"))
async def approvals_count(request: AnyRequest, actor: Actor, services: Services) -> Template:
    """The badge in the navigation."""
    count = await services.approvals.count(actor)
    return page(request, "partials/approvals_count.html", actor, count=count, at_most=MAX_COUNTED)


@get("/approvals/{approval_id:str}", opt=needs("approvals.read"))
async def approval_page(request: AnyRequest, approval_id: str, actor: Actor, services: Services) -> Response[bytes]:
    """One approval, for links to it."""
    return await _one(request, actor, services, approval_id)


@post("/approvals/{approval_id:str}/decide", opt=needs("approvals.decide"), status_code=200)
async def decide_approval(
    request: AnyRequest, approval_id: str, actor: Actor, services: Services
) -> Response[bytes] | Redirect:
    """Decide, and answer with the page as it is then, also when others were faster: the list, or with `?alone` this one."""
    texts = await posted_texts(request)
    choice = CHOICES.get(texts.get("decision", ""))
    if choice is None:
        raise invalid("`decision` must be approved or rejected.")
    asked = (await services.approvals.get(actor, approval_id)).question
    note, form = lines(texts.get("note", "")).strip(), form_answers(asked.form, texts)
    is_fragment = "hx-request" in request.headers
    try:
        found = await services.approvals.decide(actor, approval_id, choice, note, form)
        told = {"text": DONE[found.status], "tone": "success"}
    except ServiceError as error:
        if error.status != 409 or not is_fragment:
            raise
        told = {"text": error.message, "tone": "danger"}
    if not is_fragment:
        return see_other("/approvals")
    is_alone = "alone" in request.query_params
    answer = await (_one(request, actor, services, approval_id) if is_alone else _page(request, actor, services))
    happened = {CHANGED: {"target": "body"}, "blockyard:toast": {"target": "body", **told}}
    answer.headers["HX-Trigger"] = json.dumps(happened)
    return answer


def form_answers(fields: tuple[FormField, ...], texts: Mapping[str, str]) -> dict[str, Json]:
    """What was typed as values of their kinds. A number that is none stays text, for the service to refuse."""
    answers: dict[str, Json] = {}
    for field in fields:
        text = lines(texts.get(f"form.{field.name}", ""))
        if field.type == "boolean":
            answers[field.name] = text == "true"
        elif field.type == "number":
            answers[field.name] = _number(text.strip())
        else:
            answers[field.name] = text
    return answers


def _number(text: str) -> Json:
    if re.fullmatch(r"[+-]?[0-9]{1,300}", text):
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


async def _one(request: AnyRequest, actor: Actor, services: Services, approval_id: str) -> Template:
    found = await services.approvals.get(actor, approval_id)
    return page(request, "pages/approval.html", actor, path="/approvals", approval=found, query={"alone": "yes"})


async def _page(request: AnyRequest, actor: Actor, services: Services) -> Template:
    asked = read_paging(request)
    decided_only = request.query_params.get("status", "") == "decided"
    view = await services.approvals.list(actor, asked, "decided" if decided_only else "pending")
    decided = view.items if decided_only else (await services.approvals.list(actor, LATEST, "decided")).items
    return page(
        request,
        "pages/approvals.html",
        actor,
        path="/approvals",
        view=view,
        decided=decided,
        decided_only=decided_only,
        query={"status": "decided" if decided_only else "", "page": asked.page},
        pending=() if decided_only else view.items,
    )
