"""What server-sent events tell, in the OpenAPI description (contract.md C21)."""

from __future__ import annotations

from collections.abc import Mapping

from app.web.openapi.calls import STREAM, Answer, Call, Parameter, Tables
from app.web.openapi.kinds import ANY, FLAG, ID, MOMENT, NUMBER, TEXT, WHOLE, Schema
from app.web.openapi.parts import STEP_ERROR
from app.web.openapi.shapes import many, maybe, needed, one_of, text, thing, with_fields

Kinds = Mapping[str, Schema]
PLACE: dict[str, Schema] = {"block_id": TEXT, "iteration": TEXT}
OF_EXECUTION: dict[str, Schema] = {"execution_id": ID, "at": MOMENT}
STEP = with_fields(
    needed(execution_id=ID, block_id=TEXT, status=TEXT, error=STEP_ERROR), at=maybe(MOMENT), iteration=TEXT, attempts=WHOLE,
    ports=many(TEXT), duration_ms=maybe(NUMBER), wake_at=maybe(MOMENT), signal=maybe(TEXT),
)  # fmt: skip
"""A step that has ended, or waits; of one that was recorded long ago, less is told."""
DROPPED: Kinds = {"dropped": thing(reason=TEXT)}
"""The last event of a reader who was too slow: what it would have missed is not left out in silence."""
EXECUTION: Kinds = {
    "execution_started": with_fields(needed(execution_id=ID, trigger=TEXT), at=MOMENT),
    "step_started": thing(**OF_EXECUTION, **PLACE, attempt=WHOLE),
    "step_streamed": thing(**OF_EXECUTION, **PLACE, text=TEXT),
    "step_finished": STEP,
    "steps_skipped": with_fields(needed(execution_id=ID, block_ids=many(TEXT)), at=MOMENT),
    "execution_waiting": thing(**OF_EXECUTION, wake_at=maybe(MOMENT)),
    "execution_finished": with_fields(needed(execution_id=ID, status=TEXT, error=STEP_ERROR), at=MOMENT),
    **DROPPED,
}
RUN: dict[str, Schema] = {"execution_id": ID, "workflow_id": ID, "trigger": TEXT}
WORKFLOW_NEWS: Kinds = {
    "execution_started": thing(**RUN),
    "execution_finished": thing(**RUN),
    "graph.changed": thing(revision=WHOLE, author=TEXT, batch_id=TEXT),
    "workflow_changed": thing(name=TEXT, revision=WHOLE, state=TEXT, enabled=FLAG, armed_until=maybe(MOMENT)),
    "watch.changed": thing(block_id=TEXT),
    "presence": thing(people=many(thing(user_id=TEXT, username=TEXT, client_id=TEXT))),
    **DROPPED,
}
ASKED: dict[str, Schema] = {"approval_id": ID, "execution_id": ID, "workflow_id": ID, "title": TEXT}
WORKSPACE_NEWS: Kinds = {
    "event": thing(type=text("order.paid"), timestamp=MOMENT, data=ANY),
    "approval.needed": thing(**ASKED),
    "approval.decided": thing(**ASKED, decision=one_of("approved", "rejected", "expired", "cancelled")),
    **DROPPED,
}
COPILOT: Kinds = {
    "status": needed(state=TEXT),
    "tool_call": needed(id=ANY, name=TEXT),
    "tool_result": needed(id=ANY, name=TEXT, ok=FLAG),
    "content_delta": needed(text=TEXT),
    "error": needed(message=TEXT),
    "complete": needed(message_id=ID, state=TEXT),
}


def streamed(words: str, kinds: Kinds | None = None) -> dict[int, Answer]:
    """Server-sent events, one after the other; `data` is JSON with `type`, `seq` and the fields of its kind."""
    names = one_of(*kinds) if kinds else TEXT
    told = needed(type=TEXT, seq=WHOLE) | ({"oneOf": [_told(kind, data) for kind, data in kinds.items()]} if kinds else {})
    data: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": told}
    event = needed(event=names, data=data)
    optional = {"id": text("7", pattern="^[0-9]+$"), "retry": text("1000", pattern="^[0-9]+$")}
    return {200: Answer(event | {"properties": {**event["properties"], **optional}}, STREAM, words)}


def _told(kind: str, data: Schema) -> Schema:
    return with_fields(data, **{"type": {"const": kind}, "seq": WHOLE, **data["properties"]})


MONITORED_TYPES = (
    "connected", "execution_started", "node_started", "node_completed", "node_failed", "execution_completed", "execution_failed",
    "heartbeat", "gap",
)  # fmt: skip
PLAY_TYPES = (
    "play:started", "play:layer:started", "play:layer:completed", "play:layer:failed", "play:waiting", "play:completed",
    "play:failed", "gap",
)  # fmt: skip
SEEN: dict[str, Schema] = {"execution_id": ID, "workflow_id": ID, "workflow_name": TEXT, "timestamp": maybe(MOMENT)}
MONITORED = with_fields(
    needed(type=one_of(*MONITORED_TYPES)),
    **SEEN,
    seq=WHOLE,
    cursor=TEXT,
    node_id=TEXT,
    iteration=TEXT,
    trigger=TEXT,
    status=TEXT,
    duration_ms=maybe(NUMBER),
    error=STEP_ERROR,
)
PLAYED = with_fields(
    needed(type=one_of(*PLAY_TYPES), cursor=TEXT),
    playId=ID,
    flowId=ID,
    layerId=maybe(TEXT),
    ref=maybe(TEXT),
    state=TEXT,
    out=ANY,
    timestamp=maybe(MOMENT),
    error=STEP_ERROR,
)
AFTER = Parameter("after", "The `cursor` of the last frame that was seen: what came since is sent first", text(most=40))
SCHEMAS: dict[str, Schema] = {}
CALLS: Tables = {
    "GET /api/monitor": Call(
        {101: Answer(MONITORED, words="A WebSocket: a frame for everything that happens in any workspace")},
        parameters=(Parameter("token", "The operator's token", TEXT), AFTER),
        refusals=(401, 405),
    ),
    "GET /api/ws": Call(
        {101: Answer(PLAYED, words="A WebSocket: a frame for everything that happens in the workspace")},
        parameters=(AFTER,),
        refusals=(405,),
    ),
}
