"""The studio surface in the OpenAPI description: workflows, executions, blocks."""

from __future__ import annotations

from app.engine.annotations import MAX_ANNOTATIONS, AnnotationForm
from app.engine.graph_forms import BlockForm, EdgeForm
from app.services.executions import STATUSES
from app.services.operations import Submitted
from app.services.texts import UNSEEN
from app.services.workflow_settings import WorkflowSettings
from app.web.openapi.calls import Answer, Body, Call, Parameter, Tables, accepted, made, ok
from app.web.openapi.kinds import ANY, FLAG, ID, MOMENT, NOTHING, NUMBER, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.parts import AFTER, IDEMPOTENCY, IF_MATCH, PROBLEM, STEP_ERROR, going_on, listing, paging
from app.web.openapi.shapes import asked, either, line, many, maybe, modelled, one_of, ref, text, thing, whole
from app.web.openapi.streams import EXECUTION, WORKFLOW_NEWS, WORKSPACE_NEWS, streamed

STATUS = one_of(*STATUSES)
NAME_PATTERN = rf"^[^/{UNSEEN}]*[^\s/{UNSEEN}][^/{UNSEEN}]*$"
MODE = one_of("live", "simulation")
NAME = text("my-workflow", least=1, most=200, pattern=NAME_PATTERN)
DESCRIPTION = text("What it is for", most=10_000)
POSITION = thing(x=NUMBER, y=NUMBER)
BLOCK: Schema = {
    **thing(id=TEXT, type=text("starter"), name=TEXT, position=POSITION, config=OBJECT, enabled=FLAG),
    "description": "`notes` and `policy` stand only where there are some.",
}
BLOCK["properties"] = {**BLOCK["properties"], "notes": TEXT, "policy": OBJECT}
EDGE = thing(id=TEXT, source=TEXT, target=TEXT, sourceHandle=text("output"), targetHandle=text("input"))
GRAPH_EXAMPLE = {
    "blocks": [{"id": "start", "type": "starter"}, {"id": "answer", "type": "response"}],
    "edges": [{"source": "start", "target": "answer"}],
}
GRAPH_FIELDS = {"blocks": many(ref("Block")), "edges": many(ref("Edge"))}
ANNOTATIONS = many(modelled(AnnotationForm), most=MAX_ANNOTATIONS)
SENT_GRAPH = {"blocks": many(ref("SentBlock")), "edges": many(ref("SentEdge")), "annotations": ANNOTATIONS}
STATE = one_of("internal", "deployed")


def with_annotations(schema: Schema) -> Schema:
    """Notes and frames stand only where there are some."""
    return schema | {"properties": {**schema["properties"], "annotations": ANNOTATIONS}}


