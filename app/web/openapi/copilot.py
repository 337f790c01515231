"""The copilot in the OpenAPI description."""

from __future__ import annotations

from app.services.copilot.conversations import LONGEST_MESSAGE
from app.services.copilot.model import CopilotModel
from app.services.copilot.service import INTENTS, LONGEST_ID, QUESTIONS
from app.web.openapi.calls import Body, Call, Parameter, Tables, made, ok
from app.web.openapi.credentials import LONGEST, NO_BREAK
from app.web.openapi.kinds import ADDRESS, ANY, FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, WHOLE, Schema
from app.web.openapi.shapes import asked, either, many, maybe, modelled, needing, one_of, ref, text, thing, with_fields
from app.web.openapi.streams import COPILOT, streamed
from app.web.openapi.studio import GRAPH_FIELDS, with_annotations

MESSAGE: Schema = {
    "type": "object",
    "required": ["id", "role", "state", "revision", "created_at", "text"],
    "properties": {
        "id": ID, "role": text("assistant"), "state": text("done"), "revision": WHOLE, "created_at": MOMENT, "text": TEXT,
        "intent": TEXT, "block_id": TEXT, "execution_id": TEXT, "tools": ANY, "question": ANY, "error": ANY, "usage": ANY,
        "proposal": maybe(OBJECT),
    },
    "description": "Questions name what they are about; answers say what was done, and may make a proposal.",
}  # fmt: skip
PROPOSAL = thing(
    id=ID, message_id=ID, base_revision=WHOLE, revision=WHOLE, state=text("open"), summary=TEXT, operations=many(OBJECT),
    changes=many(OBJECT), problems=many(OBJECT), cautions=many(ANY), simulation=ANY,
)  # fmt: skip
CONVERSATION = thing(id=ID, title=TEXT, workflow_id=ID, running=maybe(TEXT), messages=many(ref("CopilotMessage")))
SCHEMAS: dict[str, Schema] = {"CopilotMessage": MESSAGE, "Proposal": PROPOSAL, "Conversation": CONVERSATION}
OK = thing(ok=FLAG)
READY: Schema = {
    "type": "object",
    "required": ["ready", "may_set_up"],
    "properties": {
        "ready": FLAG, "may_set_up": FLAG, "provider": TEXT, "model": TEXT, "settings": maybe(OBJECT),
        "spending": thing(
            tokens=WHOLE, cost=NUMBER, requests=WHOLE, priced=FLAG, daily_tokens=maybe(WHOLE), daily_cost=maybe(NUMBER)
        ),
    },
}  # fmt: skip
SETTINGS = modelled(CopilotModel)
MAY_BE_ADDRESS: Schema = {"anyOf": [ADDRESS, {"const": ""}]}
SENT_FIELDS = with_fields(
    SETTINGS,
    api_key=text(most=LONGEST, pattern=NO_BREAK),
    model=text("a-model", least=1, most=200),
    base_url=MAY_BE_ADDRESS,
)
SENT_SETTINGS = either(
    needing(SENT_FIELDS, "model"),
    {"required": ["base_url"], "properties": {"base_url": ADDRESS}},
    {"required": ["provider"], "properties": {"provider": one_of("anthropic", "google")}},
)
SETTINGS_EXAMPLE = {"base_url": "http://127.0.0.1:11434/v1", "model": "a-model"}
MESSAGE_TEXT = text("Send me a mail every morning", most=LONGEST_MESSAGE, pattern=r"\S")
OTHER_ID = text(most=LONGEST_ID)
WISH = either(
    asked(message=MESSAGE_TEXT, intent=one_of(*INTENTS), block_id=OTHER_ID, execution_id=OTHER_ID),
    {"required": ["message"]},
    {"required": ["intent"], "properties": {"intent": one_of(*(intent for intent in INTENTS if intent in QUESTIONS))}},
)
CHANGES: Schema = maybe(many(WHOLE))
PICKED = {"changes": [0]}
CLIENT = text("editor-1", most=64, pattern="^[A-Za-z0-9._-]*$")
BUSY = (409, 413, 429)

CALLS: Tables = {
    "GET /api/workflows/{workflow}/copilot/sessions": Call(
        ok(thing(sessions=many(thing(id=ID, title=TEXT, updated_at=MOMENT))))
    ),
    "POST /api/workflows/{workflow}/copilot/sessions": Call(made(thing(id=ID, title=TEXT, workflow_id=ID)), refusals=(409,)),
    "GET /api/copilot/sessions/{session}": Call(ok(ref("Conversation"))),
    "DELETE /api/copilot/sessions/{session}": Call(ok(OK)),
    "POST /api/copilot/sessions/{session}/chat": Call(
        streamed("The answer while it is made", COPILOT), Body(WISH, {"message": "Send me a mail every morning"}), refusals=BUSY
    ),
    "GET /api/copilot/sessions/{session}/events": Call(streamed("The answer that is being made", COPILOT)),
    "POST /api/copilot/sessions/{session}/stop": Call(ok(thing(ok=FLAG, stopped=FLAG))),
    "POST /api/copilot/messages/{message}/retry": Call(streamed("The new answer", COPILOT), refusals=BUSY),
    "PUT /api/copilot/messages/{message}": Call(
        streamed("The new answer", COPILOT), Body(asked({"message": MESSAGE_TEXT}), {"message": "Every evening"}), refusals=BUSY
    ),
    "GET /api/copilot/messages/{message}/snapshot": Call(ok(with_annotations(thing(revision=WHOLE, **GRAPH_FIELDS)))),
    "POST /api/copilot/messages/{message}/restore": Call(ok(thing(ok=FLAG, revision=WHOLE)), refusals=(409,)),
    "GET /api/copilot/proposals/{proposal}": Call(ok(ref("Proposal"))),
    "POST /api/copilot/proposals/{proposal}/accept": Call(
        ok(thing(proposal=ref("Proposal"), revision=WHOLE, batch_id=TEXT, operations=many(OBJECT))),
        Body(asked(changes=CHANGES, client_id=CLIENT), PICKED, False), refusals=(409, 412),
    ),
    "POST /api/copilot/proposals/{proposal}/reject": Call(
        ok(ref("Proposal")), Body(asked(changes=CHANGES), PICKED, False), refusals=(409,)
    ),
    "GET /api/copilot/model": Call(ok(READY)),
    "PUT /api/copilot/model": Call(ok(thing(ok=FLAG, settings=OBJECT)), Body(SENT_SETTINGS, SETTINGS_EXAMPLE), refusals=(409,)),
    "DELETE /api/copilot/model": Call(ok(OK)),
    "POST /api/copilot/model/test": Call(ok(thing(works=FLAG, message=TEXT)), Body(SENT_SETTINGS, SETTINGS_EXAMPLE)),
    "GET /api/copilot/templates": Call(
        ok(thing(templates=many(thing(name=TEXT, title=TEXT, description=TEXT, needs=many(TEXT))))),
        parameters=(Parameter("q", "Words that say what is wanted", TEXT),),
    ),
}  # fmt: skip
