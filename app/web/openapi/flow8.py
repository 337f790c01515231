"""The flow8 surface in the OpenAPI description (contract.md G7-G10)."""

from __future__ import annotations

from app.services.channels import ChannelSpec, RouteSpec
from app.services.layers import LayerSpec
from app.services.trigger_specs import ScheduleSpec
from app.web.api.flow8.plays import DECISIONS, STATUSES
from app.web.api.flow8.words import STATES
from app.web.openapi.calls import AFTER, STEP_ERROR, Body, Call, Parameter, Tables, accepted, going_on, listing, made, ok, paging
from app.web.openapi.developer import FLOW_FIELDS, FLOW_ID
from app.web.openapi.shapes import (
    ANY,
    FLAG,
    ID,
    MOMENT,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Schema,
    asked,
    many,
    maybe,
    modelled,
    one_of,
    ref,
    text,
    thing,
    whole,
)  # fmt: skip
from app.web.openapi.studio import MODE

STATE = one_of(*dict.fromkeys(STATES.values()))
FLOW = thing(
    id=ID, name=TEXT, description=TEXT, enabled=FLAG, category=TEXT, groupId=maybe(TEXT), createdAt=MOMENT, updatedAt=MOMENT
)
LAYER = thing(
    id=TEXT, name=TEXT, ref=TEXT, appId=text("util.log"), index=NUMBER, args=OBJECT, filters=TEXT, timeout=maybe(WHOLE),
    retry=ANY, needsApproval=FLAG,
)  # fmt: skip
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
FIELDS = {name: FLOW_FIELDS[name] for name in ("name", "description", "enabled", "category", "groupId")}
GROUP_NAME = text("Orders", least=1, most=200)
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
    "POST /api/flows": Call(made(ref("Flow8Flow")), Body(asked(**FIELDS), {"name": "my-flow"}), refusals=(409,)),
    "GET /api/flows/{flow}": Call(ok(ref("Flow8Flow"))),
    "PUT /api/flows/{flow}": Call(ok(ref("Flow8Flow")), Body(asked(**FIELDS), {"enabled": False}, False), refusals=(409,)),
    "DELETE /api/flows/{flow}": Call(ok(GONE), refusals=(409,)),
    "POST /api/flows/{flow}/run": Call(
        accepted(thing(playId=ID, state=one_of("NEW"), startedAt=MOMENT), headers=("Idempotent-Replayed",)),
        Body(asked(args=OBJECT, idempotencyKey=maybe(text("order-7", most=255))), {"args": {"who": "you"}}, False),
        refusals=(409, 422),
    ),
    "GET /api/flows/{flow}/layers": Call(ok(listing(ref("Layer"))), refusals=(409,)),
    "POST /api/flows/{flow}/layers": Call(
        made(ref("Layer")),
        Body(modelled(LayerSpec, ("appId",)), {"name": "hello", "appId": "util.log", "args": {"message": "Hello"}}),
        refusals=(409, 412),
    ),
    "PUT /api/flows/{flow}/layers/{layer}": Call(
        ok(ref("Layer")), Body(modelled(LayerSpec), {"args": {"message": "Hello"}}, False), refusals=(409, 412)
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
        parameters=(*paging("key", "updated_at"), Parameter("scope", "Only in this one", text("global", least=1, most=200))),
    ),
    "POST /api/kv": Call(
        {**ok(ref("Entry")), **made(ref("Entry"))},
        Body(
            asked(
                {"key": text("last", least=1, most=500), "value": ANY}, scope=text("global", least=1, most=200),
                ttl=maybe(whole(1, 31_536_000_000_000)),
            ),
            {"scope": "global", "key": "last", "value": {"n": 1}},
        ),
    ),
    "DELETE /api/kv/{entry}": Call(ok(GONE)),
    "GET /api/channels": Call(ok(listing(ref("Channel"))), parameters=paging("name")),
    "POST /api/channels": Call(made(ref("Channel")), Body(modelled(ChannelSpec, ("name",)), CHANNEL_EXAMPLE), refusals=(409,)),
    "GET /api/channels/{channel}": Call(ok(ref("Channel"))),
    "PUT /api/channels/{channel}": Call(
        ok(ref("Channel")), Body(modelled(ChannelSpec), {"enabled": False}, False), refusals=(409,)
    ),
    "DELETE /api/channels/{channel}": Call(ok(GONE)),
    "GET /api/schedules": Call(ok(listing(ref("Schedule"))), parameters=(*paging("created_at"), FLOW_ID)),
    "POST /api/schedules": Call(
        made(ref("Schedule")),
        Body(asked({"flowId": TEXT}, enabled=maybe(FLAG), **TIMES), {"flowId": "my-workflow", "cron": "0 9 * * 1-5"}),
    ),
    "GET /api/schedules/{schedule}": Call(ok(ref("Schedule"))),
    "PUT /api/schedules/{schedule}": Call(
        ok(ref("Schedule")), Body(asked(enabled=maybe(FLAG), **TIMES), {"enabled": False}, False)
    ),
    "DELETE /api/schedules/{schedule}": Call(ok(GONE)),
}  # fmt: skip
