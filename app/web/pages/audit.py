"""The audit log, for those who manage the workspace."""

from __future__ import annotations

from litestar import get
from litestar.response import Response

from app.services.actors import Actor
from app.services.container import Services
from app.services.pages import Paging
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page


@get("/audit", opt=needs("audit.read"))
async def audit_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    asked = request.query_params
    number = asked.get("page", "0")
    paging = Paging(int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0, 50, asked.get("q", "")[:200])
    view = await services.audit.list(actor, paging)
    return page(request, "pages/audit.html", actor, view=view, query={"q": paging.q})


ROUTES = (audit_page,)
