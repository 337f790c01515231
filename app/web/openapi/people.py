"""Signing in, keys, workspaces, health and calls from outside in the OpenAPI description."""

from __future__ import annotations

from app.services.permissions import ROLES, SCOPES
from app.web.openapi.calls import Answer, Body, Call, Parameter, Tables, made, ok
from app.web.openapi.kinds import ANY, EMAIL, FLAG, ID, MOMENT, NETWORK, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.parts import listing
from app.web.openapi.shapes import asked, either, many, maybe, needed, one_of, ref, text, thing, title
from app.web.openapi.streams import streamed

ROLE = one_of(*ROLES)
PASSWORD = text("correct horse battery", least=10, most=1_000)
USER = thing(id=ID, username=TEXT, email=TEXT, role=ROLE, workspace_id=ID)
MEMBER = thing(id=ID, username=TEXT, email=TEXT, role=ROLE)
KEY_FIELDS: dict[str, Schema] = {
    "id": ID, "name": TEXT, "hint": text("by_live_abcd"), "scopes": many(one_of(*SCOPES)), "addresses": many(TEXT), "owner": TEXT,
    "createdAt": MOMENT, "expiresAt": maybe(MOMENT), "lastUsedAt": maybe(MOMENT), "lastUsedFrom": TEXT,
}  # fmt: skip
SESSION = thing(
    id=ID, kind=TEXT, current=FLAG, address=maybe(TEXT), user_agent=maybe(TEXT), created_at=MOMENT, seen_at=maybe(MOMENT),
    expires_at=MOMENT,
)  # fmt: skip
SCHEMAS: dict[str, Schema] = {
    "User": USER,
    "ApiKey": thing(**KEY_FIELDS),
    "Session": SESSION,
    "Workspace": thing(id=ID, name=TEXT, role=ROLE, current=FLAG, createdAt=MOMENT),
}
OK = thing(ok=FLAG)
SIGN_IN = either(
    {
        "type": "object",
        "required": ["password"],
        "properties": {"email": TEXT, "username": TEXT, "password": TEXT, "code": text("123456")},
    },
    {"required": ["email"]},
    {"required": ["username"]},
)
SIGN_IN_BODY = Body(SIGN_IN, {"email": "you@example.com", "password": "correct horse battery"})
USERNAME = text("ada", pattern="^[A-Za-z0-9._-]{2,64}$")
ACCOUNT: dict[str, Schema] = {"username": USERNAME, "password": PASSWORD}
ACCOUNT_EXAMPLE = {"username": "ada", "password": "correct horse battery", "role": "viewer"}
ANSWERED = {200: Answer(ANY, words="What the workflow answers; its own status and content type come before this one")}
HOOK_PATHS = {"webhook_id": {"type": "string", "format": "uuid"}}
CALLED = Call(ANSWERED, Body(ANY, {"order": 7}, needed=False), refusals=(401, 403, 409, 429, 500, 504), paths=HOOK_PATHS)
ASKED = Call(ANSWERED, refusals=(401, 403, 409, 429, 500, 504), paths=HOOK_PATHS)
METRICS = Call({200: Answer(TEXT, "text/plain", "Prometheus' text format")}, refusals=(401,))
MCP_CALL: Schema = {
    "anyOf": [
        needed(jsonrpc={"const": "2.0"}, method=text("ping", least=1)),
        needed(method=one_of("tools/list")) | {"not": {"required": ["jsonrpc"]}},
        needed(method=one_of("tools/call"), name=TEXT) | {"not": {"required": ["jsonrpc"]}},
    ],
    "description": "A message of the protocol (JSON-RPC), or the short form; tools and their arguments are told by `tools/list`.",
}
RPC_ERROR: Schema = {
    "type": "object",
    "required": ["jsonrpc", "error"],
    "properties": {"jsonrpc": {"const": "2.0"}, "id": {}, "error": OBJECT},
}
NAMED = Body(asked({"name": title("Sales", most=100)}), {"name": "Sales"})
TOKEN = Parameter("token", "The secret, where no `Authorization` header can be sent", TEXT)

