"""Outbound webhooks in the OpenAPI description (contract.md G5)."""

from __future__ import annotations

from app.services.endpoints import EVENTS, EndpointSpec
from app.web.openapi.calls import Body, Call, Parameter, Tables, accepted, made, ok
from app.web.openapi.developer import GONE
from app.web.openapi.kinds import ADDRESS, ANY, FLAG, ID, MOMENT, TEXT, WHOLE, Schema
from app.web.openapi.parts import listing, paging, single
from app.web.openapi.shapes import many, maybe, modelled, needing, one_of, ref, text, thing, with_fields

HOOKS = "/api/v1/webhook-endpoints"
EVENT = one_of("*", *EVENTS)
SENT = with_fields(modelled(EndpointSpec), url=maybe(ADDRESS), events=maybe(many(EVENT, 1, 50)))
ENDPOINT = thing(
    id=ID, url=ADDRESS, events=many(EVENT), description=TEXT, enabled=FLAG,
    disabledReason=maybe(TEXT), oldSecretUntil=maybe(MOMENT), createdAt=MOMENT, updatedAt=MOMENT,
)  # fmt: skip
NEW_SECRET: Schema = {
    **ENDPOINT,
    "required": [*ENDPOINT["required"], "secret"],
    "properties": {**ENDPOINT["properties"], "secret": text("whsec_c2VjcmV0")},
}
ATTEMPT = thing(number=WHOLE, at=MOMENT, durationMs=maybe(WHOLE), statusCode=maybe(WHOLE), error=maybe(TEXT))
DELIVERY = thing(
    id=ID, endpointId=ID, type=text("run.completed"), status=one_of("pending", "delivered", "failed"), payload=ANY,
    statusCode=maybe(WHOLE), error=maybe(TEXT), replayOf=maybe(TEXT), nextAttemptAt=maybe(MOMENT), createdAt=MOMENT,
    finishedAt=maybe(MOMENT), attempts=many(ATTEMPT),
)  # fmt: skip

SCHEMAS: dict[str, Schema] = {"Endpoint": ENDPOINT, "Delivery": DELIVERY}

CALLS: Tables = {
    f"GET {HOOKS}": Call(ok(listing(ref("Endpoint"))), parameters=paging("created_at")),
    f"POST {HOOKS}": Call(
        made(single(NEW_SECRET)),
        Body(needing(SENT, "url", "events"), {"url": "https://example.com/hooks", "events": ["run.completed"]}),
    ),
    f"GET {HOOKS}/{{endpoint}}": Call(ok(single(ENDPOINT))),
    f"PUT {HOOKS}/{{endpoint}}": Call(ok(single(ENDPOINT)), Body(SENT, {"enabled": False}, False)),
    f"DELETE {HOOKS}/{{endpoint}}": Call(ok(single(GONE))),
    f"POST {HOOKS}/{{endpoint}}/rotate": Call(ok(single(NEW_SECRET))),
    f"POST {HOOKS}/{{endpoint}}/test": Call(accepted(single(DELIVERY))),
    f"GET {HOOKS}/{{endpoint}}/deliveries": Call(
        ok(listing(ref("Delivery"))),
        parameters=(*paging("created_at"), Parameter("status", "Only these", one_of("pending", "delivered", "failed"))),
    ),
    f"POST {HOOKS}/{{endpoint}}/deliveries/{{delivery}}/replay": Call(accepted(single(DELIVERY)), refusals=(409,)),
}  # fmt: skip
