"""The home page: the workflows, and what is done with a whole one."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Response, Template

from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.services.pages import Paging
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.bodies import read_paging
from app.web.pages.context import AnyRequest, page, posted_texts, see_other

SORTS: Final = (("updated_at", "Changed last"), ("name", "Name"), ("created_at", "Newest first"))


@get("/", opt=needs("workflows.read"))
async def workflows_page(request: AnyRequest, actor: Actor, services: Services, surfaces: Surfaces) -> Response[bytes]:
    return await _list(request, actor, services, surfaces, read_paging(request))


@post("/workflows", opt=needs("workflows.write"))
async def create_workflow(
    request: AnyRequest, actor: Actor, services: Services, surfaces: Surfaces
) -> Response[bytes] | Redirect:
    name = (await posted_texts(request)).get("name", "")
    try:
        workflow = await services.workflows.create(actor, name)
    except ServiceError as error:
        return await _list(request, actor, services, surfaces, Paging(), name, error)
    return see_other(f"/workflows/{workflow.id}")


@post("/workflows/{workflow_id:str}/duplicate", opt=needs("workflows.write"))
async def duplicate_workflow(workflow_id: str, actor: Actor, services: Services) -> Redirect:
    workflow = await services.workflows.duplicate(actor, workflow_id)
    return see_other(f"/workflows/{workflow.id}")


@post("/workflows/{workflow_id:str}/delete", opt=needs("workflows.write"))
async def delete_workflow(workflow_id: str, actor: Actor, services: Services) -> Redirect:
    await services.workflows.delete(actor, workflow_id)
    return see_other("/?done=deleted")


@post("/workflows/{workflow_id:str}/shelf", opt=needs("workflows.write"))
async def put_on_shelf(request: AnyRequest, workflow_id: str, actor: Actor, surfaces: Surfaces) -> Redirect:
    """The group and the tags of a workflow, as its dialog sends them."""
    form = await posted_texts(request)
    await surfaces.shelves.put(actor, workflow_id, form.get("group", ""), form.get("tags", "").split(","))
    return see_other("/?done=shelf-changed")


async def _list(
    request: AnyRequest,
    actor: Actor,
    services: Services,
    surfaces: Surfaces,
    asked: Paging,
    typed_name: str = "",
    error: ServiceError | None = None,
) -> Template:
    group, tag = (request.query_params.get(name, "") for name in ("group", "tag"))
    view = await services.workflows.list(actor, asked, group_id=group, tag=tag)
    shelf = await surfaces.shelves.of(actor, [item.id for item in view.items])
    return page(
        request,
        "pages/workflows.html",
        actor,
        status_code=error.status if error else 200,
        path="/",
        view=view,
        troubled=await surfaces.watch_states.in_trouble(actor, [item.id for item in view.items]),
        shelf=shelf,
        query={"q": asked.q, "group": group, "tag": tag, "sort": asked.sort, "order": asked.order, "page": asked.page},
        sorts=SORTS,
        typed_name=typed_name,
        error=error.message if error else "",
    )
