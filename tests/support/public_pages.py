"""Pages of workflows as strangers use them: no session, only the address."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx

from app.sdk import Json
from tests.support.graphs import block
from tests.support.server import ServerProcess

FIELDS: list[dict[str, Json]] = [
    {"name": "email", "type": "email", "label": "Your address", "required": True},
    {"name": "count", "type": "number", "label": "How many"},
    {"name": "topic", "type": "choice", "label": "Topic", "options": ["Order", "Return"]},
    {"name": "terms", "type": "boolean", "label": "I agree", "required": True},
    {"name": "picture", "type": "file", "label": "Picture"},
]
FILLED = {"form.email": "ada@example.com", "form.terms": "true"}


def form_block(id: str = "form", **config: Json) -> dict[str, Json]:
    """A form with an address of its own."""
    return block(id, "trigger.form", {"page_id": str(uuid4()), "title": "Ask us", "fields": FIELDS, **config})


def chat_block(id: str = "chat", **config: Json) -> dict[str, Json]:
    """A conversation with an address of its own."""
    return block(id, "trigger.chat", {"page_id": str(uuid4()), "title": "Talk to us", **config})


def address(server: ServerProcess, page: dict[str, Any]) -> str:
    return f"{server.url}/pages/{page['config']['page_id']}"


def look(server: ServerProcess, page: dict[str, Any], **more: Any) -> httpx.Response:
    return httpx.get(address(server, page), headers={"Accept": "text/html"}, timeout=30, **more)


def send(server: ServerProcess, page: dict[str, Any], mark: str = "", files: Any = None, **fields: str) -> httpx.Response:
    """Send the form as a browser does; fields by name, in addition to what is needed."""
    typed = {**FILLED, **{f"form.{name}": text for name, text in fields.items()}, "mark": mark or uuid4().hex}
    parts = [(name, (None, text)) for name, text in typed.items()] + [(f"form.{name}", file) for name, file in files or ()]
    return httpx.post(address(server, page), files=parts, headers={"Accept": "text/html"}, timeout=30)


def says(answer: httpx.Response) -> str:
    """The words of a page."""
    main = answer.text.partition('<main id="main"')[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main.partition(">")[2]).split())
