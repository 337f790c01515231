"""Pages that workflows have for people who need not have an account here: their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit
from uuid import uuid4

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Response

from app.sdk import BlockError, File, Json, is_file
from app.services.actors import Actor
from app.services.approval_forms import PageField, read_answers
from app.services.errors import ServiceError
from app.services.hook_answers import HookAnswer, call_details, wait_for_answer
from app.services.public_pages import OpenPage
from app.services.starts import Started
from app.services.surfaces import Surfaces
from app.web.doors import call_of, shown
from app.web.pages.approvals import form_answers
from app.web.pages.context import AnyRequest, client_address, page, see_other
from app.web.pages.filters import pretty_json
from app.web.pages.public_chat import chat_page

PUBLIC: Final = {"auth": "public"}
CHAT: Final = "trigger.chat"
WAIT_SECONDS: Final = 60.0
"""So long a person waits for the workflow's own answer, before being thanked."""
LONGEST_NAME: Final = 200
WENT_WRONG: Final = "It was sent, but something went wrong afterwards. Please tell whoever gave you this address."
LOOK: Final = "Please look at what is marked below."


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody has filled in: as it was typed, as values, and what is wrong with it by field."""

    mark: str
    texts: Mapping[str, str] = field(default_factory=dict)
    answers: dict[str, Json] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


@get("/pages/{page_id:str}", opt=PUBLIC)
async def public_page(request: AnyRequest, page_id: str, actor: Actor | None, surfaces: Surfaces) -> Response[bytes] | Redirect:
    """A form, or a conversation."""
    try:
        found = await surfaces.public_pages.open(page_id, actor)
    except ServiceError as error:
        return _refused(request, error)
    return chat_page(request, found) if found.type == CHAT else _form(request, found, Filled(uuid4().hex))


@post("/pages/{page_id:str}", opt=PUBLIC, status_code=200)
async def send_form(request: AnyRequest, page_id: str, actor: Actor | None, surfaces: Surfaces) -> Response[bytes] | Redirect:
    pages = surfaces.public_pages
    try:
        found = await pages.open(page_id, actor)
        if found.type == CHAT:
            return see_other(request.url.path)
        filled = await _filled(request, _fields(found))
        if filled.problems:
            return _form(request, found, filled, LOOK, 422)
        pages.slow_down(found, client_address(request))
        new = pages.execution(found, filled.answers, call_details(call_of(request, b"")))
        started = await pages.start(found, new, filled.mark)
    except ServiceError as error:
        return _refused(request, error)
    return await _answered(request, found, started)


# -- what was filled in ------------------------------------------------------------------------------------------------


def _fields(found: OpenPage) -> Sequence[PageField]:
    return [PageField.model_validate(one.model_dump()) for one in found.options.fields]


async def _filled(request: AnyRequest, fields: Sequence[PageField]) -> Filled:
    """Raises 400 for what is no form."""
    form = await request.form()
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    answers = form_answers(tuple(fields), texts)
    for one in fields:
        if one.type == "boolean" and one.required and answers[one.name] is False:
            answers[one.name] = None
        if one.type == "file":
            answers[one.name] = await _file(form.get(f"form.{one.name}"))
    typed = {one.name: texts.get(f"form.{one.name}", "") for one in fields}
    try:
        whole = {one.name: None for one in fields} | read_answers(fields, answers, complete=True)
    except ServiceError as error:
        told = cast("list[dict[str, str]]", error.details)
        problems = {one["field"].removeprefix("form."): f"This {one['message']}." for one in told}
        return Filled(texts.get("mark", ""), typed, problems=problems)
    return Filled(texts.get("mark", ""), typed, whole)


async def _file(sent: Any) -> Json:
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    return File(sent.filename[:LONGEST_NAME], sent.content_type or "application/octet-stream", await sent.read()).value()


# -- what people see ---------------------------------------------------------------------------------------------------


def _form(request: AnyRequest, found: OpenPage, filled: Filled, error: str = "", status: int = 200) -> Response[bytes]:
    shown = {"mark": filled.mark, "values": filled.texts, "problems": filled.problems, "error": error}
    return page(
        request, "pages/public_form.html", None, status_code=status, options=found.options, fields=_fields(found), **shown
    )


async def _answered(request: AnyRequest, found: OpenPage, started: Started) -> Response[bytes]:
    """The workflow's answer where it gives one, else the thanks."""
    title = found.options.title
    thanks = {"text": found.options.thanks, "lead_on": found.options.redirect_url}
    if not found.answers:
        return _told(request, title, **thanks)
    try:
        answer = await wait_for_answer(started, WAIT_SECONDS)
    except ServiceError as error:
        if error.code == "STILL_RUNNING":
            return _told(request, title, **thanks)
        return _told(request, title, 500, problem=WENT_WRONG)
    return _told(request, title, **thanks) if answer.response is None else _said(request, title, answer)


def _said(request: AnyRequest, title: str, answer: HookAnswer) -> Response[bytes]:
    status, body = answer.response["status"], answer.response["body"]
    headers = {name.lower(): str(value) for name, value in (answer.response.get("headers") or {}).items()}
    to = headers.get("location", "") if 300 <= status < 400 else ""
    if _is_web_address(to):
        return _told(request, title, lead_on=to)
    if is_file(body) or "html" in headers.get("content-type", ""):
        return _as_it_is(answer, body)
    if isinstance(body, str):
        return _told(request, title, status, text=body)
    return _told(request, title, status, data=pretty_json(body).text)


def _as_it_is(answer: HookAnswer, body: Json) -> Response[bytes]:
    """A file to keep, or a page that the workflow has made; guarded, as it comes from what strangers have sent."""
    response = shown(answer)
    if is_file(body) and "content-disposition" not in {name.lower() for name in response.headers}:
        try:
            name = File.of(body, "body").name
        except BlockError:
            return response
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return response


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text.isprintable() and (parts.scheme in ("http", "https") or (not parts.scheme and text.startswith("/")))


def _told(
    request: AnyRequest,
    heading: str,
    status: int = 200,
    *,
    text: str | None = None,
    data: str = "",
    lead_on: str = "",
    problem: str = "",
) -> Response[bytes]:
    said = {"heading": heading, "text": text, "data": data, "lead_on": lead_on, "problem": problem}
    return page(request, "pages/public_answer.html", None, status_code=status, **said)


def _refused(request: AnyRequest, error: ServiceError) -> Response[bytes] | Redirect:
    if error.status == 401:
        return Redirect(f"/sign-in?next={quote(request.url.path)}")
    answer = _told(request, "This page", error.status, problem=error.message)
    if "retry_after" in error.data:
        answer.headers["Retry-After"] = str(error.data["retry_after"])
    return answer


ROUTES = (public_page, send_form)
