"""The operation log, the history and the live news of one workflow."""

from __future__ import annotations

import re

from litestar import Response, get, post, put
from litestar.response import Stream

from app.engine.graph import dump_graph
from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.services.history import Revision
from app.services.refusals import problem_json
from app.web import presenters
from app.web.api.workflows import DRAFT, GRAPH_BYTES, VIEWER, Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_json, read_object, read_paging, revision_number, text_field
from app.web.live import event_stream
from app.web.telling import told, told_problem


@post("/api/workflows/{workflow:str}/operations", opt=DRAFT, status_code=200, request_max_body_size=GRAPH_BYTES)
async def submit(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    done = await services.operations.submit(actor, workflow, await read_json(request))
    problems = [told_problem(problem_json(problem)) for problem in done.problems]
    return answer({"ok": True, "revision": done.revision, "again": done.again, "problems": problems})


@get("/api/workflows/{workflow:str}/operations", opt=VIEWER)
async def missed(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    after = _number(request.query_params.get("after", ""), "after")
    found = await services.operations.since(actor, workflow, after)
    return answer(found.as_json() | {"problems": [told_problem(problem_json(problem)) for problem in found.problems]})


@get("/api/workflows/{workflow:str}/revisions", opt=VIEWER)
async def list_revisions(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    page = await services.history.revisions(actor, workflow, read_paging(request))
    return answer(presenters.paged("revisions", page, [_revision(found) for found in page.items]))


@get("/api/workflows/{workflow:str}/revisions/{revision:str}", opt=VIEWER)
async def get_revision(workflow: str, revision: str, actor: Actor, services: Services) -> Response[bytes]:
    found = await services.history.revision(actor, workflow, revision_number(revision))
    return answer(_revision(found.revision) | dump_graph(found.graph))


@put("/api/workflows/{workflow:str}/revisions/{revision:str}", opt=DRAFT)
async def name_revision(workflow: str, revision: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    name = text_field(await read_object(request, "name"), "name")
    await services.history.name(actor, workflow, revision_number(revision), name)
    return answer({"ok": True})


@post("/api/workflows/{workflow:str}/revisions/{revision:str}/restore", opt=DRAFT, status_code=200)
async def restore_revision(workflow: str, revision: str, actor: Actor, services: Services) -> Response[bytes]:
    return answer({"ok": True, "revision": await services.history.restore(actor, workflow, revision_number(revision))})


@get("/api/workflows/{workflow:str}/undeployed", opt=VIEWER)
async def undeployed(workflow: str, actor: Actor, services: Services) -> Response[bytes]:
    """What the next Deploy would change, in words."""
    found = await services.history.undeployed(actor, workflow)
    changes: list[Json] = [{"text": told(one.text), "block_id": one.block_id, "revert": one.revert} for one in found]
    return answer({"changes": changes})


@get("/api/workflows/{workflow:str}/events", opt=VIEWER)
async def workflow_events(workflow: str, request: Incoming, actor: Actor, services: Services) -> Stream:
    """Executions that begin and end, changes of the graph and of the state, and who else is here."""
    found = await services.workflows.get(actor, workflow)
    news = services.execution_events.of_workflow(actor, found.id)
    client_id = request.query_params.get("client", "")[:64]
    return event_stream(services.presence.while_watching(actor, found.id, client_id, news) if client_id else news)


@post("/api/workflows/{workflow:str}/presence", opt=needs("workflows.preview"), status_code=200)
async def still_here(workflow: str, request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    """An editor's sign of life; nothing is stored."""
    client_id = text_field(await read_object(request, "client_id"), "client_id")
    services.presence.still_here(actor, workflow, client_id)
    return answer({"ok": True})


def _revision(found: Revision) -> dict[str, Json]:
    return {
        "revision": found.revision,
        "author": found.author,
        "message": found.message,
        "created_at": presenters.moment(found.created_at),
        "name": found.name,
        "words": list(found.words),
        "deployed": found.is_deployed,
    }


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise invalid(f"`{name}` must be a whole number.", [{"field": name, "message": "must be a whole number"}])
    return int(text)


ROUTES = [
    submit,
    missed,
    list_revisions,
    get_revision,
    name_revision,
    restore_revision,
    undeployed,
    workflow_events,
    still_here,
]
