"""Signing in by an OpenID provider: away to it, and back."""

from __future__ import annotations

from litestar import get
from litestar.response import Redirect, Response

from app.services.container import Services
from app.services.errors import ServiceError
from app.web.pages.context import AnyRequest, client_address, page, see_other
from app.web.pages.cookies import passing_cookie, session_cookie

PUBLIC = {"auth": "public"}


@get("/sign-in/oidc", opt=PUBLIC)
async def leave(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    try:
        address, browser = await services.oidc.begin()
    except ServiceError as error:
        if error.status == 404:
            raise
        return _refusal(request, services, error)
    answer = see_other(address)
    answer.set_cookie(passing_cookie(request, services, browser))
    return answer


@get("/sign-in/oidc/back", opt=PUBLIC)
async def come_back(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    query = request.query_params
    browser = request.cookies.get(passing_cookie(request, services, "").key, "")
    agent = request.headers.get("user-agent", "")
    try:
        session = await services.oidc.finish(
            query.get("state", ""), query.get("code", ""), browser, client_address(request), agent
        )
    except ServiceError as error:
        return _refusal(request, services, error)
    answer = see_other("/")
    answer.set_cookie(session_cookie(request, services, session))
    answer.set_cookie(passing_cookie(request, services, ""))
    return answer


def _refusal(request: AnyRequest, services: Services, error: ServiceError) -> Response[bytes]:
    shown = {"error": error.message, "login": "", "next": "/", "provider": services.oidc.name}
    return page(request, "pages/sign_in.html", None, status_code=error.status, **shown)


ROUTES = (leave, come_back)
