"""The Run dialog of the editor, and the inputs that are kept to try a workflow with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar import delete, get, post
from litestar.response import Response

from app.engine.values import encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.pages import Paging
from app.services.surfaces import Surfaces
from app.services.test_inputs import TestInput
from app.services.workflows import Workflow
from app.web.auth import needs
from app.web.bodies import read_object, text_field
from app.web.pages.context import AnyRequest, page
from app.web.run_form import chosen, entries

RECENT: Final = 10
RUN: Final = needs("workflows.run")
DRAFT: Final = needs("workflows.draft")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the form can be filled in from; `id` is `test:<id>` or `execution:<id>`."""

    id: str
    label: str
    chosen: bool = False


@get("/workflows/{workflow_id:str}/run", opt=RUN)
async def run_form(
    request: AnyRequest, workflow_id: str, actor: Actor, services: Services, surfaces: Surfaces
) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    tests = await surfaces.test_inputs.list(actor, workflow.id)
    asked = request.query_params.get("data", "")
    given, start = await _given(actor, services, workflow, tests, asked)
    last = await services.executions.get(actor, workflow.last_execution_id) if workflow.last_execution_id else None
    found = entries(workflow.graph, services.catalog.get, last.input if last else None, workflow.sample, given)
    return page(
        request,
        "forms/run.html",
        actor,
        workflow_id=workflow.id,
        entries=found,
        entry=chosen(found, request.query_params.get("start", "") or start),
        test=next((one for one in tests if asked == f"test:{one.id}"), None),
        tests=[Source(f"test:{one.id}", one.name, asked == f"test:{one.id}") for one in tests],
        recent=await _recent(actor, services, workflow, asked),
        pins=sum(block.policy.pinned is not None for block in workflow.graph.blocks),
    )


@post("/workflows/{workflow_id:str}/test-inputs", opt=DRAFT)
async def keep_input(workflow_id: str, request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """`{"name": ..., "input": {...}, "start_block": ...}`; one with this name is replaced."""
    body = await read_object(request, "name", "input", "start_block")
    name, start = text_field(body, "name"), text_field(body, "start_block", "")
    kept = await surfaces.test_inputs.put(actor, workflow_id, name, body.get("input"), start)
    return Response(encode({"id": kept.id, "name": kept.name}), media_type="application/json", status_code=201)


@delete("/workflows/{workflow_id:str}/test-inputs/{input_id:str}", opt=DRAFT)
async def delete_input(workflow_id: str, input_id: str, actor: Actor, surfaces: Surfaces) -> None:
    await surfaces.test_inputs.delete(actor, workflow_id, input_id)


async def _given(
    actor: Actor, services: Services, workflow: Workflow, tests: Sequence[TestInput], asked: str
) -> tuple[dict[str, Json] | None, str]:
    """What the form is filled in with, and the trigger that it is for."""
    kind, _, wanted = asked.partition(":")
    if kind == "test":
        found = next((one for one in tests if one.id == wanted), None)
        return (found.input, found.start_block) if found else (None, "")
    if kind == "execution":
        detail = await services.executions.get(actor, wanted)
        same = detail.summary.workflow_id == workflow.id and isinstance(detail.input, dict)
        return (detail.input if same else None), ""
    return None, ""


async def _recent(actor: Actor, services: Services, workflow: Workflow, asked: str) -> list[Source]:
    """What came in lately, calls of webhooks among it."""
    if not actor.allows("executions.read"):
        return []
    listed = await services.executions.list(actor, Paging(size=RECENT), "", workflow.id)
    return [
        Source(id := f"execution:{one.id}", f"{one.trigger}, {one.created_at:%d %b %H:%M:%S} ({one.status})", asked == id)
        for one in listed.items
    ]
