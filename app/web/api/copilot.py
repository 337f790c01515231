"""The copilot: conversations, answers as server-sent events, proposals, and the model behind it (contract.md A236)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from litestar import Response, delete, get, post, put
from litestar.response import Stream

from app.engine.graph import dump_graph
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.service import read_wish
from app.services.copilot.turns import Turn
from app.services.errors import invalid
from app.services.surfaces import Surfaces
from app.web import presenters
from app.web.api.workflows import DRAFT, VIEWER, Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_object, text_field
from app.web.copilot_views import proposal_json, talk_json, told_events
from app.web.live import event_stream, last_event_id
from app.web.telling import told
from app.web.translation import said

ASK = needs("copilot.ask")
ADMIN = needs("settings.write")
WISH = ("message", "intent", "block_id", "execution_id")
MODEL = (
    "provider", "base_url", "model", "credential", "input_price", "output_price", "daily_tokens", "daily_cost", "shares_values",
)  # fmt: skip
MOST_TEMPLATES = 6
CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{0,64}")


@get("/api/workflows/{workflow:str}/copilot/sessions", opt=ASK)
async def list_sessions(workflow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    conversations = surfaces.copilot.conversations
    sessions = [
        {"id": one.id, "title": conversations.title(one), "updated_at": presenters.moment(one.updated_at)}
        for one in await conversations.of_workflow(actor, workflow)
    ]
    return answer({"sessions": sessions})


@post("/api/workflows/{workflow:str}/copilot/sessions", opt=ASK)
async def begin_session(workflow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    made = await surfaces.copilot.conversations.begin(actor, workflow)
    return answer({"id": made.id, "title": "", "workflow_id": made.workflow_id}, 201)


@get("/api/copilot/sessions/{session:str}", opt=ASK)
async def get_session(session: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer(talk_json(await surfaces.copilot.talk(actor, session)))


@delete("/api/copilot/sessions/{session:str}", opt=ASK, status_code=200)
async def delete_session(session: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.copilot.delete(actor, session)
    return answer({"ok": True})


@post("/api/copilot/sessions/{session:str}/chat", opt=ASK, status_code=200)
async def chat(session: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Stream:
    """Ask something. The answer goes on when nobody watches; `.../events` takes it up again."""
    body = await read_object(request, *WISH)
    return _watched(await surfaces.copilot.ask(actor, session, read_wish(body)))


@get("/api/copilot/sessions/{session:str}/events", opt=ASK)
async def events(session: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Stream:
    turn = await surfaces.copilot.watch(actor, session)
    return _watched(turn, last_event_id(request))


@post("/api/copilot/sessions/{session:str}/stop", opt=ASK, status_code=200)
async def stop(session: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer({"ok": True, "stopped": await surfaces.copilot.stop(actor, session)})


@post("/api/copilot/messages/{message:str}/retry", opt=ASK, status_code=200)
async def retry(message: str, actor: Actor, surfaces: Surfaces) -> Stream:
    """Answer a question once more; what came after it is taken back."""
    return _watched(await surfaces.copilot.ask_again(actor, message))


@put("/api/copilot/messages/{message:str}", opt=ASK)
async def edit(message: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Stream:
    """Ask the same in other words; what came after it is taken back."""
    text = text_field(await read_object(request, "message"), "message")
    return _watched(await surfaces.copilot.ask_again(actor, message, text))


@get("/api/copilot/messages/{message:str}/snapshot", opt=DRAFT)
async def snapshot(message: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """The graph as it was when the message was said."""
    said, graph = await surfaces.copilot.snapshot(actor, message)
    return answer({"revision": said.revision, **dump_graph(graph)})


@post("/api/copilot/messages/{message:str}/restore", opt=DRAFT, status_code=200)
async def restore(message: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return answer({"ok": True, "revision": await surfaces.copilot.restore(actor, message)})


# -- proposals -------------------------------------------------------------------------------------------------------------


@get("/api/copilot/proposals/{proposal:str}", opt=ASK)
async def get_proposal(proposal: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """How a proposal stands on the newest revision."""
    return answer(proposal_json((await surfaces.copilot.decisions.look(actor, proposal)).as_json()))


@post("/api/copilot/proposals/{proposal:str}/accept", opt=DRAFT, status_code=200)
async def accept(proposal: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "changes", "client_id")
    client_id = text_field(body, "client_id", "")
    if not CLIENT_ID.fullmatch(client_id):
        raise invalid("`client_id` must be an id.", [{"field": "client_id", "message": "must be an id"}])
    done = await surfaces.copilot.decisions.accept(actor, proposal, _changes(body), client_id)
    return answer(done.as_json() | {"proposal": proposal_json(done.standing.as_json())})


@post("/api/copilot/proposals/{proposal:str}/reject", opt=DRAFT, status_code=200)
async def reject(proposal: str, request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, "changes")
    return answer(proposal_json((await surfaces.copilot.decisions.reject(actor, proposal, _changes(body))).as_json()))


def _changes(body: dict[str, Json]) -> Sequence[int] | None:
    """Which changes are meant; None for all that are open."""
    changes = body.get("changes")
    if changes is None:
        return None
    if not isinstance(changes, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in changes):
        raise invalid("`changes` must be a list of numbers.", [{"field": "changes", "message": "must be a list of numbers"}])
    return changes[:1_000]


# -- the model -------------------------------------------------------------------------------------------------------------


@get("/api/copilot/model", opt=ASK)
async def get_model(actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Whether there is a model, and what one has used of it today."""
    models = surfaces.copilot.models
    chosen = await models.chosen(actor.workspace_id)
    if chosen is None:
        return answer({"ready": False, "may_set_up": actor.allows("settings.write")})
    spending = (await models.spending(actor, chosen)).as_json()
    told = {"ready": True, "provider": chosen.settings.provider, "model": chosen.settings.model, "spending": spending}
    settings = chosen.settings.model_dump(mode="json") if actor.allows("settings.write") and not chosen.of_server else None
    return answer({**told, "may_set_up": actor.allows("settings.write"), "settings": settings})


