"""The editor page and the fragments that its panels load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from litestar import get, post
from litestar.response import Response, Template

from app.describe import ConfigProblem, FormField, form, palette_entry, validate_config
from app.engine.config import check_source, sources
from app.engine.values import NotJson, decode
from app.sdk import Block, Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.services.executions import ExecutionDetail
from app.services.pages import MAX_SIZE, Paging
from app.services.workflows import Workflow
from app.web.auth import needs
from app.web.available import available
from app.web.form_views import field_views, flat, json_problems, surroundings, unplaced
from app.web.forms import Reading, read_block
from app.web.pages.context import AnyRequest, base_url, page, posted
from app.web.pages.filters import script_json
from app.web.pages.retries import retry_of_block
from app.web.presenters import workflow as workflow_json
from app.web.run_form import chosen, entries
from app.web.waiting_steps import waiting_steps

VIEWER: Final = needs("workflows.read")
DEFAULTS: Final[Mapping[str, Json]] = {"name": "", "notes": "", "enabled": True, "config": {}}
PAYLOAD_KEYS: Final = ("id", "name", "config", "notes", "enabled", "policy")


@get("/workflows/{workflow_id:str}", opt=VIEWER)
async def editor_page(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    execution_id = request.query_params.get("execution", "")
    execution = (await services.executions.get(actor, execution_id)).summary if execution_id else None
    steps = await services.operations.undo_steps(actor, workflow.id)
    bootstrap = {
        "workflow": workflow_json(workflow),
        "palette": [palette_entry(block) for block in services.catalog],
        "csrf_token": actor.csrf_token,
        "execution": {"id": execution.id, "status": execution.status} if execution else None,
        "base_url": base_url(request, services),
        "user_id": actor.user_id,
        "undo_steps": asdict(steps),
    }
    return page(request, "pages/editor.html", actor, workflow=workflow, bootstrap=script_json(bootstrap))


@post("/workflows/{workflow_id:str}/form", opt=needs("workflows.preview"), status_code=200)
async def block_form(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Response[bytes]:
    """The settings form of a block as the canvas has it, or after an edit of the form; nothing is stored."""
    sent = await posted(request)
    block = _posted_block(dict(sent).get("block", ""))
    declared = services.catalog.get(str(block.get("type")))
    if declared is None:
        return page(request, "forms/unknown_block.html", actor, type=block.get("type"))
    fields = form(declared)
    edited = any(name == "_edit" for name, _ in sent)
    reading = read_block(fields, sent, block) if edited else Reading(block)
    offers = await _offers(actor, services, workflow_id, fields)
    context = _form_context(declared, fields, reading, base_url(request, services), offers)
    context["payload"]["edited"] = edited
    address = f"/workflows/{workflow_id}"
    return page(
        request,
        "forms/block.html",
        actor,
        address=f"{address}/form",
        available_address=f"{address}/blocks/{block['id']}/available",
        **context,
    )


@get("/workflows/{workflow_id:str}/blocks/{block_id:str}/available", opt=VIEWER)
async def available_values(
    request: AnyRequest, workflow_id: str, block_id: str, actor: Actor, services: Services
) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    last = await _last(actor, services, workflow)
    outputs = {step.block_id: step.output for step in last.steps if step.status == "completed"} if last else {}
    values = available(workflow.graph, block_id, last.input if last else workflow.sample, outputs)
    return page(request, "forms/available.html", actor, available=values)


@get("/workflows/{workflow_id:str}/run", opt=needs("workflows.run"))
async def run_form(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    last = await _last(actor, services, workflow)
    found = entries(workflow.graph, services.catalog.get, last.input if last else None, workflow.sample)
    entry = chosen(found, request.query_params.get("start", ""))
    return page(request, "forms/run.html", actor, workflow_id=workflow.id, entries=found, entry=entry)


@get("/workflows/{workflow_id:str}/executions/{execution_id:str}/blocks/{block_id:str}", opt=VIEWER)
async def step_panel(
    request: AnyRequest, workflow_id: str, execution_id: str, block_id: str, actor: Actor, services: Services
) -> Template:
    """What one block received and gave in one execution."""
    detail = await services.executions.get(actor, execution_id)
    step = next((step for step in detail.steps if step.block_id == block_id and detail.summary.workflow_id == workflow_id), None)
    waiting = await waiting_steps(actor, services, detail, base_url(request, services))
    offer = await retry_of_block(actor, services, detail, block_id) if step else None
    return page(request, "partials/step_panel.html", actor, execution=detail.summary, step=step, waiting=waiting, retry=offer)


def _posted_block(text: str) -> dict[str, Json]:
    try:
        block = decode(text)
    except NotJson as error:
        raise invalid(f"`block`: {error}.") from None
    if not isinstance(block, dict) or not isinstance(block.get("id"), str) or not isinstance(block.get("type"), str):
        raise invalid("`block` must be an object with an id and a type.")
    config = block.get("config")
    return {**DEFAULTS, **block, "config": config if isinstance(config, dict) else {}}


def _form_context(
    declared: Block,
    fields: tuple[FormField, ...],
    reading: Reading,
    url: str,
    offers: Offers,
) -> dict[str, Json]:
    block = reading.block
    config = block["config"]
    found = [*validate_config(declared, config), *_source_problems(declared, config), *reading.problems]
    found += json_problems(field_views(fields, config, surroundings(())), flat(config))
    around = surroundings(
        found,
        base_url=url,
        credentials=offers.credentials,
        workflows=offers.workflows,
        rows=reading.rows,
        sample=offers.sample,
    )
    views = field_views(fields, config, around)
    of_policy = next((problem.message for problem in found if problem.field.startswith("policy.")), "")
    policy = {"timeout_ms": None, "on_error": "fail"} | (block["policy"] if isinstance(block.get("policy"), dict) else {})
    stored_timeout = "" if policy["timeout_ms"] is None else str(policy["timeout_ms"])
    payload = {key: block[key] for key in PAYLOAD_KEYS if key in block}
    return {
        "block": block,
        "entry": declared,
        "views": views,
        "unplaced": unplaced(views, [problem for problem in found if not problem.field.startswith("policy.")]),
        "policy": policy,
        "policy_problem": of_policy,
        "timeout_text": stored_timeout if reading.timeout_text is None else reading.timeout_text,
        "payload": payload | {"problems": [_problem_json(problem) for problem in found]},
    }


def _source_problems(declared: Block, config: dict[str, Json]) -> list[ConfigProblem]:
    """Templates and conditions that do not compile; an empty condition is already a problem of the configuration."""
    checked = [(source.place, check_source(source)) for source in sources(declared, config) if source.text.strip()]
    return [ConfigProblem(place, error.message[:1].upper() + error.message[1:]) for place, error in checked if error is not None]


def _problem_json(problem: ConfigProblem) -> dict[str, Json]:
    return {"field": problem.field, "message": problem.message}


@dataclass(frozen=True, slots=True)
class Offers:
    """What fields of a form offer: names to choose from, and what a caller of a webhook might send."""

    credentials: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    sample: Json = None


async def _offers(actor: Actor, services: Services, workflow_id: str, fields: tuple[FormField, ...]) -> Offers:
    """Looked up only where there are fields that need it."""
    kinds = _kinds(fields)
    credentials = [item.name for item in await services.credentials.list(actor)] if "credential" in kinds else []
    paging = Paging(size=MAX_SIZE, sort="name")
    workflows = [item.name for item in (await services.workflows.list(actor, paging)).items] if "workflow" in kinds else []
    sample = (await services.workflows.get(actor, workflow_id)).sample if "webhook_id" in kinds else None
    return Offers(tuple(credentials), tuple(workflows), sample)


def _kinds(fields: tuple[FormField, ...]) -> set[str]:
    return {field.kind for field in fields}.union(*(_kinds(field.fields) for field in fields))


async def _last(actor: Actor, services: Services, workflow: Workflow) -> ExecutionDetail | None:
    return await services.executions.get(actor, workflow.last_execution_id) if workflow.last_execution_id else None