SUMMARY = thing(
    id=ID, name=NAME, description=TEXT, state=STATE, enabled=FLAG, armed_until=maybe(MOMENT), revision=WHOLE,
    created_at=MOMENT, updated_at=MOMENT, node_count=WHOLE, trigger_count=WHOLE,
)  # fmt: skip
WORKFLOW = with_annotations(
    thing(
        id=ID, name=NAME, description=TEXT, state=STATE, enabled=FLAG, armed_until=maybe(MOMENT), revision=WHOLE,
        deployed_revision=maybe(WHOLE), created_at=MOMENT, updated_at=MOMENT, **GRAPH_FIELDS, problems=many(ref("Problem")),
        last_execution_id=maybe(TEXT), settings=ref("WorkflowSettings"),
    )
)  # fmt: skip
WITH_YAML: Schema = {
    **WORKFLOW,
    "required": [*WORKFLOW["required"], "definition"],
    "properties": {**WORKFLOW["properties"], "definition": TEXT},
}
STEP_FIELDS: dict[str, Schema] = {
    "block_id": TEXT, "iteration": TEXT, "name": TEXT, "type": TEXT, "status": text("completed"), "ports": many(TEXT),
    "started_at": maybe(MOMENT), "finished_at": maybe(MOMENT), "duration_ms": maybe(NUMBER), "attempts": WHOLE,
    "wake_at": maybe(MOMENT), "error": STEP_ERROR,
}  # fmt: skip
DATA_FIELDS: dict[str, Schema] = {"input": ANY, "output": ANY, "log": many(TEXT)}
EXECUTION_FIELDS: dict[str, Schema] = {
    "id": ID, "execution_id": ID, "workflow_id": ID, "workflow_name": TEXT, "revision": WHOLE, "status": STATUS, "mode": MODE,
    "trigger": text("api"), "parent_id": maybe(TEXT), "retry_of": maybe(TEXT), "created_at": MOMENT, "started_at": maybe(MOMENT),
    "finished_at": maybe(MOMENT), "wake_at": maybe(MOMENT), "duration_ms": maybe(WHOLE),
}  # fmt: skip
EXECUTION_DATA = {**EXECUTION_FIELDS, "input": ANY, "output": ANY, "error": STEP_ERROR, "steps": many(ref("Step"))}
PENDING = thing(
    id=ID, block_id=TEXT, iteration=TEXT, title=TEXT, description=TEXT, assignees=many(TEXT), n_of_m=WHOLE, form=many(OBJECT),
    timeout=maybe(NUMBER), default=maybe(TEXT), created_at=MOMENT, expires_at=maybe(MOMENT), approvals=WHOLE,
)  # fmt: skip
TRACED = thing(
    node_id=TEXT, **STEP_FIELDS, **DATA_FIELDS, resume_url=maybe(TEXT), approval_id=maybe(TEXT), approval_url=maybe(TEXT)
)
REVISION_FIELDS: dict[str, Schema] = {
    "revision": WHOLE, "author": TEXT, "message": TEXT, "created_at": MOMENT, "name": TEXT, "words": many(TEXT), "deployed": FLAG,
}  # fmt: skip
PALETTE = thing(
    type=text("code"), title=TEXT, category=TEXT, icon=TEXT, description=TEXT, trigger=FLAG, effect=ANY, aliases=many(TEXT),
    inputs=many(OBJECT), outputs=many(OBJECT), defaults=OBJECT, mint=OBJECT,
)  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "Block": BLOCK,
    "Edge": EDGE,
    "SentBlock": modelled(BlockForm),
    "SentEdge": modelled(EdgeForm),
    "Problem": PROBLEM,
    "WorkflowSettings": modelled(WorkflowSettings),
    "WorkflowSummary": SUMMARY,
    "Workflow": WORKFLOW,
    "WorkflowWithYaml": WITH_YAML,
    "Step": thing(**STEP_FIELDS),
    "StepWithData": thing(**STEP_FIELDS, **DATA_FIELDS),
    "TracedStep": TRACED,
    "ExecutionSummary": thing(**EXECUTION_FIELDS),
    "Execution": thing(**EXECUTION_DATA),
    "PendingApproval": PENDING,
    "Revision": thing(**REVISION_FIELDS),
    "BlockType": PALETTE,
    "RefusedCall": thing(
        webhook_id=ID, block_id=TEXT, status=WHOLE, code=TEXT, reason=TEXT, address=TEXT, at=MOMENT, count=WHOLE
    ),
}
SETTINGS_EXAMPLE = {"deadline_ms": 60_000, "concurrency": {"limit": 1, "when_full": "queue"}}
OPERATIONS_EXAMPLE = {
    "base_revision": 1,
    "client_id": "editor-1",
    "batch_id": "7a1c5f3e-58f0-4a54-9f43-1a5b1d0c2e77",
    "operations": [{"type": "add_block", "block": {"id": "start", "type": "starter"}}],
}
RUN = either(
    asked(
        variables=OBJECT, input=OBJECT, wait=FLAG, start_block=maybe(TEXT), until=maybe(TEXT), only=maybe(TEXT),
        from_execution=maybe(TEXT), use_pins=FLAG, mode=MODE,
    ),
    {"properties": {"until": NOTHING, "only": NOTHING, "from_execution": NOTHING}},
    {"required": ["until"], "properties": {"until": TEXT, "only": NOTHING}},
    {"required": ["only"], "properties": {"only": TEXT, "until": NOTHING}},
)  # fmt: skip
RUN_BODY = Body(RUN, {"input": {"who": "you"}}, needed=False)
RAN = thing(
    execution_id=ID, status=STATUS, output=ANY, duration_ms=maybe(WHOLE), error=STEP_ERROR, steps=many(ref("StepWithData"))
)
STARTED = thing(execution_id=ID, status=one_of("queued"))
OK = thing(ok={"const": True})
RUN_REFUSALS = (409, 422)
EVENT_NAME = text("order.paid", least=1, most=200, pattern=rf"^(?!run\.|approval\.)[^\s{UNSEEN}]([^{UNSEEN}]*[^\s{UNSEEN}])?$")
PREFER = Parameter("Prefer", "`respond-async` answers 202 at once", text("respond-async"), "header")
NUMBERED: dict[str, Schema] = {"revision": text("3", pattern="^[0-9]{1,9}$")}
AGAIN = thing(execution_id=ID, retry_of=ID, repeats=many(OBJECT))
ONLY_TOLD: Schema = {
    "type": "object",
    "required": ["retry_of", "repeats"],
    "properties": {"execution_id": ID, "retry_of": ID, "repeats": many(OBJECT)},
    "description": "Without `execution_id` where only the plan was asked for.",
}
MISSED = thing(revision=WHOLE, missed=maybe(many(OBJECT)), problems=many(ref("Problem")))
SAVED = thing(ok=FLAG, blocks=WHOLE, edges=WHOLE, revision=WHOLE, problems=many(ref("Problem")))
GRAPH = with_annotations(thing(name=TEXT, **GRAPH_FIELDS, revision=WHOLE, problems=many(ref("Problem"))))
DIFFERENCE = thing(text=TEXT, block_id=maybe(TEXT), revert=many(OBJECT))
CREATE: Schema = {
    **asked({"name": NAME}, description=DESCRIPTION, **SENT_GRAPH),
    "dependentRequired": {"blocks": ["edges"], "edges": ["blocks"], "annotations": ["blocks"]},
}

