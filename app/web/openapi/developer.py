"""The developer surface in the OpenAPI description: `/api/v1` (contract.md)."""

from __future__ import annotations

from app.formats.forms import FORMS
from app.services.credential_types import TYPES as CREDENTIAL_TYPES
from app.services.texts import LINE
from app.services.triggers import TYPES as TRIGGER_TYPES
from app.web.api.developer.executions import STATUSES as WORDS
from app.web.openapi.calls import STREAM, Answer, Body, Call, Parameter, Tables, accepted, made, ok
from app.web.openapi.credentials import CREDENTIAL_NAME, SECRETS, SHARING, new_credential
from app.web.openapi.kinds import ANY, FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.parts import AFTER, IDEMPOTENCY, IF_MATCH, STEP_ERROR, going_on, listing, paging, single
from app.web.openapi.shapes import asked, either, line, many, mapping, maybe, needed, one_of, ref, text, thing, whole, with_fields
from app.web.openapi.studio import DESCRIPTION, MODE, NAME, NUMBERED, SENT_GRAPH, STATE, STATUS
from app.web.openapi.triggers import NEW_TRIGGER, TRIGGER_CONFIG

HELLO = "name: my-workflow\ntasks:\n  - name: hello\n    type: util.log\n    properties:\n      message: Hello world\n"
LABEL = line("production", most=100)
HEAD: dict[str, Schema] = {
    "id": ID, "name": NAME, "description": TEXT, "status": STATE, "mode": MODE, "enabled": FLAG, "armedUntil": maybe(MOMENT),
    "revision": WHOLE, "createdAt": MOMENT, "updatedAt": MOMENT, "namespace": TEXT, "category": TEXT, "groupId": maybe(TEXT),
}  # fmt: skip
EXECUTION_FIELDS: dict[str, Schema] = {
    "id": ID, "flowId": ID, "flowName": TEXT, "revision": WHOLE, "status": STATUS, "mode": MODE, "trigger": text("api"),
    "parentId": maybe(TEXT), "retryOf": maybe(TEXT), "createdAt": MOMENT, "startedAt": maybe(MOMENT), "finishedAt": maybe(MOMENT),
    "durationMs": maybe(WHOLE),
}  # fmt: skip
WORD = one_of(*WORDS)
STEP = thing(
    id=TEXT, name=TEXT, type=TEXT, iteration=TEXT, status=text("completed"), duration=maybe(WHOLE), startedAt=maybe(MOMENT),
    finishedAt=maybe(MOMENT), attempts=WHOLE, error=STEP_ERROR, output=ANY,
)  # fmt: skip
TASK = thing(
    taskName=TEXT, taskType=TEXT, status=text("SUCCESS"), outputs=text('{"status_code":200}'), error=maybe(TEXT),
    startedAt=maybe(MOMENT), finishedAt=maybe(MOMENT),
)  # fmt: skip
RUN_HEAD = thing(
    id=ID, flowId=ID, status=WORD, tasksTotal=WHOLE, tasksExecuted=WHOLE, startedAt=maybe(MOMENT), finishedAt=maybe(MOMENT),
    durationMs=maybe(WHOLE),
)  # fmt: skip
DECISION = thing(userId=TEXT, username=TEXT, email=TEXT, decision=text("approved"), note=TEXT, form=ANY, createdAt=MOMENT)
APPROVAL = thing(
    id=ID, status=one_of("pending", "approved", "rejected", "expired", "cancelled"), title=TEXT, description=TEXT,
    assignees=many(TEXT), nOfM=WHOLE, approvals=WHOLE, form=many(OBJECT), timeout=maybe(NUMBER), default=maybe(TEXT), flowId=ID,
    flowName=TEXT, executionId=ID, blockId=TEXT, iteration=TEXT, createdAt=MOMENT, expiresAt=maybe(MOMENT),
    decidedAt=maybe(MOMENT), decisions=many(DECISION),
)  # fmt: skip
TRIGGER = thing(
    id=ID, flowId=ID, type=one_of(*TRIGGER_TYPES), key=maybe(TEXT), config=OBJECT, enabled=FLAG, nextRunAt=maybe(MOMENT),
    lastRunAt=maybe(MOMENT), createdAt=MOMENT, updatedAt=MOMENT,
)  # fmt: skip
MANIFEST = thing(
    id=text("util.log"), name=TEXT, category=TEXT, description=TEXT, inputSchema=OBJECT, outputSchema=ANY, effect=ANY,
    version=TEXT, icon=TEXT, ports=thing(inputs=many(OBJECT), outputs=many(OBJECT)), requires=many(TEXT),
)  # fmt: skip
MANIFEST["properties"] = {**MANIFEST["properties"], "aliasOf": TEXT}
CREDENTIAL = thing(
    id=ID, name=text("MODEL_KEY"), type=one_of(*CREDENTIAL_TYPES), fields=many(TEXT), values=mapping(TEXT), createdAt=MOMENT,
    updatedAt=MOMENT, source=text("stored"), sharing=thing(restricted=FLAG, workflows=many(ID), people=many(ID)),
)  # fmt: skip
ENTRY = thing(id=TEXT, namespace=TEXT, key=TEXT, value=ANY, revision=WHOLE, expiresAt=maybe(MOMENT), updatedAt=MOMENT)
AUDIT = thing(seq=WHOLE, ts=MOMENT, actor=TEXT, action=TEXT, target=TEXT, ip=TEXT, request_id=TEXT, hash=TEXT)
LOG_LINE = thing(
    seq=WHOLE, ts=TEXT, level=one_of("debug", "info", "warning", "error"), executionId=ID, taskName=TEXT, message=TEXT
)
EXPORT: Schema = {
    "type": "object",
    "required": ["format", "version", "name", "blocks", "edges"],
    "properties": {
        "format": {"const": "blockyard.workflow"}, "version": {"const": 1}, "name": NAME, "namespace": TEXT, "category": TEXT,
        "description": TEXT, "settings": OBJECT, "blocks": many(ref("Block")), "edges": many(ref("Edge")),
        "annotations": many(OBJECT),
    },
}  # fmt: skip
GONE = thing(id=TEXT, deleted={"const": True})
FLOW = thing(**HEAD, tasksTotal=maybe(WHOLE), yamlContent=TEXT)
TAKEN_IN = with_fields(single(FLOW), report=many(OBJECT), reportNotes=many(TEXT))
ONE_EXECUTION = thing(
    data=thing(
        **EXECUTION_FIELDS, input=ANY, output=ANY, error=STEP_ERROR, steps=many(ref("FlowStep")), approvals=many(ref("Approval"))
    ),
    execution=RUN_HEAD,
    tasks=many(ref("FlowTask")),
)

