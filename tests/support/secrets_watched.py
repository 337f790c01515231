"""Notes the secrets that pass between the tests and the servers that they speak to, wherever the server has taken them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from app.services.credential_types import TYPES
from tests.support.secrets_noted import note, password_in

CSRF = "a token against forged requests"
SETUP = "the token of the first setup"
OWN = ("127.0.0.1", "localhost", "::1")
NAMES = {"password", "old", "new", "secret", "token", "authToken", "csrf_token"}
"""Fields that hold a secret, in forms and where people, keys and channels are made."""
IN_PAGES = {
    "an API key": re.compile(r"\bby_live_\w{40}\b"),
    "a recovery code": re.compile(r"<li>([0-9a-f]{10}-[0-9a-f]{10})</li>"),
    "a link": re.compile(r"\btoken=([\w-]{20,})"),
    "a secret of an endpoint": re.compile(r"\bwhsec_[\w+/=]{20,}"),
    CSRF: re.compile(r'name="_csrf" value="([^"]{20,})"'),
}
PATHS = ("/api/auth/", "/auth/", "/api/v1/webhook-endpoints", "/api/workspaces", "/api/channels")
"""Elsewhere in the API fields of these names may be anybody's data."""


def watch() -> None:
    """From now on every call of a test is looked at."""
    send = httpx.Client.send

    def watched(self: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        response = send(self, request, **more)
        if request.url.host in OWN and response.status_code < 400:
            note_request(request)
            note_response(request, response)
        return response

    httpx.Client.send = watched  # type: ignore[method-assign]


def note_request(request: httpx.Request) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        note("a bearer token", given.strip())
    elif scheme.lower() == "basic":
        note("a password of basic authentication", _password(given))
    for name, value in parse_qsl(request.url.query.decode("latin-1")):
        if name == "token":
            note("a token in an address", value)
    for name, text in texts(sent(request)):
        if name == "webhook_secret" or (name in NAMES and not _is_data(request)):
            note(SETUP if request.url.path == "/setup" and name == "token" else f"what was sent as {name}", text)
    if request.url.path.startswith("/api/v1/credentials"):
        note_credential(sent(request))


def _is_data(request: httpx.Request) -> bool:
    """Whether what is sent is somebody's data, whatever its fields are called."""
    return request.url.path.startswith(("/api/", "/c/", "/webhooks/")) and not request.url.path.startswith(PATHS)


def note_credential(body: Any) -> None:
    """The secret fields of a credential that is kept here."""
    if not isinstance(body, dict) or body.get("source", "stored") != "stored" or body.get("type") not in TYPES:
        return
    fields = {field.name for field in TYPES[body["type"]].fields if field.secret}
    for name, text in texts(body.get("data")):
        if name in fields:
            note(f"{name} of a credential of type {body['type']}", text)
            note(f"the password in {name} of a credential of type {body['type']}", password_in(text) if "://" in text else "")


def note_response(request: httpx.Request, response: httpx.Response) -> None:
    for cookie in response.headers.get_list("set-cookie"):
        name, _, value = cookie.partition(";")[0].partition("=")
        note(f"the cookie {name}", value)
    if not response.is_stream_consumed:
        return
    if request.url.path.startswith(PATHS):
        for name, text in texts(_json(response.content)):
            if name in NAMES:
                note(CSRF if name == "csrf_token" else f"what was answered as {name}", text)
            elif name == "link":
                note("a link", *parse_qs(urlsplit(text).query).get("token", []))
    elif "html" in response.headers.get("content-type", ""):
        for kind, pattern in IN_PAGES.items():
            note(kind, *pattern.findall(response.text))


def note_cookies(cookies: Iterable[Mapping[str, Any]]) -> None:
    """Those of a browser."""
    for cookie in cookies:
        note(f"the cookie {cookie['name']}", str(cookie["value"]))


def sent(request: httpx.Request) -> Any:
    """The body as JSON, or as the fields of a form."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        return None
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(content.decode("latin-1")))
    return _json(content)


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a value with the name of the field that it stands in."""
    if isinstance(value, dict):
        for name, child in value.items():
            if isinstance(child, str):
                yield name, child
            else:
                yield from texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from texts(child)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content[:1] in b"{[" else None
    except (ValueError, RecursionError):
        return None


def _password(given: str) -> str:
    try:
        return base64.b64decode(given).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