CALLS: Tables = {
    "POST /api/auth/login": Call(ok(thing(user=ref("User"), csrf_token=TEXT)), SIGN_IN_BODY, refusals=(401, 429)),
    "POST /auth/login": Call(ok(thing(token=TEXT, expiresAt=MOMENT, user=ref("User"))), SIGN_IN_BODY, refusals=(401, 429)),
    "POST /auth/register": Call(
        made(MEMBER), Body(asked(ACCOUNT, email=EMAIL, role=ROLE, setup_token=TEXT), ACCOUNT_EXAMPLE),
        refusals=(401, 403, 409, 429),
    ),
    "POST /api/auth/logout": Call(ok(OK)),
    "GET /api/auth/me": Call(ok(thing(user=ref("User"), csrf_token=TEXT))),
    "GET /api/auth/sessions": Call(ok(thing(sessions=many(ref("Session"))))),
    "DELETE /api/auth/sessions/{session}": Call(ok(OK)),
    "POST /api/auth/api-keys": Call(
        made(thing(**KEY_FIELDS, token=text("by_live_..."))),
        Body(
            asked(
                {"name": title("ci", most=100), "scopes": many(one_of(*SCOPES), 1, 100)}, addresses=many(NETWORK, most=20),
                expiresAt=maybe(MOMENT),
            ),
            {"name": "ci", "scopes": ["flows:read", "flows:run"]},
        ),
        refusals=(409,),
    ),
    "GET /api/auth/api-keys": Call(ok(listing(ref("ApiKey")))),
    "DELETE /api/auth/api-keys/{key}": Call(ok(OK)),
    "GET /api/workspaces": Call(ok(listing(ref("Workspace")))),
    "POST /api/workspaces": Call(made(ref("Workspace")), NAMED, refusals=(409,)),
    "POST /api/workspaces/{workspace}/switch": Call(ok(OK)),
    "GET /api/workspaces/{workspace}/members": Call(
        ok(listing(thing(id=ID, username=TEXT, email=TEXT, role=ROLE, disabled=FLAG, two_step=FLAG)))
    ),
    "POST /api/workspaces/{workspace}/members": Call(
        made(MEMBER), Body(asked(ACCOUNT, email=EMAIL, role=ROLE), ACCOUNT_EXAMPLE), refusals=(409,)
    ),
    "PUT /api/workspaces/{workspace}/members/{member}": Call(
        ok(OK), Body(asked({"role": ROLE}), {"role": "editor"}), refusals=(409,)
    ),
    "DELETE /api/workspaces/{workspace}/members/{member}": Call(ok(OK), refusals=(409,)),
    "POST /api/workspaces/{workspace}/invitations": Call(
        made(thing(id=ID, role=ROLE, email=TEXT, expiresAt=MOMENT, link=TEXT, mailed=FLAG)),
        Body(asked(email=EMAIL, role=ROLE), {"email": "ada@example.com", "role": "editor"}, False), refusals=(409,),
    ),
    "GET /healthz": Call(ok(thing(status=one_of("ok")))),
    "GET /readyz": Call(ok(thing(status=one_of("ready"))), refusals=(503,)),
    "GET /api/health": Call(
        {
            status: Answer(
                {
                    "type": "object",
                    "required": ["status"],
                    "properties": {
                        "status": one_of("ok", "error"), "database": thing(integrity=TEXT, checked_at=MOMENT),
                        "executions": thing(running=WHOLE), "uptime_seconds": WHOLE,
                    },
                },
                words=words,
            )
            for status, words in ((200, "The server works"), (503, "The database does not answer, or is damaged"))
        }
    ),
    "GET /metrics": METRICS,
    "GET /api/metrics": METRICS,
    "GET /api/schema/workflow.json": Call(ok(OBJECT)),
    "POST /api/v1/webhook/{key}": CALLED,
    **{
        f"{method} {path}": CALLED if method in ("POST", "PUT", "PATCH") else ASKED
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for path in ("/api/webhooks/{webhook_id}", "/webhooks/{workflow}", "/c/{channel}", "/c/{channel}/{path}")
    },
    "GET /api/mcp": Call(streamed("What the protocol's server sends by itself")),
    "POST /api/mcp": Call(
        {
            200: Answer(OBJECT, words="The answer; in `data` for the short form"),
            202: Answer(ANY, "", "Taken; a notification has no answer"),
            400: Answer({"anyOf": [ref("Error"), RPC_ERROR]}, words="Something in the request is wrong"),
        },
        Body(MCP_CALL, {"method": "tools/call", "name": "trigger_run", "arguments": {"flowId": "my-workflow"}}),
        refusals=(409, 412, 422, 503, 504),
    ),
}  # fmt: skip
