"""The studio surface for workflows: `/api/workflows` (contract.md)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, delete, get, post, put

from app.engine.values import encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.services.refusals import problem_json
from app.services.surfaces import Surfaces
from app.services.workflows import Workflow
from app.web import presenters
from app.web.auth import needs
from app.web.bodies import read_if_match, read_json, read_object, read_paging, text_field
from app.web.telling import told_problem

GRAPH_BYTES = 8_000_000
VIEWER = needs("workflows.read")
EXECUTOR = needs("workflows.run")
EDITOR = needs("workflows.write")
DRAFT = needs("workflows.draft")

Incoming = Request[Any, Any, Any]


def answer(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(encode(body), status_code=status, media_type="application/json", headers=headers or {})


def _one(found: Workflow, status: int = 200) -> Response[bytes]:
    return answer(presenters.workflow(found), status, {"ETag": f'"{found.revision}"'})


@get("/api/workflows", opt=VIEWER)
async def list_workflows(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    page = await services.workflows.list(actor, read_paging(request))
    return answer(presenters.paged("workflows", page, [presenters.workflow_summary(item) for item in page.items]))


@post("/api/workflows", opt=EDITOR, request_max_body_size=GRAPH_BYTES)
async def create_workflow(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name", "description", "blocks", "edges", "annotations")
    name, description = text_field(body, "name"), text_field(body, "description", "")
    raw = {key: body[key] for key in ("blocks", "edges", "annotations") if key in body}
    created = await services.workflows.create_from(actor, name, description, raw or None)
    return _one(created, 201)


@get("/api/workflows/{workflow:str}", opt=VIEWER)
async def get_workflow(workflow: str, actor: Actor, services: Services, surfaces: Surfaces) -> Response[bytes]:
    """With `definition`, the YAML text (contract.md C6)."""
    found = await services.workflows.get(actor, workflow)
    flow = await surfaces.flows.of(actor, found, ("nodes",))
    body = presenters.workflow(found) | {"definition": flow.text}
    return answer(body, headers={"ETag": f'"{found.revision}"'})


@put("/api/workflows/{workflow:str}", opt=EDITOR)
async def update_workflow(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    body = await read_object(request, "name", "description", "enabled")
    enabled = body.get("enabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise invalid("`enabled` must be true or false.", [{"field": "enabled", "message": "must be true or false"}])
    name = text_field(body, "name") if "name" in body else None
    description = text_field(body, "description") if "description" in body else None
    return _one(await services.workflows.update(actor, workflow, name=name, description=description, enabled=enabled))


@delete("/api/workflows/{workflow:str}", opt=EDITOR, status_code=200)
async def delete_workflow(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.workflows.delete(actor, workflow)
    return answer({"ok": True})


@post("/api/workflows/{workflow:str}/duplicate", opt=EDITOR)
async def duplicate_workflow(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    return _one(await services.workflows.duplicate(actor, workflow), 201)


@get("/api/workflows/{workflow:str}/graph", opt=VIEWER)
async def get_graph(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    found = await services.workflows.get(actor, workflow)
    body = presenters.workflow(found)
    return answer(
        {key: body[key] for key in ("name", "blocks", "edges", "annotations", "revision", "problems") if key in body},
        headers={"ETag": f'"{found.revision}"'},
    )


@put("/api/workflows/{workflow:str}/graph", opt=DRAFT, request_max_body_size=GRAPH_BYTES)
async def put_graph(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    saved = await services.workflows.put_graph(actor, workflow, await read_json(request), read_if_match(request))
    problems = [told_problem(problem_json(problem)) for problem in saved.problems]
    body = {"ok": True, "blocks": saved.blocks, "edges": saved.edges, "revision": saved.revision, "problems": problems}
    return answer(body, headers={"ETag": f'"{saved.revision}"'})


@post("/api/workflows/{workflow:str}/deploy", opt=EDITOR)
async def deploy(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.activation.deploy(actor, workflow)
    return answer({"ok": True, "state": "deployed"})


@post("/api/workflows/{workflow:str}/undeploy", opt=EDITOR)
async def undeploy(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    await services.activation.undeploy(actor, workflow)
    return answer({"ok": True, "state": "internal"})


@post("/api/workflows/{workflow:str}/arm", opt=EDITOR)
async def arm(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer({"ok": True, "armed_until": presenters.moment(await services.activation.arm(actor, workflow))})


@get("/api/workflows/{workflow:str}/settings", opt=VIEWER)
async def get_settings(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer(presenters.settings(await services.workflow_settings.get(actor, workflow)))


@put("/api/workflows/{workflow:str}/settings", opt=EDITOR)
async def put_settings(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """Replaces all of them; what is left out has its default."""
    raw = await read_json(request, empty={})
    return answer(presenters.settings(await services.workflow_settings.put(actor, workflow, raw)))


@get("/api/workflows/{workflow:str}/refused-calls", opt=VIEWER)
async def list_refused_calls(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    """The last refused call of each of its webhooks, the newest first."""
    found = await services.workflows.get(actor, workflow)
    refused = await services.hooks.refusals.of_workflow(actor, found.id)
    return answer({"refused_calls": [presenters.refused_call(call) for call in refused]})


ROUTES = [
    list_workflows,
    create_workflow,
    get_workflow,
    update_workflow,
    delete_workflow,
    duplicate_workflow,
    get_graph,
    put_graph,
    deploy,
    undeploy,
    arm,
    get_settings,
    put_settings,
    list_refused_calls,
]
