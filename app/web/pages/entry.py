"""The first account, signing in and signing out."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.services.accounts import NewSession
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.pages.context import AnyRequest, client_address, local_path, page, posted_texts, see_other
from app.web.pages.cookies import language_cookie, session_cookie, spent_cookies

PUBLIC = {"auth": "public"}


@get("/setup", opt=PUBLIC)
async def setup_page(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    if not await services.accounts.needs_setup():
        return see_other("/sign-in")
    return _setup(request, services, {"email": "", "username": ""})


@post("/setup", opt=PUBLIC)
async def setup(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    if not await services.accounts.needs_setup():
        return see_other("/sign-in")
    form = await posted_texts(request)
    email, username = form.get("email", ""), form.get("username", "")
    try:
        session = await services.accounts.create_owner(
            email, username, form.get("password", ""), form.get("token", ""), client_address(request), _agent(request)
        )
    except ServiceError as error:
        return _setup(request, services, {"email": email, "username": username}, error)
    return _signed_in(request, services, session, "/templates")


@get("/sign-in", opt=PUBLIC)
async def sign_in_page(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    if await services.accounts.needs_setup():
        return see_other("/setup")
    return _sign_in(request, services, "", local_path(request.query_params.get("next", "")))


@post("/sign-in", opt=PUBLIC)
async def sign_in(request: AnyRequest, services: Services, surfaces: Surfaces) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    login, next_path = form.get("login", ""), local_path(form.get("next", ""))
    try:
        session = await services.accounts.sign_in(login, form.get("password", ""), client_address(request), _agent(request))
    except ServiceError as error:
        if error.code == "CODE_NEEDED":
            return _second_step(request, str(error.data["pending"]), next_path)
        return _sign_in(request, services, login, next_path, error)
    answer = _signed_in(request, services, session, next_path)
    language = await surfaces.preferences.language(session.actor)
    if language:
        answer.set_cookie(language_cookie(language))
    return answer


@get("/sign-in/code", opt=PUBLIC)
async def second_step_again() -> Redirect:
    """A page that was reloaded has lost who it was about."""
    return see_other("/sign-in")


@post("/sign-in/code", opt=PUBLIC)
async def second_step(request: AnyRequest, services: Services, surfaces: Surfaces) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    pending, next_path = form.get("pending", ""), local_path(form.get("next", ""))
    try:
        session = await services.accounts.finish_sign_in(
            pending, form.get("code", ""), client_address(request), _agent(request)
        )
    except ServiceError as error:
        return _second_step(request, pending, next_path, error)
    answer = _signed_in(request, services, session, next_path)
    language = await surfaces.preferences.language(session.actor)
    if language:
        answer.set_cookie(language_cookie(language))
    return answer


@post("/sign-out", opt=needs("account.write"))
async def sign_out(request: AnyRequest, actor: Actor, services: Services) -> Redirect:
    await services.accounts.sign_out(actor)
    answer = see_other("/sign-in?done=signed-out")
    for cookie in spent_cookies():
        answer.set_cookie(cookie)
    return answer


def _setup(request: AnyRequest, services: Services, values: dict[str, str], error: ServiceError | None = None) -> Template:
    return page(
        request,
        "pages/setup.html",
        None,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        values=values,
        needs_token=services.accounts.needs_token,
    )


def _sign_in(
    request: AnyRequest, services: Services, login: str, next_path: str, error: ServiceError | None = None
) -> Template:
    shown = {"error": error.message if error else "", "login": login, "next": next_path, "provider": services.oidc.name}
    return page(request, "pages/sign_in.html", None, status_code=error.status if error else 200, **shown)


def _second_step(request: AnyRequest, pending: str, next_path: str, error: ServiceError | None = None) -> Template:
    status = error.status if error else 200
    message = error.message if error else ""
    return page(request, "pages/second_step.html", None, status_code=status, error=message, pending=pending, next=next_path)


def _signed_in(request: AnyRequest, services: Services, session: NewSession, path: str) -> Redirect:
    answer = see_other(path)
    answer.set_cookie(session_cookie(request, services, session))
    return answer


def _agent(request: AnyRequest) -> str:
    return request.headers.get("user-agent", "")[:300]
