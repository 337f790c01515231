"""Signs a message, or checks that a message really comes from where it says.

Both sides know the same secret. `sign` gives the signature and the headers to send with it. `verify` takes the headers
that came with a message; a right signature leaves at `valid`, everything else at `invalid` with the reason. The content must
be exactly the text that was sent, letter by letter, not data that was read from it.

Choose how the service signs: Standard Webhooks, GitHub, Stripe, Slack, or plain, which is only the hash in a header of your
choice. Where the time is signed too, a message that is older than five minutes is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Context, Example, Json, Output, Port, SecretText
from blocks.core._fields import ADVANCED, Text, as_text, when
from blocks.crypto._content import ContentConfig
from blocks.crypto._signatures import Message, Scheme, Unverified, sign, verify

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]


class HmacConfig(ContentConfig):
    """Configuration of the block."""

    operation: Literal["sign", "verify"] = Field("sign", title="Do", description="Sign a message, or check one.")
    scheme: Scheme = Field("standard", title="Signs like", description="Which service's way of signing.")
    secret: SecretText = Field(
        title="Secret", min_length=1, max_length=10_000, description="What both sides know.", json_schema_extra={"initial": ""}
    )
    headers: AnyJson = Field(
        None,
        title="Headers",
        description="For verify: the headers that came, for example {{ input.headers }}.",
        json_schema_extra=when(operation=["verify"]),
    )
    tolerance_seconds: float = Field(
        300,
        title="How old it may be",
        gt=0,
        le=86_400,
        description="In seconds, where the time is signed too.",
        json_schema_extra=ADVANCED | when(operation=["verify"], scheme=["standard", "stripe", "slack"]),
    )
    message_id: Text = Field(
        "",
        title="Number of the message",
        max_length=200,
        description="For Standard Webhooks. Left empty, one is made.",
        json_schema_extra=ADVANCED | when(operation=["sign"], scheme=["standard"]),
    )
    header: HeaderName = Field(
        "X-Signature",
        title="Header",
        description="For plain: where the signature stands.",
        json_schema_extra=ADVANCED | when(scheme=["plain"]),
    )
    algorithm: Literal["sha256", "sha512", "sha1"] = Field(
        "sha256",
        title="Method",
        description="For plain: how it is worked out.",
        json_schema_extra=ADVANCED | when(scheme=["plain"]),
    )


async def execute(context: Context, config: HmacConfig, value: Json) -> Output:
    body, now = config.content(value), context.now().timestamp()
    if config.operation == "sign":
        number = config.message_id or f"msg_{context.idempotency_key.replace(':', '_')}"
        headers = sign(config.scheme, config.secret, Message(body, int(now), number), config.header, config.algorithm)
        return Output({"signature": list(headers.values())[-1], "headers": headers})
    if not isinstance(config.headers, dict):
        raise BlockError("CONFIG_INVALID", "field `headers`: must be an object of names and values", retryable=False)
    headers = {name: as_text(text) for name, text in config.headers.items()}
    try:
        verify(
            config.scheme, config.secret, body, headers, now, config.tolerance_seconds, config.header, config.algorithm
        )  # fmt: skip
    except Unverified as reason:
        return Output({"valid": False, "reason": str(reason)}, ports=("invalid",))
    return Output({"valid": True, "reason": ""}, ports=("valid",))


BLOCK = Block(
    type="crypto.hmac",
    title="Signature",
    category="Crypto",
    icon="signature",
    description="Signs messages and checks signatures (HMAC).",
    config=HmacConfig,
    execute=execute,
    outputs=(Port("output", "Signed"), Port("valid", "Right"), Port("invalid", "Wrong")),
    output_schema={
        "type": "object",
        "properties": {
            "signature": {"type": "string", "description": "For sign."},
            "headers": {"type": "object", "description": "For sign: what to send."},
            "valid": {"type": "boolean", "description": "For verify."},
            "reason": {"type": "string", "description": "For verify: what is wrong."},
        },
    },
    examples=(
        Example(
            "As GitHub does",
            {"scheme": "github", "secret": "It's a Secret to Everybody"},
            input="Hello, World!",
            output={
                "signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                "headers": {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
            },
        ),
        Example(
            "Does it come from them?",
            {"operation": "verify", "scheme": "github", "secret": "guess", "headers": {"X-Hub-Signature-256": "sha256=00"}},
            input="Hello, World!",
            output={"valid": False, "reason": "the signature is wrong"},
            ports=("invalid",),
        ),
    ),
)