CALLS: Tables = {
    "GET /api/workflows": Call(
        ok(listing(ref("WorkflowSummary"), "workflows")), parameters=paging("updated_at", "created_at", "name")
    ),
    "POST /api/workflows": Call(made(ref("Workflow")), Body(CREATE, {"name": "hello", **GRAPH_EXAMPLE}), refusals=(409,)),
    "GET /api/workflows/{workflow}": Call(ok(ref("WorkflowWithYaml"), headers=("ETag",))),
    "PUT /api/workflows/{workflow}": Call(
        ok(ref("Workflow")), Body(asked(name=NAME, description=DESCRIPTION, enabled=maybe(FLAG)), {"enabled": False}, False),
        refusals=(409,),
    ),
    "DELETE /api/workflows/{workflow}": Call(ok(OK), refusals=(409,)),
    "POST /api/workflows/{workflow}/duplicate": Call(made(ref("Workflow"))),
    "GET /api/workflows/{workflow}/graph": Call(ok(GRAPH, headers=("ETag",))),
    "PUT /api/workflows/{workflow}/graph": Call(
        ok(SAVED, headers=("ETag",)),
        Body(asked({name: SENT_GRAPH[name] for name in ("blocks", "edges")}, annotations=ANNOTATIONS), GRAPH_EXAMPLE),
        parameters=(IF_MATCH,), refusals=(409, 412),
    ),
    "POST /api/workflows/{workflow}/deploy": Call(ok(thing(ok=FLAG, state=one_of("deployed"))), refusals=(409,)),
    "POST /api/workflows/{workflow}/undeploy": Call(ok(thing(ok=FLAG, state=one_of("internal")))),
    "POST /api/workflows/{workflow}/arm": Call(ok(thing(ok=FLAG, armed_until=MOMENT)), refusals=(409,)),
    "GET /api/workflows/{workflow}/settings": Call(ok(ref("WorkflowSettings"))),
    "PUT /api/workflows/{workflow}/settings": Call(
        ok(ref("WorkflowSettings")), Body(ref("WorkflowSettings"), SETTINGS_EXAMPLE, False)
    ),
    "POST /api/workflows/{workflow}/execute": Call(
        {200: Answer(RAN), **accepted(STARTED)}, RUN_BODY, (PREFER, IDEMPOTENCY), (*RUN_REFUSALS, 504)
    ),
    "POST /api/workflows/{workflow}/execute/stream": Call(
        streamed("What happens, one event for each step", EXECUTION), RUN_BODY, (IDEMPOTENCY,), RUN_REFUSALS
    ),
    "POST /api/workflows/{workflow}/operations": Call(
        ok(thing(ok=FLAG, revision=WHOLE, again=FLAG, problems=many(ref("Problem")))),
        Body(modelled(Submitted), OPERATIONS_EXAMPLE), refusals=(409, 412),
    ),
    "GET /api/workflows/{workflow}/operations": Call(
        ok(MISSED), parameters=(Parameter("after", "The revision that is known", whole(0, 999_999_999), needed=True),)
    ),
    "GET /api/workflows/{workflow}/revisions": Call(ok(listing(ref("Revision"), "revisions")), parameters=paging("revision")),
    "GET /api/workflows/{workflow}/revisions/{revision}": Call(
        ok(with_annotations(thing(**REVISION_FIELDS, **GRAPH_FIELDS))), paths=NUMBERED
    ),
    "PUT /api/workflows/{workflow}/revisions/{revision}": Call(
        ok(OK), Body(asked({"name": line("before the change", most=200)}), {"name": "before the change"}), paths=NUMBERED
    ),
    "POST /api/workflows/{workflow}/revisions/{revision}/restore": Call(
        ok(thing(ok=FLAG, revision=WHOLE)), paths=NUMBERED, refusals=(409,)
    ),
    "GET /api/workflows/{workflow}/refused-calls": Call(ok(thing(refused_calls=many(ref("RefusedCall"))))),
    "GET /api/workflows/{workflow}/undeployed": Call(ok(thing(changes=many(DIFFERENCE)))),
    "GET /api/workflows/{workflow}/events": Call(
        streamed("What happens to the workflow, and who has it open", WORKFLOW_NEWS),
        parameters=(Parameter("client", "The editor that watches", text("editor-1", most=64)),),
    ),
    "POST /api/workflows/{workflow}/presence": Call(
        ok(OK), Body(asked({"client_id": text("editor-1")}), {"client_id": "editor-1"})
    ),
    "GET /api/executions": Call(
        ok(going_on(ref("ExecutionSummary"), "executions")),
        parameters=(
            *paging("created_at"), AFTER, Parameter("status", "Only these", STATUS),
            Parameter("workflow_id", "Only of this one", TEXT),
        ),
    ),
    "GET /api/executions/{execution}": Call(
        ok(thing(**EXECUTION_DATA, approvals=many(ref("PendingApproval"))))
    ),
    "GET /api/executions/{execution}/trace": Call(
        ok(thing(execution_id=ID, workflow_name=TEXT, status=STATUS, nodes=many(ref("TracedStep"))))
    ),
    "POST /api/executions/{execution}/cancel": Call(ok(ref("Execution")), refusals=(409,)),
    "POST /api/executions/{execution}/retry": Call(
        {**ok(ONLY_TOLD), **accepted(AGAIN)},
        Body(
            asked({}, **{"from": text("failed", least=1)}, revision=one_of("same", "newest"), dry=FLAG), {"from": "failed"}, False
        ),
        refusals=(409,),
    ),
    "GET /api/executions/{execution}/events": Call(
        streamed("What has happened, then what happens, to the end", EXECUTION),
        parameters=(Parameter("Last-Event-ID", "Go on after this", text("7"), "header"),),
    ),
    "GET /api/blocks": Call(ok(thing(blocks=many(ref("BlockType"))))),
    "POST /api/events": Call(
        accepted(thing(name=TEXT, resumed=many(TEXT), started=many(TEXT))),
        Body(
            asked({"name": EVENT_NAME}, payload=ANY), {"name": "order.paid", "payload": {"order": 7}}
        ),
    ),
    "GET /api/events": Call(streamed("The workspace's news", WORKSPACE_NEWS)),
    "GET /api/resume/{token}": Call(
        {
            200: Answer(TEXT, "text/html", "A page with a button"), 404: Answer(TEXT, "text/html", "Unknown"),
            410: Answer(TEXT, "text/html", "Used, or over"),
        }
    ),
    "POST /api/resume/{token}": Call(
        ok(thing(ok=FLAG, execution_id=ID)), Body(ANY, {"approved": True}, needed=False), refusals=(409, 410)
    ),
}  # fmt: skip
