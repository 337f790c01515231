"""Signing in by program: `/api/auth/*` and `/auth/*` (contract.md C13, C14, C32, G1)."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, delete, get, post

from app.engine.values import NotJson, decode
from app.sdk import Json
from app.services.accounts import BROWSER, PROGRAM, NewSession
from app.services.actors import Actor
from app.services.api_keys import ApiKey
from app.services.container import Services
from app.services.errors import ServiceError, invalid
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object, text_field
from app.web.pages.context import client_address
from app.web.pages.cookies import session_cookie, spent_cookies

PUBLIC = {"auth": "public"}


@post("/api/auth/login", opt=PUBLIC, status_code=200)
async def login(request: Incoming, services: Services) -> Response[bytes]:
    """Takes JSON whatever its content type is called: the printed sample of flow8 sends none (contract.md G6)."""
    session = await _sign_in(request, services, BROWSER)
    response = answer({"user": presenters.user(session.actor), "csrf_token": session.actor.csrf_token})
    response.set_cookie(session_cookie(request, services, session))
    return response


@post("/auth/login", opt=PUBLIC, status_code=200)
async def token_login(request: Incoming, services: Services) -> Response[bytes]:
    """A token for `Authorization: Bearer`; it ends like any session, by time or by being revoked."""
    session = await _sign_in(request, services, PROGRAM)
    ends = presenters.moment(session.expires_at)
    return answer({"token": session.token, "expiresAt": ends, "user": presenters.user(session.actor)})


@post("/auth/register", opt={**PUBLIC, "csrf": True})
async def register(request: Incoming, actor: Actor | None, services: Services) -> Response[bytes]:
    """The first user, whoever calls; afterwards only for those who may manage members (contract.md C32)."""
    body = await read_object(request, "username", "email", "password", "role", "setup_token")
    username, password = text_field(body, "username"), text_field(body, "password")
    email, role = text_field(body, "email", ""), text_field(body, "role", "viewer")
    if await services.accounts.needs_setup():
        token = text_field(body, "setup_token", "")
        user = await services.accounts.make_owner(email, username, password, token, client_address(request))
        return answer({"id": user.id, "username": user.username, "email": user.email, "role": "admin"}, 201)
    if actor is None:
        raise ServiceError("FORBIDDEN", "Accounts are made by those who manage this studio. Ask for an invitation.", 403)
    user = await services.members.add(actor, email, username, password, role)
    return answer({"id": user.id, "username": user.username, "email": user.email, "role": role}, 201)


@post("/api/auth/logout", opt=needs("account.write"), status_code=200)
async def logout(actor: Actor, services: Services) -> Response[bytes]:
    await services.accounts.sign_out(actor)
    response = answer({"ok": True})
    for cookie in spent_cookies():
        response.set_cookie(cookie)
    return response


@get("/api/auth/me", opt=needs("account.read"))
async def me(actor: Actor) -> Response[bytes]:
    return answer({"user": presenters.user(actor), "csrf_token": actor.csrf_token})


@get("/api/auth/sessions", opt=needs("account.write"))
async def list_sessions(actor: Actor, services: Services) -> Response[bytes]:
    rows = await services.people.sessions(actor)
    shown: list[Json] = [
        {
            "id": row.id,
            "kind": row.kind,
            "current": row.id == actor.session_id,
            "address": row.address,
            "user_agent": row.user_agent,
            "created_at": presenters.moment(row.created_at),
            "seen_at": presenters.moment(row.seen_at),
            "expires_at": presenters.moment(row.expires_at),
        }
        for row in rows
    ]
    return answer({"sessions": shown})


@delete("/api/auth/sessions/{session:str}", opt=needs("account.write"), status_code=200)
async def end_session(session: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.people.end_session(actor, session)
    return answer({"ok": True})


@post("/api/auth/api-keys", opt=needs("keys.write"))
async def create_key(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name", "scopes", "expiresAt", "addresses")
    scopes, addresses = _texts(body, "scopes"), _texts(body, "addresses")
    key, token = await services.accounts.keys.create(
        actor, text_field(body, "name"), scopes, _moment(body, "expiresAt"), addresses
    )
    return answer({**_key(key), "token": token}, 201)


@get("/api/auth/api-keys", opt=needs("keys.read"))
async def list_keys(actor: Actor, services: Services) -> Response[bytes]:
    keys = [_key(key) for key in await services.accounts.keys.list(actor)]
    return answer({"data": keys, "total": len(keys), "page": 0, "size": len(keys), "pages": 1})


@delete("/api/auth/api-keys/{key:str}", opt=needs("keys.write"), status_code=200)
async def revoke_key(key: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.accounts.keys.revoke(actor, key)
    return answer({"ok": True})


async def _sign_in(request: Incoming, services: Services, kind: str) -> NewSession:
    try:
        body = decode(await request.body())
    except NotJson as error:
        raise invalid(f"The request body: {error}.") from None
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    username = text_field(body, "username", "") if "email" in body else text_field(body, "username")
    name, password = text_field(body, "email", username), text_field(body, "password")
    return await services.accounts.sign_in(
        name,
        password,
        client_address(request),
        request.headers.get("user-agent", ""),
        code=text_field(body, "code", ""),
        kind=kind,
    )


def _key(key: ApiKey) -> dict[str, Json]:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "scopes": list(key.scopes),
        "addresses": list(key.addresses),
        "owner": key.owner,
        "createdAt": presenters.moment(key.created_at),
        "expiresAt": presenters.moment(key.expires_at),
        "lastUsedAt": presenters.moment(key.used_at),
        "lastUsedFrom": key.used_from,
    }


def _texts(body: dict[str, Json], name: str) -> list[str]:
    values = body.get(name, [])
    if not isinstance(values, list) or len(values) > 100 or not all(isinstance(value, str) for value in values):
        raise invalid(f"`{name}` must be a list of texts.", [{"field": name, "message": "must be a list of texts"}])
    return values


def _moment(body: dict[str, Json], name: str) -> datetime | None:
    text = body.get(name)
    if text is None:
        return None
    problem = invalid(f"`{name}` must be a time such as 2027-01-31T12:00:00Z.", [{"field": name, "message": "must be a time"}])
    if not isinstance(text, str) or len(text) > 40:
        raise problem
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise problem from None
    if moment.tzinfo is None:
        raise problem
    return moment


ROUTES = [
    login,
    token_login,
    register,
    logout,
    me,
    list_sessions,
    end_session,
    create_key,
    list_keys,
    revoke_key,
]
