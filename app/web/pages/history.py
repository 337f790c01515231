"""The history panel of the editor."""

from __future__ import annotations

from litestar import get
from litestar.response import Template

from app.services.actors import Actor
from app.services.container import Services
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.pages.context import AnyRequest, page


@get("/workflows/{workflow_id:str}/history", opt=needs("workflows.read"))
async def history_panel(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Template:
    """One page of the revisions, the newest first."""
    found = await services.history.revisions(actor, workflow_id, read_paging(request))
    may_edit = actor.allows("workflows.draft")
    return page(request, "partials/history.html", actor, workflow_id=workflow_id, revisions=found, may_edit=may_edit)


ROUTES = [history_panel]
