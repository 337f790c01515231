"""Signing in by API, the block registry, and health."""

from __future__ import annotations

from litestar import Response, get, post

from app.describe import palette_entry
from app.engine.values import NotJson, decode
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.web import presenters
from app.web.api.workflows import VIEWER, Incoming, answer
from app.web.bodies import text_field
from app.web.pages.context import client_address
from app.web.pages.cookies import session_cookie, spent_cookies

PUBLIC = {"auth": "public"}
OUTSIDE = {"auth": "public", "outside": True}
"""For machines: neither session nor origin matters."""


@post("/api/auth/login", opt=PUBLIC, status_code=200)
async def login(request: Incoming, services: Services) -> Response[bytes]:
    """Takes JSON whatever its content type is called: the printed sample of flow8 sends none (contract.md G6)."""
    try:
        body = decode(await request.body())
    except NotJson as error:
        raise invalid(f"The request body: {error}.") from None
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    name = text_field(body, "email" if "email" in body else "username")
    session = await services.accounts.sign_in(
        name, text_field(body, "password"), client_address(request), request.headers.get("user-agent", "")
    )
    response = answer({"user": presenters.user(session.actor), "csrf_token": session.actor.csrf_token})
    response.set_cookie(session_cookie(request, services, session))
    return response


@post("/api/auth/logout", opt=VIEWER, status_code=200)
async def logout(actor: Actor, services: Services) -> Response[bytes]:
    await services.accounts.sign_out(actor)
    response = answer({"ok": True})
    for cookie in spent_cookies():
        response.set_cookie(cookie)
    return response


@get("/api/auth/me", opt=VIEWER)
async def me(actor: Actor) -> Response[bytes]:
    return answer({"user": presenters.user(actor), "csrf_token": actor.csrf_token})


@get("/api/blocks", opt=VIEWER)
async def list_blocks(services: Services) -> Response[bytes]:
    return answer({"blocks": [palette_entry(block) for block in services.catalog]})


@get(["/healthz", "/api/health"], opt=OUTSIDE)
async def health() -> Response[bytes]:
    return answer({"status": "ok"})


@get("/readyz", opt=OUTSIDE)
async def ready(services: Services) -> Response[bytes]:
    await services.health.ready()
    return answer({"status": "ready"})


ROUTES = [login, logout, me, list_blocks, health, ready]
