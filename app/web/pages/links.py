"""What somebody with a link may do: follow an invitation, set a new password.

The token stands in the query, because paths are logged.
"""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.people import Invitation
from app.web.auth import needs
from app.web.pages.context import AnyRequest, client_address, page, posted_texts, see_other
from app.web.pages.cookies import session_cookie

PUBLIC = {"auth": "public"}


@get("/invitation", opt=PUBLIC)
async def invitation_page(request: AnyRequest, actor: Actor | None, services: Services) -> Response[bytes]:
    token = request.query_params.get("token", "")
    invitation = await services.people.look_at_invitation(token)
    return _invitation(request, actor, invitation, token, {"email": invitation.email, "username": ""})


@post("/invitation", opt=PUBLIC)
async def follow(request: AnyRequest, actor: Actor | None, services: Services) -> Response[bytes] | Redirect:
    """Somebody new makes an account."""
    form = await posted_texts(request)
    token, email, username = form.get("token", ""), form.get("email", ""), form.get("username", "")
    agent = request.headers.get("user-agent", "")
    try:
        session = await services.people.join_as_new(
            token, email, username, form.get("password", ""), client_address(request), agent
        )
    except ServiceError as error:
        if error.status == 404:
            raise
        invitation = await services.people.look_at_invitation(token)
        return _invitation(request, actor, invitation, token, {"email": email, "username": username}, error)
    answer = see_other("/")
    answer.set_cookie(session_cookie(request, services, session))
    return answer


@post("/invitation/join", opt=needs("account.write"))
async def join(request: AnyRequest, actor: Actor, services: Services) -> Redirect:
    """Somebody who has an account joins with it."""
    await services.people.join(actor, (await posted_texts(request)).get("token", ""))
    return see_other("/?done=joined")


@get("/new-password", opt=PUBLIC)
async def reset_page(request: AnyRequest, services: Services) -> Response[bytes]:
    token = request.query_params.get("token", "")
    await services.people.check_reset(token)
    return page(request, "pages/new_password.html", None, token=token, error="")


@post("/new-password", opt=PUBLIC)
async def reset(request: AnyRequest, services: Services) -> Response[bytes] | Redirect:
    form = await posted_texts(request)
    token = form.get("token", "")
    try:
        await services.people.reset_password(token, form.get("password", ""), client_address(request))
    except ServiceError as error:
        if error.status == 404:
            raise
        return page(request, "pages/new_password.html", None, status_code=error.status, token=token, error=error.message)
    return see_other("/sign-in?done=password-changed")


def _invitation(
    request: AnyRequest,
    actor: Actor | None,
    invitation: Invitation,
    token: str,
    values: dict[str, str],
    error: ServiceError | None = None,
) -> Response[bytes]:
    return page(
        request,
        "pages/invitation.html",
        actor,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        invitation=invitation,
        token=token,
        values=values,
    )


ROUTES = (invitation_page, follow, join, reset_page, reset)
