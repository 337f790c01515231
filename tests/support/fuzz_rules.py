"""What no schema can say: languages, names of things that are there, and rules between parts of a body.

Made-up data is put right in these places alone, so that a server that does as its description says has to accept it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Body = Any
Known = Mapping[str, str]
PAYLOADS = frozenset({"variables", "input", "payload", "args", "value", "config", "output", "form"})
"""What stands in these is anybody's data."""
NOWHERE = "http://127.0.0.1:9/v1"
FLOW_TEXT = "name: made up\ntasks:\n  - name: hello\n    type: util.log\n    properties:\n      message: Hello\n"
CELLS = {"a": "x", "u": "y"}
"""A row of the known table."""
KEEPS_GRAPH = ("/execute", "/stream", "/runs", "/run", "/retry", "/cancel", "/deploy", "/undeploy", "/arm", "/duplicate")
"""What happens to a workflow so leaves its graph as it is; everything else happens to another one, so that this one can run."""


def target(method: str, path: str, name: str, known: Known) -> str:
    """The id of the thing that a made-up call is about."""
    if name in ("workflow", "flow") and method != "GET" and not path.endswith(KEEPS_GRAPH):
        return known["layered" if "/layers" in path else "changed"]
    if name == "table" and method == "PUT":
        return known["designed"]
    return known[name]


def put_right(name: str, body: Body, query: dict[str, Any], known: Known) -> Body:
    """The body of a call, for example of `POST /api/flows`, and what stands in its address."""
    fields = _fields(known)
    if name in ROWS and "sort" in query:
        query["sort"] = "-a" if str(query["sort"]).startswith("-") else "a"
    if name in ROWS and query.get("where"):
        query["where"] = '[{"column": "a", "operator": "not_empty"}]'
    if "from" in query:
        query["from"] = "start"
    if isinstance(body, dict) and "idempotencyKey" in body:
        body = body | {"idempotencyKey": None}
    found = _put_right(body, fields)
    return RULES[name](found, query) if name in RULES and body is not None else found


def _put_right(value: Body, fields: Mapping[str, Body]) -> Body:
    """JSON knows no whole numbers beside 1.0; we take 1 alone. Languages and ids stand in fields of their names."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list):
        return [_put_right(item, fields) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item if key in PAYLOADS else fields[key] if key in fields and item is not None else _put_right(item, fields)
        for key, item in value.items()
    }


def _fields(known: Known) -> dict[str, Body]:
    return {
        "appId": "util.log", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin", "yamlContent": FLOW_TEXT,
        "idempotency_key": "input.order", "run_if": "input.ok", "filters": "input.ok", "error_workflow": known["workflow"],
        "flowId": known["workflow"], "targetFlowIds": [known["workflow"]], "groupId": known["group"], "workflows": [],
        "people": [], "from_execution": known["execution"], "start_block": "start", "until": "end", "only": "end",
        "from": "start", "credential": "", "base_url": NOWHERE, "url": NOWHERE, "expiresAt": "2999-12-31T00:00:00Z",
    }  # fmt: skip


def _graph(body: Body, query: dict[str, Any]) -> Body:
    """Blocks have ids and types of their own, and an edge leads from one to a later one."""
    blocks = [block | {"id": f"b{number}", "type": "util.log"} for number, block in enumerate(body.get("blocks", []))]
    edges = [
        edge | {"source": "b0", "target": "b1", "sourceHandle": None, "targetHandle": None} for edge in body.get("edges", [])
    ]
    notes = [note | {"id": f"n{number}"} for number, note in enumerate(body.get("annotations", []))]
    shown = {"blocks": blocks, "edges": edges[: len(blocks) > 1], "annotations": notes}
    return body | {name: value for name, value in shown.items() if name in body}


def _run(body: Body, query: dict[str, Any]) -> Body:
    """A single block needs an execution to take its input from."""
    return {name: value for name, value in body.items() if name != "only"} if body.get("from_execution") is None else body


def _layer(body: Body, query: dict[str, Any]) -> Body:
    """A layer keeps its name in the graph."""
    return {name: value for name, value in body.items() if name != "ref"}


def _times(body: Body, query: dict[str, Any]) -> Body:
    """A schedule ends after it begins."""
    return {name: value for name, value in body.items() if name != "endAt"}


def _trigger(body: Body, query: dict[str, Any]) -> Body:
    """The configuration fits the type, which is told elsewhere when a trigger is changed."""
    config = body.get("config")
    if "type" in body:
        return (
            body | {"config": _times(_put_right(config, {"cron": "0 9 * * 1-5", "timezone": "UTC"}), query)} if config else body
        )
    return body | ({"config": {"event": "order.*"}} if config is not None else {})


def _settings(body: Body, query: dict[str, Any]) -> Body:
    """Failures are kept for longer than the rest."""
    kept = {name: value for name, value in body.get("retention", {}).items() if name != "failed_days"}
    return body | ({"retention": kept} if "retention" in body else {})


def _credential(body: Body, query: dict[str, Any]) -> Body:
    """Sources beside our own are there when the operator has set them up; a change names fields of the credential's type."""
    if "type" in body:
        return body | ({"source": "stored"} if "source" in body else {})
    return body | ({"data": {"token": "another"}} if "data" in body else {})