SCHEMAS: dict[str, Schema] = {
    "Flow": single(FLOW),
    "ListedFlow": thing(**HEAD, lastStatus=maybe(TEXT), lastStartedAt=maybe(MOMENT)),
    "FlowExecutionSummary": thing(**EXECUTION_FIELDS),
    "FlowExecution": ONE_EXECUTION,
    "FlowStep": STEP,
    "FlowTask": TASK,
    "Approval": APPROVAL,
    "Trigger": TRIGGER,
    "Plugin": MANIFEST,
    "Credential": CREDENTIAL,
    "Value": ENTRY,
    "Export": EXPORT,
    "WorkflowText": {
        "type": "string",
        "description": f"YAML in one of the forms {', '.join(FORMS)}; its schema is at /api/schema/workflow.json.",
        "examples": [HELLO],
    },
}
FLOW_FIELDS: dict[str, Schema] = {
    "name": maybe(NAME), "namespace": maybe(LABEL), "category": maybe(LABEL), "description": maybe(DESCRIPTION),
    "groupId": maybe(TEXT), "enabled": maybe(FLAG), "yamlContent": maybe(ref("WorkflowText")),
}  # fmt: skip
NEW_FLOW = either(asked(**FLOW_FIELDS), needed(name=NAME), needed(yamlContent=ref("WorkflowText")))
FLOW_NAMES = {"namespace": LABEL, "category": LABEL, "description": DESCRIPTION}
IMPORTED: Schema = {
    "anyOf": [
        needed(name=NAME) | {
            "properties": {
                "name": NAME, **FLOW_NAMES, "format": {"const": "blockyard.workflow"}, "version": {"const": 1},
                "settings": maybe(ref("WorkflowSettings")), **SENT_GRAPH,
            },
            "not": {"required": ["nodes", "connections"]},
        },
        needed(nodes=many(OBJECT), connections=OBJECT),
    ],
    "description": "An export, or a workflow that n8n exported.",
}  # fmt: skip
PROBLEMS = many(thing(path=TEXT, line=maybe(WHOLE), message=TEXT))
REVISION = thing(rev=WHOLE, createdAt=MOMENT, author=TEXT, message=TEXT, summary=TEXT)
NO_OBJECT: Schema = {"not": OBJECT}
TTL = maybe(whole(1, 31_536_000_000_000))
PAYLOAD: Schema = {"anyOf": [{"type": "object", "properties": {"mode": MODE, "input": OBJECT}}, NO_OBJECT]}
RUN = Body(PAYLOAD, {"payload": "hello", "mode": "live"}, needed=False)
STORED: Schema = {
    "anyOf": [
        asked({"value": ANY}, ttl=TTL),
        OBJECT | {"not": asked({"value": ANY}, ttl=ANY)},
        NO_OBJECT,
    ],
    "description": "`{value, ttl?}`, or any other JSON as the value itself.",
}
REPLAYED = ("Idempotent-Replayed",)
RETRIED = thing(executionId=ID, status=one_of("QUEUED"), tasksTotal=WHOLE, retryOf=ID, repeats=many(OBJECT))
DECIDE = Body(asked(note=text("Looks right", most=5_000), form=maybe(OBJECT)), {"note": "Looks right"}, needed=False)
FLOW_ID = Parameter("flowId", "Only of this one", TEXT)
KV_PATHS = {
    "namespace": text("orders", least=1, most=200, pattern=LINE), "key": text("last", least=1, most=500, pattern=LINE),
}  # fmt: skip
V1 = "/api/v1"

