"""Who has forgotten a password asks for a link by mail, where the operator has set a mail server."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Template

from app.services.container import Services
from app.services.errors import ServiceError
from app.web.pages.context import AnyRequest, client_address, page, posted_texts

PUBLIC = {"auth": "public"}


@get("/forgotten-password", opt=PUBLIC)
async def forgotten_page(request: AnyRequest, services: Services) -> Template:
    return page(request, "pages/forgotten_password.html", None, sends_mail=services.mailed.is_on, asked=False, error="")


@post("/forgotten-password", opt=PUBLIC, status_code=200)
async def forgotten(request: AnyRequest, services: Services) -> Template:
    """The same answer for everybody."""
    form = await posted_texts(request)
    status, error = 200, ""
    try:
        await services.mailed.forgotten(form.get("email", ""), client_address(request))
    except ServiceError as refusal:
        status, error = refusal.status, refusal.message
    shown = {"sends_mail": services.mailed.is_on, "asked": not error, "error": error}
    return page(request, "pages/forgotten_password.html", None, status_code=status, **shown)


ROUTES = (forgotten_page, forgotten)