def _table(body: Body, query: dict[str, Any]) -> Body:
    """Names of columns are all different, values unique in columns of single values, and rows have the table's columns."""
    columns = [
        column | {"name": f"c{number}", "unique": False, "default": None, "required": False}
        for number, column in enumerate(body.get("columns", []))
    ]
    left = {name: value for name, value in body.items() if name != "renames"}
    return left | ({"columns": columns} if "columns" in body else {}) | ({"rows": []} if "rows" in body else {})


def _rows(body: Body, query: dict[str, Any]) -> Body:
    return body | {"rows": [CELLS]} | ({"column": "u"} if "column" in body else {})


def _found_rows(body: Body, query: dict[str, Any]) -> Body:
    where = [{"column": "a", "operator": "equals", "value": "x"} for _ in body["where"]]
    return body | {"where": where} | ({"values": {"a": "z"}} if "values" in body else {})


def _row(body: Body, query: dict[str, Any]) -> Body:
    return {"a": "x"}


def _file(body: Body, query: dict[str, Any]) -> Body:
    """The file is of the format that the address tells, and only an upsert compares a column."""
    query |= {"format": "csv"} | ({"column": "u"} if query.get("mode") == "upsert" or "column" in query else {})
    return b"a,u\nx,y\n"


def _imported(body: Body, query: dict[str, Any]) -> Body:
    if "nodes" in body:
        start = {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "position": [0, 0], "parameters": {}}
        return {"name": "of n8n", "nodes": [start], "connections": {}}
    settings = {"settings": _settings(body["settings"], query)} if body.get("settings") else {}
    return {"edges": [], "blocks": []} | _graph(body, query) | settings


Rule = Callable[[Body, dict[str, Any]], Body]
ROWS = ("GET /api/tables/{table}/rows",)
RULES: Mapping[str, Rule] = {
    "POST /api/workflows": _graph,
    "PUT /api/workflows/{workflow}/graph": _graph,
    "POST /api/workflows/{workflow}/execute": _run,
    "POST /api/workflows/{workflow}/execute/stream": _run,
    "PUT /api/workflows/{workflow}/settings": _settings,
    "POST /api/v1/flows/import": _imported,
    "POST /api/flows/{flow}/layers": _layer,
    "PUT /api/flows/{flow}/layers/{layer}": _layer,
    "POST /api/schedules": _times,
    "PUT /api/schedules/{schedule}": _times,
    "POST /api/v1/triggers": _trigger,
    "PUT /api/v1/triggers/{trigger}": _trigger,
    "POST /api/v1/credentials": _credential,
    "PUT /api/v1/credentials/{credential}": _credential,
    "POST /api/tables": _table,
    "PUT /api/tables/{table}": _table,
    "POST /api/tables/{table}/rows": _rows,
    "PATCH /api/tables/{table}/rows": _found_rows,
    "DELETE /api/tables/{table}/rows": _found_rows,
    "PATCH /api/tables/{table}/rows/{row}": _row,
    "POST /api/tables/{table}/import": _file,
}
