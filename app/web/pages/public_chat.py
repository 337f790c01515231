"""Conversations with a workflow: the page, what was said, and the answer as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from litestar import get, post
from litestar.response import Response, Stream

from app.engine.messages import Message
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import not_found
from app.services.hook_answers import call_details
from app.services.public_pages import OpenPage
from app.services.surfaces import Surfaces
from app.web.api.workflows import answer
from app.web.bodies import read_object, text_field
from app.web.doors import call_of
from app.web.live import event_stream
from app.web.pages.context import AnyRequest, client_address, page
from app.web.translation import said

PUBLIC: Final = {"auth": "public"}
HEADER: Final = "x-conversation"
"""Whoever knows a conversation may read it, so it stands in no address."""


def chat_page(request: AnyRequest, found: OpenPage) -> Response[bytes]:
    return page(request, "pages/public_chat.html", None, options=found.options, page_id=found.address.webhook_id)


@get("/pages/{page_id:str}/messages", opt=PUBLIC)
async def conversation(request: AnyRequest, page_id: str, actor: Actor | None, surfaces: Surfaces) -> Response[bytes]:
    found = await _open(surfaces, page_id, actor)
    return answer({"messages": await surfaces.public_chats.history(found, request.headers.get(HEADER, ""))})


@post("/pages/{page_id:str}/messages", opt=PUBLIC, status_code=200)
async def say(request: AnyRequest, page_id: str, actor: Actor | None, surfaces: Surfaces) -> Stream:
    """Server-sent events: `text` as it is written, then `answer` or `problem`."""
    found = await _open(surfaces, page_id, actor)
    body = await read_object(request, "text", "mark")
    text, mark = text_field(body, "text"), text_field(body, "mark", "")
    surfaces.public_pages.slow_down(found, client_address(request))
    details: Json = call_details(call_of(request, b""))
    details["headers"].pop(HEADER, None)
    pieces = surfaces.public_chats.say(found, request.headers.get(HEADER, ""), text, mark, details)
    first = await anext(pieces)  # a refusal is an answer of its own
    return event_stream(_with(first, pieces))


async def _with(first: Message | None, others: AsyncIterator[Message | None]) -> AsyncIterator[Message | None]:
    """All of them; what we say ourselves in the words of who reads it."""
    yield first
    async for message in others:
        if message is not None and message.type == "problem":
            message = replace(message, data=message.data | {"text": said(message.data["text"])})
        yield message


async def _open(surfaces: Surfaces, page_id: str, actor: Actor | None) -> OpenPage:
    found = await surfaces.public_pages.open(page_id, actor)
    if found.type != "trigger.chat":
        raise not_found("conversation", page_id)
    return found


ROUTES = (conversation, say)

