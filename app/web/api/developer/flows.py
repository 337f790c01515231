"""Flows of the developer surface: `/api/v1/flows` (contract.md A011, A109-A127)."""

from __future__ import annotations

from litestar import Response, delete, get, post, put

from app.services.actors import Actor
from app.services.errors import invalid
from app.services.flows import Flow, FlowChange
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import GRAPH_BYTES, Incoming, answer
from app.web.auth import needs
from app.web.bodies import flag_field, read_if_match, read_object, read_paging, revision_number, text_field
from app.web.presenters import moment

READ, WRITE = needs("workflows.read"), needs("workflows.write")
TEXT_BYTES = 2_100_000
"""The longest YAML text, as JSON."""
FIELDS = ("name", "namespace", "category", "description", "groupId", "enabled", "yamlContent")


async def read_change(request: Incoming, *known: str) -> FlowChange:
    """What a caller wants a flow to be. Raises 400 naming the field."""
    body = await read_object(request, *known)
    texts = {name: text_field(body, name) for name in known if name not in ("enabled", "groupId") and body.get(name) is not None}
    group = text_field(body, "groupId") if body.get("groupId") is not None else ("" if "groupId" in body else None)
    return FlowChange(
        name=texts.get("name"),
        description=texts.get("description"),
        enabled=flag_field(body, "enabled"),
        namespace=texts.get("namespace"),
        category=texts.get("category"),
        group_id=group,
        text=texts.get("yamlContent"),
    )


def one(flow: Flow, status: int = 200) -> Response[bytes]:
    return answer(views.single(views.flow(flow)), status, {"ETag": f'"{flow.workflow.revision}"'})


@get("/api/v1/flows", opt=READ)
async def list_flows(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    page = await surfaces.flows.list(actor, read_paging(request))
    return answer(views.listed(page, [views.listed_flow(item) for item in page.items]))


@post("/api/v1/flows", opt=WRITE, request_max_body_size=TEXT_BYTES)
async def create_flow(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return one(await surfaces.flows.create(actor, await read_change(request, *FIELDS)), 201)


@get("/api/v1/flows/{flow:str}", opt=READ)
async def get_flow(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    form = request.query_params.get("form") or None
    if form not in (None, "tasks", "nodes", "graph"):
        raise invalid("`form` must be tasks, nodes or graph.", [{"field": "form", "message": "is not known"}])
    if form is None:
        return one(await surfaces.flows.get(actor, flow))
    return one(await surfaces.flows.get(actor, flow, (form,), exactly=True))


@put("/api/v1/flows/{flow:str}", opt=WRITE, request_max_body_size=TEXT_BYTES)
async def update_flow(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    change = await read_change(request, *FIELDS)
    return one(await surfaces.flows.update(actor, flow, change, read_if_match(request)))


@delete("/api/v1/flows/{flow:str}", opt=WRITE, status_code=200)
async def delete_flow(flow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = await surfaces.flows.get(actor, flow)
    await surfaces.studio.workflows.delete(actor, found.workflow.id)
    return answer(views.single({"id": found.workflow.id, "deleted": True}))


@post("/api/v1/flows/validate", opt=WRITE, status_code=200, request_max_body_size=TEXT_BYTES)
async def validate_flow(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Parses, and never runs or stores anything."""
    body = await read_object(request, "yamlContent")
    checked = await surfaces.flows.check(actor, text_field(body, "yamlContent"))
    found = {
        "valid": not checked.errors,
        "name": checked.name,
        "errors": [views.problem(problem) for problem in checked.errors],
        "warnings": [views.problem(problem) for problem in checked.warnings],
    }
    return answer(views.single(found))


@post("/api/v1/flows/import", opt=WRITE, request_max_body_size=GRAPH_BYTES)
async def import_flow(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """An export of this system, or a workflow that n8n exported: then `report` tells what became of each of its nodes."""
    taken = await surfaces.foreign.take_in(actor, await read_object(request))
    if taken.report is None:
        return one(taken.flow, 201)
    told = taken.report.as_json()
    body = views.flow(taken.flow) | {"report": told["nodes"], "reportNotes": told["notes"]}
    return answer(views.single(body), 201, {"ETag": f'"{taken.flow.workflow.revision}"'})


@get("/api/v1/flows/{flow:str}/export", opt=READ)
async def export_flow(flow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(await surfaces.flows.export(actor, flow))


@get("/api/v1/flows/{flow:str}/revisions", opt=READ)
async def list_revisions(flow: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found_flow = await surfaces.flows.get(actor, flow)
    page = await surfaces.studio.history.revisions(actor, found_flow.workflow.id, read_paging(request))
    items = [
        {
            "rev": found.revision,
            "createdAt": moment(found.created_at),
            "author": found.author,
            "message": found.message,
            "summary": "; ".join(found.words),
        }
        for found in page.items
    ]
    return answer(views.listed(page, items))


@post("/api/v1/flows/{flow:str}/revisions/{revision:str}/restore", opt=WRITE, status_code=200)
async def restore_revision(flow: str, revision: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Makes a new revision with the graph of an old one."""
    found = await surfaces.flows.get(actor, flow)
    await surfaces.studio.history.restore(actor, found.workflow.id, revision_number(revision))
    return one(await surfaces.flows.get(actor, found.workflow.id))


ROUTES = [
    list_flows,
    create_flow,
    get_flow,
    update_flow,
    delete_flow,
    validate_flow,
    import_flow,
    export_flow,
    list_revisions,
    restore_revision,
]
