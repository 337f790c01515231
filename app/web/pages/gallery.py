"""The gallery of templates."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Response

from app.services.actors import Actor
from app.services.container import Services
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, see_other
from app.web.pages.sketch import sketch


@get("/templates", opt=needs("workflows.read"))
async def gallery_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    cards = [
        {
            "name": template.name,
            "title": template.title,
            "description": template.description,
            "needs": template.needs,
            "sketch": sketch(template.graph, services.catalog.get),
        }
        for template in services.gallery.list()
    ]
    return page(request, "pages/gallery.html", actor, templates=cards, model_set=services.has_model)


@post("/templates/{name:str}/use", opt=needs("workflows.write"))
async def use_template(name: str, actor: Actor, services: Services) -> Redirect:
    workflow = await services.gallery.use(actor, name)
    return see_other(f"/workflows/{workflow.id}")
