"""What is sent of triggers and schedules, in the OpenAPI description (contract.md G10, G17)."""

from __future__ import annotations

from app.services.trigger_specs import EventSpec, ScheduleSpec, WebhookSpec
from app.web.openapi.kinds import FLAG, MOMENT, NOTHING, Schema
from app.web.openapi.shapes import asked, either, maybe, modelled, needed, text, whole

ANY_FLOW = text("my-workflow", least=1, most=200)
"""Its id, or its name."""
CRON = text("0 9 * * 1-5", most=200)
INTERVAL = whole(60, 31_622_400)
SENT_TIMES: dict[str, Schema] = modelled(ScheduleSpec)["properties"] | {
    "startAt": maybe(MOMENT), "endAt": maybe(MOMENT), "timezone": text("UTC", least=1, most=64)
}  # fmt: skip
BY_CRON = needed(cron=CRON) | {"properties": {"cron": CRON, "intervalSeconds": NOTHING}}
BY_INTERVAL = needed(intervalSeconds=INTERVAL) | {"properties": {"intervalSeconds": INTERVAL, "cron": NOTHING}}
ONE_OF_BOTH = (BY_CRON, BY_INTERVAL)
NOT_BOTH = ({"properties": {"cron": NOTHING}}, {"properties": {"intervalSeconds": NOTHING}})
CONFIGS: dict[str, Schema] = {
    "webhook": modelled(WebhookSpec),
    "event": modelled(EventSpec),
    "schedule": either(asked(**SENT_TIMES), *ONE_OF_BOTH),
}
TRIGGER_CONFIG: Schema = {"anyOf": list(CONFIGS.values())}
NEW_TRIGGER: Schema = {
    "oneOf": [
        asked({"flowId": ANY_FLOW, "type": {"const": "webhook"}}, config=CONFIGS["webhook"], enabled=maybe(FLAG)),
        *(
            asked({"flowId": ANY_FLOW, "type": {"const": type}, "config": CONFIGS[type]}, enabled=maybe(FLAG))
            for type in ("event", "schedule")
        ),
    ]
}
