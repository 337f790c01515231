"""The flow8 surface in the OpenAPI description (contract.md G7-G10)."""

from __future__ import annotations

from app.engine.graph_forms import BlockForm, RetryForm
from app.services.channels import ChannelSpec, RouteSpec
from app.services.layers import LayerSpec
from app.services.trigger_specs import ScheduleSpec
from app.web.api.flow8.plays import DECISIONS, STATUSES
from app.web.api.flow8.words import STATES
from app.web.openapi.calls import Body, Call, Parameter, Tables, accepted, made, ok
from app.web.openapi.developer import FLOW_FIELDS, FLOW_ID, KV_PATHS, TTL
from app.web.openapi.kinds import ANY, FLAG, ID, MOMENT, NOTHING, NUMBER, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.parts import AFTER, STEP_ERROR, going_on, listing, paging
from app.web.openapi.shapes import (
    asked,
    either,
    many,
    maybe,
    modelled,
    needed,
    needing,
    one_of,
    ref,
    text,
    thing,
    title,
    whole,
    with_fields,
)
from app.web.openapi.studio import MODE
from app.web.openapi.triggers import ANY_FLOW, NOT_BOTH, ONE_OF_BOTH, SENT_TIMES

STATE = one_of(*dict.fromkeys(STATES.values()))
FLOW = thing(
    id=ID, name=TEXT, description=TEXT, enabled=FLAG, category=TEXT, groupId=maybe(TEXT), createdAt=MOMENT, updatedAt=MOMENT
)
LAYER = thing(
    id=TEXT, name=TEXT, ref=TEXT, appId=text("util.log"), index=NUMBER, args=OBJECT, filters=TEXT, timeout=maybe(WHOLE),
    retry=ANY, needsApproval=FLAG,
)  # fmt: skip
SENT_LAYER = with_fields(
    modelled(LayerSpec),
    ref=maybe(modelled(BlockForm)["properties"]["id"]),
    index=maybe({"type": "number", "minimum": -1_000_000, "maximum": 1_000_000}),
    retry={"anyOf": [whole(1, 100), modelled(RetryForm), NOTHING]},
)
PLAY_FIELDS: dict[str, Schema] = {
    "id": ID, "flowId": ID, "state": STATE, "mode": MODE, "trigger": text("api"), "startedAt": maybe(MOMENT),
    "completedAt": maybe(MOMENT), "duration": maybe(WHOLE),
}  # fmt: skip
PLAYED = thing(
    layerId=TEXT, ref=TEXT, name=TEXT, appId=TEXT, index=WHOLE, iteration=TEXT, state=text("DONE"), out=ANY, error=STEP_ERROR,
    startedAt=maybe(MOMENT), completedAt=maybe(MOMENT), duration=maybe(WHOLE),
)  # fmt: skip
GROUP = thing(id=ID, name=TEXT, index=WHOLE, createdAt=MOMENT, updatedAt=MOMENT)
ENTRY = thing(id=TEXT, scope=text("global"), key=TEXT, value=ANY, expiresAt=maybe(MOMENT), updatedAt=MOMENT)
CHANNEL = thing(
    id=ID, name=TEXT, kind=one_of("http", "mcp"), authMode=one_of("public", "header_token"), authToken=maybe(text("***")),
    enabled=FLAG, routes=many(modelled(RouteSpec)), address=text("/c/orders"), createdAt=MOMENT, updatedAt=MOMENT,
)  # fmt: skip
TIMES: dict[str, Schema] = modelled(ScheduleSpec)["properties"]
ROUTE = with_fields(
    modelled(RouteSpec), path=text("new", most=200, pattern=r"^(?!.*\.\.)[A-Za-z0-9_.~/-]*$"), targetFlowIds=many(ANY_FLOW, 1, 10)
)
SENT_CHANNEL = with_fields(modelled(ChannelSpec), routes=maybe(many(ROUTE, most=100)))
NEW_CHANNEL = either(needing(SENT_CHANNEL, "name"), needed(authMode=one_of("public")), needed(authToken=text(least=8, most=500)))
SCHEDULE = thing(
    id=ID, flowId=ID, **TIMES, enabled=FLAG, runs=WHOLE, nextRunAt=maybe(MOMENT), lastRunAt=maybe(MOMENT), createdAt=MOMENT,
    updatedAt=MOMENT,
)  # fmt: skip


def with_reason(schema: Schema) -> Schema:
    """Why a play failed that was cancelled or timed out."""
    return schema | {"properties": {**schema["properties"], "reason": one_of("cancelled", "timed out")}}


SCHEMAS: dict[str, Schema] = {
    "Flow8Flow": FLOW,
    "Layer": LAYER,
    "Play": with_reason(thing(**PLAY_FIELDS)),
    "PlayDetail": with_reason(thing(**PLAY_FIELDS, args=ANY, out=ANY, error=STEP_ERROR)),
    "PlayedLayer": PLAYED,
    "Group": GROUP,
    "Entry": ENTRY,
    "Channel": CHANNEL,
    "Schedule": SCHEDULE,
}
SCOPE = KV_PATHS["namespace"] | {"examples": ["global"]}
FIELDS = {name: FLOW_FIELDS[name] for name in ("name", "description", "enabled", "category", "groupId")}
GROUP_NAME = title("Orders", most=200)
INDEX = maybe(whole(-1_000_000, 1_000_000))
GONE = thing(ok=FLAG, id=TEXT)
CHANNEL_EXAMPLE = {
    "name": "orders",
    "kind": "http",
    "authMode": "public",
    "routes": [{"path": "new", "targetFlowIds": ["my-workflow"]}],
}

