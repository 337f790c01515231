"""Who reads an answer, and in which language: pages ask the browser, calls of the API are English unless they say otherwise."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.web.translation import COOKIE, LANGUAGES, chosen_language, language

ASKED: Final = b"x-language"
"""The header by which the studio's own scripts ask the API for sentences that people will read."""

READ: Final = (ASKED, b"cookie", b"accept-language")


class ReadersLanguage(ASGIMiddleware):
    """Everything that is made for a request is in its reader's language."""

    scopes = (ScopeType.HTTP,)
    exclude_path_pattern = "^/static/"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        speak(scope)
        await next_app(scope, receive, send)


def speak(scope: Scope) -> None:
    """Set the language of what is said from here on."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in READ}
    if scope["path"].startswith("/api/"):
        asked = headers.get(ASKED, "")
        language.set(asked if asked in LANGUAGES else "en")
    else:
        language.set(chosen_language(_chosen(headers.get(b"cookie", "")), headers.get(b"accept-language", "")))


def _chosen(cookies: str) -> str:
    """The language that this browser remembers."""
    if COOKIE not in cookies:
        return ""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
