"""Outbound webhooks in the OpenAPI description (contract.md G5)."""

from __future__ import annotations

from app.services.endpoints import EVENTS, EndpointSpec
from app.web.openapi.calls import Body, Call, Parameter, Tables, accepted, listing, made, ok, paging, single
from app.web.openapi.developer import GONE
from app.web.openapi.shapes import ANY, FLAG, ID, MOMENT, TEXT, WHOLE, Schema, many, maybe, modelled, one_of, ref, text, thing

HOOKS = "/api/v1/webhook-endpoints"
ENDPOINT = thing(
    id=ID, url=text("https://example.com/hooks"), events=many(one_of("*", *EVENTS)), description=TEXT, enabled=FLAG,
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
        Body(modelled(EndpointSpec, ("url", "events")), {"url": "https://example.com/hooks", "events": ["run.completed"]}),
    ),
    f"GET {HOOKS}/{{endpoint}}": Call(ok(single(ENDPOINT))),
    f"PUT {HOOKS}/{{endpoint}}": Call(ok(single(ENDPOINT)), Body(modelled(EndpointSpec), {"enabled": False}, False)),
    f"DELETE {HOOKS}/{{endpoint}}": Call(ok(single(GONE))),
    f"POST {HOOKS}/{{endpoint}}/rotate": Call(ok(single(NEW_SECRET))),
    f"POST {HOOKS}/{{endpoint}}/test": Call(accepted(single(DELIVERY))),
    f"GET {HOOKS}/{{endpoint}}/deliveries": Call(
        ok(listing(ref("Delivery"))),
        parameters=(*paging("created_at"), Parameter("status", "Only these", one_of("pending", "delivered", "failed"))),
    ),
    f"POST {HOOKS}/{{endpoint}}/deliveries/{{delivery}}/replay": Call(accepted(single(DELIVERY)), refusals=(409,)),
}  # fmt: skip
