"""The editor page and the fragments that its panels load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final
from urllib.parse import quote

from litestar import get, post
from litestar.response import Response

from app.describe import ConfigProblem, FormField, form, palette_entry, validate_config
from app.engine.config import check_source, sources
from app.engine.values import NotJson, decode
from app.sdk import Block, Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.services.executions import ExecutionSummary
from app.services.pages import MAX_SIZE, Paging
from app.services.surfaces import Surfaces
from app.services.workflows import Workflow
from app.web.assets import COMPRESSED, editor_modules
from app.web.auth import needs
from app.web.form_lint import code_problems
from app.web.form_policy import pinned_text, span_views
from app.web.form_views import field_views, flat, json_problems, surroundings, unplaced
from app.web.forms import Reading, read_block
from app.web.pages.context import AnyRequest, base_url, page, posted
from app.web.pages.filters import script_json
from app.web.pages.schedules import upcoming
from app.web.presenters import workflow as workflow_json
from app.web.spoken import spoken_entry, spoken_fields
from app.web.telling import told

VIEWER: Final = needs("workflows.read")
DEFAULTS: Final[Mapping[str, Json]] = {"name": "", "notes": "", "enabled": True, "config": {}}
RUN_IF: Final = FormField(
    "run_if",
    "expression",
    "Only when",
    "When it is not so, the data passes by without running the block. Empty: always.",
    placeholder="input.total > 100",
)
PAYLOAD_KEYS: Final = ("id", "name", "config", "notes", "enabled", "policy")


@get("/workflows/{workflow_id:str}", opt=VIEWER, middleware=[COMPRESSED])
async def editor_page(request: AnyRequest, workflow_id: str, actor: Actor, services: Services) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    execution_id = request.query_params.get("execution", "")
    execution = (await services.executions.get(actor, execution_id)).summary if execution_id else None
    past = await _as_it_ran(actor, services, workflow, execution)
    steps = await services.operations.undo_steps(actor, workflow.id)
    bootstrap = {
        "workflow": workflow_json(workflow if past is None else past),
        "palette": [_offered(block, services) for block in services.catalog],
        "csrf_token": actor.csrf_token,
        "execution": {"id": execution.id, "status": execution.status} if execution else None,
        "under_way": None if execution_id else await _under_way(actor, services, workflow.id),
        "base_url": base_url(request, services),
        "user_id": actor.user_id,
        "undo_steps": asdict(steps),
        "may_edit": past is None and actor.allows("workflows.draft"),
        "may_run": past is None and actor.allows("workflows.run"),
        "past": None if past is None else past.revision,
    }
    modules, content = editor_modules(), script_json(bootstrap)
    return page(request, "pages/editor.html", actor, workflow=workflow, past=past, modules=modules, bootstrap=content)


def _offered(block: Block, services: Services) -> dict[str, Json]:
    """A block as the palette offers it; operations of services are set apart."""
    entry = spoken_entry(palette_entry(block))
    return entry | {"service": True} if services.catalog.is_service(block.type) else entry


async def _under_way(actor: Actor, services: Services, workflow_id: str) -> str | None:
    """The newest execution that runs right now: a page that is opened again goes on showing it."""
    running = await services.executions.list(actor, Paging(size=1), status="running", workflow_id=workflow_id)
    return running.items[0].id if running.items else None


async def _as_it_ran(
    actor: Actor, services: Services, workflow: Workflow, execution: ExecutionSummary | None
) -> Workflow | None:
    """The workflow with the graph that an execution ran with, when that is not the newest one any more."""
    if execution is None or execution.workflow_id != workflow.id or execution.revision == workflow.revision:
        return None
    found = await services.history.revision(actor, workflow.id, execution.revision)
    return replace(workflow, revision=execution.revision, graph=found.graph, problems=())


@post("/workflows/{workflow_id:str}/form", opt=needs("workflows.preview"), status_code=200)
async def block_form(
    request: AnyRequest, workflow_id: str, actor: Actor, services: Services, surfaces: Surfaces
) -> Response[bytes]:
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
    webhook_id = reading.block["config"].get("webhook_id") if declared.type == "webhook" else None
    watch = await surfaces.watch_states.at(actor, workflow_id, str(block["id"])) if declared.watch else None
    return page(
        request,
        "forms/block.html",
        actor,
        watch=watch,
        refused=await services.hooks.refusals.last(actor, webhook_id) if isinstance(webhook_id, str) else None,
        address=f"{address}/form",
        available_address=f"{address}/blocks/{quote(block['id'], safe='')}/available",
        preview_address=f"{address}/blocks/{quote(block['id'], safe='')}/preview",
        **context,
    )


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
    found += code_problems(declared.type, config)
    found += json_problems(field_views(fields, config, surroundings(())), flat(config))
    found = [replace(problem, message=told(problem.message)) for problem in found]
    around = surroundings(
        found,
        base_url=url,
        credentials=offers.credentials,
        workflows=offers.workflows,
        rows=reading.rows,
        sample=offers.sample,
        conditions=reading.conditions,
    )
    views = field_views(spoken_fields(fields), config, around)
    run_if = field_views(spoken_fields((RUN_IF,)), {"run_if": policy_of(block).get("run_if", "")}, around, "policy")[0]
    of_policy = {problem.field: problem.message for problem in found if problem.field.startswith("policy.")}
    policy = {"timeout_ms": None, "on_error": "fail"} | policy_of(block)
    payload = {key: block[key] for key in PAYLOAD_KEYS if key in block}
    return {
        "block": block,
        "entry": declared,
        "views": views,
        "unplaced": unplaced(views, [problem for problem in found if not problem.field.startswith("policy.")]),
        "policy": policy,
        "run_if": run_if,
        "policy_problems": of_policy,
        "spans": span_views(policy, reading.policy_texts, of_policy),
        "pinned_text": pinned_text(policy, reading.policy_texts),
        "next_times": [] if found else upcoming(block),
        "payload": payload | {"problems": [_problem_json(problem) for problem in found]},
    }


def policy_of(block: Mapping[str, Json]) -> dict[str, Json]:
    """How the block is run, as far as it says."""
    policy = block.get("policy")
    return policy if isinstance(policy, dict) else {}


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
    credentials = await services.credentials.names_for(actor, workflow_id) if "credential" in kinds else []
    paging = Paging(size=MAX_SIZE, sort="name")
    workflows = [item.name for item in (await services.workflows.list(actor, paging)).items] if "workflow" in kinds else []
    sample = (await services.workflows.get(actor, workflow_id)).sample if "webhook_id" in kinds else None
    return Offers(tuple(credentials), tuple(workflows), sample)


def _kinds(fields: tuple[FormField, ...]) -> set[str]:
    return {field.kind for field in fields}.union(*(_kinds(field.fields) for field in fields))
