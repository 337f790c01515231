"""Tells another system that something has happened: a signed message to its address (a webhook).

The message says which event it is, when it happened, and carries your data. It is signed with the secret that both sides know,
so that the receiver can tell that it comes from you: the way of Standard Webhooks, of GitHub, of Stripe, of Slack, or a plain
hash.

A message that is repeated, because the answer was lost or the receiver was down, has the same number, by which the receiver
knows that it has it already. Set tries and pauses at this block; when the receiver names a time to wait, it is kept.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from app.sdk import AnyJson, Block, Config, Context, CredentialName, Example, HttpRequest, Json, Output, SecretText
from blocks.core._fields import ADVANCED, Text, cut, when
from blocks.crypto._signatures import Message, Scheme, sign
from blocks.net._answers import check


class WebhookSendConfig(Config):
    """Configuration of the message."""

    url: str = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="Where the message goes.",
        json_schema_extra={"initial": "", "placeholder": "https://example.com/hooks"},
    )
    event: Text = Field("", title="Event", max_length=200, description="What happened, for example order.paid. May stay empty.")
    payload: AnyJson = Field(None, title="Data", description="What is sent. Left out, it is the input of the block.")
    envelope: bool = Field(
        True,
        title="With event and time",
        description="Sends {type, timestamp, data}; otherwise only the data.",
        json_schema_extra=ADVANCED,
    )
    scheme: Scheme = Field("standard", title="Signed like", description="How the message is signed.")
    secret: SecretText = Field(
        "", title="Secret", max_length=1_000, description="What both sides know. Left empty, it is not signed."
    )
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] = Field(
        "X-Signature",
        title="Header",
        description="For plain: where the signature stands.",
        json_schema_extra=ADVANCED | when(scheme=["plain"]),
    )
    headers: dict[str, Text] = Field(
        default_factory=dict, title="More headers", max_length=50, description="Sent along.", json_schema_extra=ADVANCED
    )
    credential: CredentialName = Field(
        "", title="Credential", description="When the receiver also wants a login.", json_schema_extra=ADVANCED
    )
    method: Literal["POST", "PUT"] = Field("POST", title="Method", description="Nearly always POST.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(15_000, title="Timeout", ge=100, le=120_000, description="Milliseconds to wait for the answer.")


async def execute(context: Context, config: WebhookSendConfig, value: Json) -> Output:
    number = f"msg_{hashlib.sha256(context.idempotency_key.encode()).hexdigest()[:27]}"
    body = _body(context, config, value)
    headers = {"Content-Type": "application/json", **config.headers}
    if config.secret:
        message = Message(body, int(context.now().timestamp()), number)
        headers |= sign(config.scheme, config.secret, message, config.header)
    request = HttpRequest(
        config.method,
        config.url,
        headers={"webhook-id": number, **headers},
        content=body,
        timeout=config.timeout_ms / 1000,
        credential=config.credential,
        follow_redirects=False,
    )
    started = context.now()
    response = await context.http.send(request)
    milliseconds = int((context.now() - started).total_seconds() * 1000)
    context.log(
        f"{number} to {urlsplit(config.url).hostname}: {len(body)} bytes, answered {response.status_code} after {milliseconds} ms"
    )  # fmt: skip
    check(config.method, config.url, response)
    answer = {
        "message_id": number,
        "status_code": response.status_code,
        "milliseconds": milliseconds,
        "body": cut(response.text, 2_000),
    }
    return Output(answer)


def _body(context: Context, config: WebhookSendConfig, value: Json) -> bytes:
    data = config.payload if "payload" in config.model_fields_set else value
    sent = {"type": config.event, "timestamp": context.now().isoformat(), "data": data} if config.envelope else data
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


BLOCK = Block(
    type="webhook.send",
    title="Send webhook",
    category="Connect",
    icon="send",
    description="Sends a signed message to another system.",
    config=WebhookSendConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"http"}),
    timeout_ms=130_000,
    sample={"message_id": "msg_0", "status_code": 204, "milliseconds": 0, "body": ""},
    output_schema={
        "type": "object",
        "properties": {
            "message_id": {"type": "string", "description": "The number of the message; a repetition has the same."},
            "status_code": {"type": "integer"},
            "milliseconds": {"type": "integer", "description": "How long the receiver took."},
            "body": {"type": "string", "description": "The beginning of the answer."},
        },
        "required": ["message_id", "status_code", "milliseconds", "body"],
    },
    examples=(
        Example(
            "An order was paid",
            {
                "url": "https://shop.example.com/hooks",
                "event": "order.paid",
                "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "payload": "{{ input.order }}",
            },
            input={"order": {"id": 7, "total": 12.5}},
            output={"message_id": "msg_2f0c1d…", "status_code": 204, "milliseconds": 85, "body": ""},
            runnable=False,
        ),
    ),
)
