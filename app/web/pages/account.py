"""One's own account: password, second step, and where one is signed in."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted_texts, see_other
from app.web.pages.cookies import language_cookie


@get("/account", opt=needs("account.write"))
async def account_page(request: AnyRequest, actor: Actor, services: Services, surfaces: Surfaces) -> Response[bytes]:
    return await _account(request, actor, services, surfaces)


@post("/account/language", opt=needs("account.write"))
async def choose_language(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Redirect:
    """A language for all browsers of this person, or none: then each browser decides."""
    language = (await posted_texts(request)).get("language", "")
    await surfaces.preferences.choose_language(actor, language)
    answer = see_other("/account?done=language-chosen")
    answer.set_cookie(language_cookie(language))
    return answer


@post("/account", opt=needs("account.write"))
async def change_account(
    request: AnyRequest, actor: Actor, services: Services, surfaces: Surfaces
) -> Response[bytes] | Redirect:
    """A new password, or the end of the second step, as the form's `do` says."""
    form = await posted_texts(request)
    off = form.get("do") == "two-step-off"
    try:
        if off:
            await services.accounts.two_step.switch_off(actor, form.get("password", ""))
        else:
            await services.people.change_password(actor, form.get("old", ""), form.get("new", ""))
    except ServiceError as error:
        return await _account(request, actor, services, surfaces, error)
    return see_other("/account?done=two-step-off" if off else "/account?done=password-changed")


@post("/account/sessions/end-others", opt=needs("account.write"))
async def end_other_sessions(actor: Actor, services: Services) -> Redirect:
    await services.people.end_other_sessions(actor)
    return see_other("/account?done=sessions-ended")


@post("/account/sessions/{session:str}/end", opt=needs("account.write"))
async def end_session(session: str, actor: Actor, services: Services) -> Redirect:
    await services.people.end_session(actor, session)
    return see_other("/account?done=session-ended")


@get("/account/two-step", opt=needs("account.write"))
async def two_step_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes] | Redirect:
    if await services.accounts.two_step.is_on(actor):
        return see_other("/account")
    return page(request, "pages/two_step.html", actor, enrolment=services.accounts.two_step.begin(actor), error="", codes=[])


@post("/account/two-step", opt=needs("account.write"), status_code=200)
async def switch_on(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    """Answers with the recovery codes themselves: they are shown this once."""
    form = await posted_texts(request)
    two_step = services.accounts.two_step
    secret = form.get("secret", "")
    try:
        codes = await two_step.confirm(actor, secret, form.get("code", ""), form.get("password", ""))
    except ServiceError as error:
        again = two_step.enrolment(actor, secret)
        return page(
            request, "pages/two_step.html", actor, status_code=error.status, enrolment=again, error=error.message, codes=[]
        )
    return page(request, "pages/two_step.html", actor, enrolment=None, error="", codes=codes)


async def _account(
    request: AnyRequest, actor: Actor, services: Services, surfaces: Surfaces, error: ServiceError | None = None
) -> Response[bytes]:
    return page(
        request,
        "pages/account.html",
        actor,
        status_code=error.status if error else 200,
        error=error.message if error else "",
        sessions=await services.people.sessions(actor),
        two_step=await services.accounts.two_step.is_on(actor),
        chosen_language=await surfaces.preferences.language(actor),
    )


ROUTES = (account_page, change_account, choose_language, end_other_sessions, end_session, two_step_page, switch_on)