CALLS: Tables = {
    "GET /api/flows": Call(ok(listing(ref("Flow8Flow"))), parameters=paging("updated_at", "created_at", "name")),
    "POST /api/flows": Call(
        made(ref("Flow8Flow")), Body(needing(asked(**FIELDS), "name"), {"name": "my-flow"}), refusals=(409,)
    ),
    "GET /api/flows/{flow}": Call(ok(ref("Flow8Flow"))),
    "PUT /api/flows/{flow}": Call(ok(ref("Flow8Flow")), Body(asked(**FIELDS), {"enabled": False}, False), refusals=(409,)),
    "DELETE /api/flows/{flow}": Call(ok(GONE), refusals=(409,)),
    "POST /api/flows/{flow}/run": Call(
        accepted(thing(playId=ID, state=one_of("NEW"), startedAt=MOMENT), headers=("Idempotent-Replayed",)),
        Body(asked(args=OBJECT, idempotencyKey=maybe(title("order-7", most=255))), {"args": {"who": "you"}}, False),
        refusals=(409, 422),
    ),
    "GET /api/flows/{flow}/layers": Call(ok(listing(ref("Layer"))), refusals=(409,)),
    "POST /api/flows/{flow}/layers": Call(
        made(ref("Layer")),
        Body(needing(SENT_LAYER, "appId"), {"name": "hello", "appId": "util.log", "args": {"message": "Hello"}}),
        refusals=(409, 412),
    ),
    "PUT /api/flows/{flow}/layers/{layer}": Call(
        ok(ref("Layer")), Body(SENT_LAYER, {"args": {"message": "Hello"}}, False), refusals=(409, 412)
    ),
    "DELETE /api/flows/{flow}/layers/{layer}": Call(ok(GONE), refusals=(409, 412)),
    "GET /api/plays": Call(
        ok(going_on(ref("Play"))),
        parameters=(*paging("created_at"), AFTER, FLOW_ID, Parameter("state", "Only these", one_of(*STATUSES))),
    ),
    "GET /api/plays/{play}": Call(ok(ref("PlayDetail"))),
    "GET /api/plays/{play}/layers": Call(ok(listing(ref("PlayedLayer")))),
    "POST /api/plays/{play}/approve": Call(
        ok(thing(playId=TEXT, layerId=TEXT, decision=one_of("approved", "rejected"), state=STATE)),
        Body(
            asked(layerId=TEXT, decision=one_of(*DECISIONS), note=text(most=5_000), form=maybe(OBJECT)),
            {"decision": "approve"}, False,
        ),
        refusals=(409,),
    ),
    "DELETE /api/plays/{play}": Call(ok(ref("PlayDetail")), refusals=(409,)),
    "GET /api/groups": Call(ok(listing(ref("Group"))), parameters=paging("index")),
    "POST /api/groups": Call(
        made(ref("Group")), Body(asked({"name": GROUP_NAME}, index=INDEX), {"name": "Orders", "index": 1}), refusals=(409,)
    ),
    "PUT /api/groups/{group}": Call(
        ok(ref("Group")), Body(asked(name=GROUP_NAME, index=INDEX), {"name": "Sales"}, False), refusals=(409,)
    ),
    "DELETE /api/groups/{group}": Call(
        ok(GONE), parameters=(Parameter("move_to", "The group that its flows go to", TEXT),), refusals=(409,)
    ),
    "GET /api/kv": Call(
        ok(listing(ref("Entry"))),
        parameters=(*paging("key", "updated_at"), Parameter("scope", "Only in this one", SCOPE)),
    ),
    "POST /api/kv": Call(
        {**ok(ref("Entry")), **made(ref("Entry"))},
        Body(
            asked(
                {"key": KV_PATHS["key"], "value": ANY}, scope=SCOPE,
                ttl=TTL,
            ),
            {"scope": "global", "key": "last", "value": {"n": 1}},
        ),
    ),
    "DELETE /api/kv/{entry}": Call(ok(GONE)),
    "GET /api/channels": Call(ok(listing(ref("Channel"))), parameters=paging("name")),
    "POST /api/channels": Call(made(ref("Channel")), Body(NEW_CHANNEL, CHANNEL_EXAMPLE), refusals=(409,)),
    "GET /api/channels/{channel}": Call(ok(ref("Channel"))),
    "PUT /api/channels/{channel}": Call(
        ok(ref("Channel")), Body(SENT_CHANNEL, {"enabled": False}, False), refusals=(409,)
    ),
    "DELETE /api/channels/{channel}": Call(ok(GONE)),
    "GET /api/schedules": Call(ok(listing(ref("Schedule"))), parameters=(*paging("created_at"), FLOW_ID)),
    "POST /api/schedules": Call(
        made(ref("Schedule")),
        Body(
            either(asked({"flowId": ANY_FLOW}, enabled=maybe(FLAG), **SENT_TIMES), *ONE_OF_BOTH),
            {"flowId": "my-workflow", "cron": "0 9 * * 1-5"},
        ),
    ),
    "GET /api/schedules/{schedule}": Call(ok(ref("Schedule"))),
    "PUT /api/schedules/{schedule}": Call(
        ok(ref("Schedule")), Body(either(asked(enabled=maybe(FLAG), **SENT_TIMES), *NOT_BOTH), {"enabled": False}, False)
    ),
    "DELETE /api/schedules/{schedule}": Call(ok(GONE)),
}  # fmt: skip