@put("/api/copilot/model", opt=ADMIN)
async def put_model(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, *MODEL, "api_key")
    key = text_field(body, "api_key", "")
    saved = await surfaces.copilot.models.save(actor, {name: body[name] for name in MODEL if name in body}, key)
    return answer({"ok": True, "settings": saved.model_dump(mode="json")})


@delete("/api/copilot/model", opt=ADMIN, status_code=200)
async def delete_model(actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    await surfaces.copilot.models.forget(actor)
    return answer({"ok": True})


@post("/api/copilot/model/test", opt=ADMIN, status_code=200)
async def test_model(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    body = await read_object(request, *MODEL, "api_key")
    key = text_field(body, "api_key", "")
    trial = await surfaces.copilot.models.try_out(actor, {name: body[name] for name in MODEL if name in body}, key)
    return answer({"works": trial.works, "message": told(trial.message)})


@get("/api/copilot/templates", opt=VIEWER)
async def find_templates(request: Incoming, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    """Ready-made workflows that fit some words; needs no model."""
    words = request.query_params.get("q", "")[:500]
    found = surfaces.copilot.build_tools.templates(words, MOST_TEMPLATES)
    templates = [
        {"name": one.name, "title": said(one.title), "description": said(one.description), "needs": list(one.needs)}
        for one in found
    ]
    return answer({"templates": templates})


# -- shown -----------------------------------------------------------------------------------------------------------------


def _watched(turn: Turn, after: int = 0) -> Stream:
    return event_stream(told_events(turn.watch(after)))


ROUTES = [
    list_sessions,
    begin_session,
    get_session,
    delete_session,
    chat,
    events,
    stop,
    retry,
    edit,
    snapshot,
    restore,
    get_proposal,
    accept,
    reject,
    get_model,
    put_model,
    delete_model,
    test_model,
    find_templates,
]
