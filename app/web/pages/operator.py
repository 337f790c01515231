"""What of this server is open, for the person who runs it."""

from __future__ import annotations

from litestar import get
from litestar.response import Response

from app.services.actors import Actor
from app.services.container import Services
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page


@get("/operator", opt=needs("operator.read"))
async def operator_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    return page(request, "pages/operator.html", actor, doors=await services.exposure.doors(actor))


ROUTES = (operator_page,)
