"""One of everything in a workspace, by the names that routes use for it: what nobody from another workspace may reach."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from uuid import uuid4

from tests.support.data import database
from tests.support.graphs import block
from tests.support.routes import Route
from tests.support.server import Client, ServerProcess

OTHER_NAMES = {"flow": "workflow", "play": "execution"}
COPILOT = "/api/copilot/"


def one_of_everything(client: Client, server: ServerProcess) -> dict[str, str]:
    """Ids by parameter; `copilot session` is not the session of somebody who has signed in."""
    asking = block("ask", "flow.gate", {"title": "May it go on?"})
    workflow = client.new(block("start", "starter"), asking, block("end", "response"), edges=["start>ask", "ask:approved>end"])
    execution = str(client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"])
    client.wait_for(execution, "waiting")
    [approval] = [item["id"] for item in client.get("/api/v1/approvals").json()["data"] if item["executionId"] == execution]
    me = client.get("/api/auth/me").json()["user"]
    session = next(item["id"] for item in client.get("/api/auth/sessions").json()["sessions"] if item["current"])
    return {
        "workflow": workflow,
        "execution": execution,
        "approval": approval,
        "workspace": me["workspace_id"],
        "member": me["id"],
        "session": session,
        "block_id": "ask",
        "part": "output",
        "revision": "1",
        "row": "1",
        **_made(client, workflow, me["workspace_id"]),
        **_conversation(client, server, workflow),
    }


def _made(client: Client, workflow: str, workspace: str) -> dict[str, str]:
    mark = uuid4().hex[:8]

    def made(path: str, **body: object) -> str:
        answer = client.post(path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
        found = answer.json()
        return str((found.get("data") or found)["id"])

    endpoint = made("/api/v1/webhook-endpoints", url="http://127.0.0.1:9/x", events=["run.failed"])
    assert client.post(f"/api/v1/webhook-endpoints/{endpoint}/test").status_code < 300
    [delivery] = client.get(f"/api/v1/webhook-endpoints/{endpoint}/deliveries").json()["data"]
    return {
        "key": made("/api/auth/api-keys", name="Foreign", scopes=["kv"]),
        "credential": made("/api/v1/credentials", name=f"M_{mark.upper()}", type="value", data={"value": f"f0reign-{mark}"}),
        "table": made("/api/tables", name=f"M {mark}", columns=[{"name": "word"}], rows=[{}]),
        "endpoint": endpoint,
        "delivery": delivery["id"],
        "invitation": made(f"/api/workspaces/{workspace}/invitations", role="viewer"),
        "trigger": made("/api/v1/triggers", flowId=workflow, type="schedule", config={"cron": "0 9 * * 1-5"}),
        "schedule": made("/api/schedules", flowId=workflow, intervalSeconds=3_600),
        "channel": made("/api/channels", name=f"m-{mark}", authMode="public"),
        "group": made("/api/groups", name=f"M {mark}"),
        "entry": made("/api/kv", key=f"m-{mark}", value=1),
        "input_id": made(f"/workflows/{workflow}/test-inputs", name=f"M {mark}", input={}),
        "layer": "ask",
    }


MESSAGE = (
    "INSERT INTO copilot_messages SELECT ?, workspace_id, id, 1, 'user', 'done', 1, x'00', created_at"
    " FROM copilot_sessions WHERE id = ?"
)
PROPOSAL = (
    "INSERT INTO copilot_proposals SELECT ?, workspace_id, id, ?, 1, 'open', x'00', created_at, NULL"
    " FROM copilot_sessions WHERE id = ?"
)


def _conversation(client: Client, server: ServerProcess, workflow: str) -> dict[str, str]:
    """With the copilot; what was said is written straight into the database, for no model is there."""
    session = str(client.post(f"/api/workflows/{workflow}/copilot/sessions").json()["id"])
    message, proposal = str(uuid4()), str(uuid4())
    with closing(sqlite3.connect(database(server), timeout=10)) as connection, connection:
        connection.execute(MESSAGE, (message, session))
        connection.execute(PROPOSAL, (proposal, message, session))
    return {"copilot session": session, "message": message, "proposal": proposal}


def unknown_in(route: Route, foreign: Mapping[str, str]) -> list[str]:
    """The parameters of a route that stand for nothing that was made."""
    return [name for name in route.parameters if _found(route, name, foreign) is None]


def values_of(route: Route, foreign: Mapping[str, str]) -> dict[str, str]:
    """What stands for the parameters of a route; made up where nothing was made."""
    return {name: _found(route, name, foreign) or str(uuid4()) for name in route.parameters}


def _found(route: Route, parameter: str, foreign: Mapping[str, str]) -> str | None:
    if parameter == "session" and route.path.startswith(COPILOT):
        return foreign["copilot session"]
    plain = parameter.removesuffix("_id")
    return foreign.get(parameter) or foreign.get(OTHER_NAMES.get(plain, plain))