CALLS: Tables = {
    f"GET {V1}/flows": Call(ok(listing(ref("ListedFlow"))), parameters=paging("updated_at", "created_at", "name")),
    f"POST {V1}/flows": Call(
        made(ref("Flow")), Body(NEW_FLOW, {"name": "my-workflow", "yamlContent": HELLO}), refusals=(409,)
    ),
    f"GET {V1}/flows/{{flow}}": Call(
        ok(ref("Flow"), headers=("ETag",)), refusals=(409,), parameters=(Parameter("form", "Which YAML", one_of(*FORMS)),)
    ),
    f"PUT {V1}/flows/{{flow}}": Call(
        ok(ref("Flow"), headers=("ETag",)), Body(asked(**FLOW_FIELDS), {"yamlContent": HELLO}, False), (IF_MATCH,), (409, 412)
    ),
    f"DELETE {V1}/flows/{{flow}}": Call(ok(single(GONE)), refusals=(409,)),
    f"POST {V1}/flows/validate": Call(
        ok(single(thing(valid=FLAG, name=maybe(TEXT), errors=PROBLEMS, warnings=PROBLEMS))),
        Body(asked({"yamlContent": ref("WorkflowText")}), {"yamlContent": HELLO}),
    ),
    f"POST {V1}/flows/import": Call(
        made(TAKEN_IN),
        Body(IMPORTED, {"format": "blockyard.workflow", "version": 1, "name": "copy", "blocks": [], "edges": []}),
    ),
    f"GET {V1}/flows/{{flow}}/export": Call(ok(ref("Export"))),
    f"GET {V1}/flows/{{flow}}/revisions": Call(ok(listing(REVISION)), parameters=paging("revision")),
    f"POST {V1}/flows/{{flow}}/revisions/{{revision}}/restore": Call(
        ok(ref("Flow"), headers=("ETag",)), refusals=(409,), paths=NUMBERED
    ),
    f"POST {V1}/flows/{{flow}}/runs": Call(
        accepted(single(thing(executionId=ID, status=one_of("queued"), mode=MODE)), headers=REPLAYED), RUN, (IDEMPOTENCY,),
        (409, 422),
    ),
    f"POST {V1}/flows/{{flow}}/execute": Call(
        accepted(single(thing(executionId=ID, status=one_of("QUEUED"), tasksTotal=WHOLE)), headers=REPLAYED), RUN, (IDEMPOTENCY,),
        (409, 422),
    ),
    f"GET {V1}/executions": Call(
        ok(going_on(ref("FlowExecutionSummary"))),
        parameters=(
            *paging("created_at"), AFTER, FLOW_ID, Parameter("status", "Only these", WORD),
        ),
    ),
    f"GET {V1}/executions/{{execution}}": Call(ok(ref("FlowExecution"))),
    f"GET {V1}/executions/{{execution}}/logs": Call(
        {
            101: Answer(ANY, "", "A WebSocket: all lines so far, then those to come"),
            200: Answer(thing(data=many(LOG_LINE)), words=f"All lines so far; with `Accept: {STREAM}`, those to come as well"),
        }
    ),
    f"POST {V1}/executions/{{execution}}/cancel": Call(ok(ref("FlowExecution")), refusals=(409,)),
    f"POST {V1}/executions/{{execution}}/retry": Call(
        accepted(single(RETRIED)),
        Body(asked({}, **{"from": text("failed", least=1)}, revision=one_of("same", "newest")), {"from": "failed"}, False),
        (Parameter("from", "failed, start or a block's id", text("start", least=1)),), (409,),
    ),
    f"GET {V1}/triggers": Call(
        ok(listing(ref("Trigger"))),
        parameters=(*paging("created_at"), Parameter("type", "Only these", one_of(*TRIGGER_TYPES)), FLOW_ID),
    ),
    f"POST {V1}/triggers": Call(
        made(single(TRIGGER)),
        Body(
            NEW_TRIGGER,
            {"flowId": "my-workflow", "type": "schedule", "config": {"cron": "0 9 * * 1-5"}},
        ),
    ),
    f"GET {V1}/triggers/{{trigger}}": Call(ok(single(TRIGGER))),
    f"PUT {V1}/triggers/{{trigger}}": Call(
        ok(single(TRIGGER)), Body(asked(config=maybe(TRIGGER_CONFIG), enabled=maybe(FLAG)), {"enabled": False}, False)
    ),
    f"DELETE {V1}/triggers/{{trigger}}": Call(ok(single(GONE))),
    f"GET {V1}/plugins": Call(ok(many(ref("Plugin")))),
    f"GET {V1}/plugins/categories": Call(ok(listing(thing(id=TEXT, name=TEXT, count=WHOLE)))),
    f"GET {V1}/plugins/{{plugin}}": Call(ok(single(MANIFEST)), paths={"plugin": text("util.log")}),
    f"GET {V1}/credentials": Call(ok(listing(ref("Credential")))),
    f"POST {V1}/credentials": Call(
        made(single(CREDENTIAL)),
        Body(
            {"oneOf": [new_credential(type) for type in CREDENTIAL_TYPES.values()]},
            {"name": "MODEL_KEY", "type": "bearer", "data": {"token": "a secret"}},
        ),
        refusals=(409,),
    ),
    f"GET {V1}/credentials/{{credential}}": Call(ok(single(CREDENTIAL))),
    f"PUT {V1}/credentials/{{credential}}": Call(
        ok(single(CREDENTIAL)),
        Body(asked(name=CREDENTIAL_NAME, data=SECRETS, sharing=SHARING), {"data": {"token": "another"}}, False),
        refusals=(409,),
    ),
    f"DELETE {V1}/credentials/{{credential}}": Call(ok(thing(ok=FLAG)), refusals=(409,)),
    f"GET {V1}/kv/{{namespace}}": Call(
        ok({**listing(ref("Value")), "required": [*listing(ref("Value"))["required"], "namespace", "keys"],
            "properties": {**listing(ref("Value"))["properties"], "namespace": TEXT, "keys": many(TEXT)}}),
        parameters=paging("key", "updated_at"), paths=KV_PATHS,
    ),
    f"GET {V1}/kv/{{namespace}}/{{key}}": Call(ok(single(ENTRY), headers=("ETag",)), paths=KV_PATHS),
    f"PUT {V1}/kv/{{namespace}}/{{key}}": Call(
        {**ok(single(ENTRY), headers=("ETag",)), **made(single(ENTRY))}, Body(STORED, {"value": {"n": 1}, "ttl": 60_000}, False),
        (IF_MATCH,), (412,), KV_PATHS,
    ),
    f"DELETE {V1}/kv/{{namespace}}/{{key}}": Call(
        ok(single(thing(namespace=TEXT, key=TEXT, deleted={"const": True}))), paths=KV_PATHS
    ),
    f"GET {V1}/approvals": Call(
        ok(listing(ref("Approval"))),
        parameters=(*paging("created_at"), Parameter("status", "Which", one_of("pending", "decided", "all"))),
    ),
    f"GET {V1}/approvals/{{approval}}": Call(ok(single(APPROVAL))),
    f"POST {V1}/approvals/{{approval}}/approve": Call(ok(single(APPROVAL)), DECIDE, refusals=(409,)),
    f"POST {V1}/approvals/{{approval}}/reject": Call(ok(single(APPROVAL)), DECIDE, refusals=(409,)),
    f"GET {V1}/audit": Call(ok(listing(AUDIT)), parameters=paging("ts")),
}  # fmt: skip
