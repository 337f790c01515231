"""Starts the workflow when another system calls its address.

Copy the address and the secret into the other system. Deploy the workflow to accept calls without limit, or arm
it to accept exactly one within ten minutes. A call without the right secret is refused.

A JSON object that is sent becomes the variables of the workflow: send `{"order": 7}` and use `variables.order`.
Headers and query of the call are under `execution.request`.

Services that sign their calls (GitHub, Stripe, Slack, all that follow Standard Webhooks, and many others) prove with the
signature that they know the secret, and that nothing was changed on the way. A signed call is accepted once, and only for
some minutes where its time is signed too. A token (JWT) may be used until it is over. More settings say from where and how
often calls may come, and which calls are the same: a repeated one gets the answer of the first, without a second run.
"""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_network
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from app.sdk import Block, Config, Context, Example, Expression, Json, Output, SecretText, kind
from blocks.core._fields import ADVANCED, LongText, when

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Scheme = Literal["secret", "basic", "header", "github", "stripe", "slack", "standard", "generic", "jwt", "none"]
TokenMethod = Literal["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"]

BODY_BYTES = 1_000_000
SIGNED = ("github", "stripe", "slack", "standard", "generic")
SHORTEST_KEYS = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Bytes that a secret must have, by the method that signs with it."""
PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"
PLAIN = ("webhook_id", "webhook_secret", "methods")
"""What a webhook has that is checked by its secret alone."""
HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{0,100}$"


def _only_post() -> list[Method]:
    return ["POST"]


class WebhookConfig(Config):
    """Configuration of the webhook."""

    webhook_id: Annotated[str, kind("webhook_id", mint="uuid")] = Field(
        title="Address", description="The last part of the address that other systems call. A UUID."
    )
    webhook_secret: SecretText = Field(
        "",
        title="Secret",
        max_length=500,
        json_schema_extra={"mint": "uuid"},
        description="Callers send it as `Authorization: Bearer ...`, or sign with it. Without a secret every call is refused.",
    )
    methods: list[Method] = Field(
        default_factory=_only_post, title="Methods", min_length=1, description="Which HTTP methods are accepted."
    )
    scheme: Scheme = Field(
        "secret",
        title="Callers prove themselves by",
        description=(
            "`secret`: the secret as a bearer token or `?token=`. `basic`: user and secret as HTTP basic authentication. "
            "`header`: the secret in a header. The others sign the body: `github`, `stripe`, `slack`, `standard` "
            "(Standard Webhooks, secrets like `whsec_...`), and `generic` for any HMAC in a header. `jwt`: a signed token as a "
            "bearer token. `none`: not at all, so that everybody who knows the address may start this workflow."
        ),
    )
    username: str = Field(
        "", title="User", max_length=200, description="The name that callers send.", json_schema_extra=when(scheme=["basic"])
    )
    signature_header: str = Field(
        "",
        title="Header",
        pattern=HEADER_NAME,
        description="The header with the secret, or with the signature. For example `X-Signature`.",
        json_schema_extra=when(scheme=["header", "generic"]),
    )
    algorithm: Literal["sha256", "sha512", "sha1"] = Field(
        "sha256", title="Algorithm", description="The hash of the HMAC.", json_schema_extra=when(scheme=["generic"])
    )
    encoding: Literal["hex", "base64"] = Field(
        "hex", title="Encoding", description="How the signature is written.", json_schema_extra=when(scheme=["generic"])
    )
    prefix: str = Field(
        "",
        title="Prefix",
        max_length=50,
        description="What stands before the signature, for example `sha256=`.",
        json_schema_extra=when(scheme=["generic"]),
    )
    timestamp_header: str = Field(
        "",
        title="Header with the time",
        pattern=HEADER_NAME,
        description="When callers sign `<seconds>.<body>`: the header with these seconds since 1970. Empty: they sign the body.",
        json_schema_extra=when(scheme=["generic"]),
    )
    jwt_method: TokenMethod = Field(
        "HS256",
        title="Method",
        description="How tokens are signed: HS with the secret, the others with the private key that belongs to a public one.",
        json_schema_extra=when(scheme=["jwt"]),
    )
    jwt_public_key: LongText = Field(
        "",
        title="Public key",
        max_length=10_000,
        description=f"In PEM: it begins with `{PUBLIC_KEY}`.",
        json_schema_extra=when(scheme=["jwt"], jwt_method=["RS256", "PS256", "ES256", "EdDSA"]),
    )
    jwt_audience: str = Field(
        "",
        title="For whom",
        max_length=500,
        description="Tokens must name this in `aud`. Empty: whatever they name. A token must have an end (`exp`) in any case.",
        json_schema_extra=when(scheme=["jwt"]),
    )
    jwt_issuer: str = Field(
        "",
        title="Made by",
        max_length=500,
        description="Tokens must name this in `iss`. Empty: whatever they name.",
        json_schema_extra=when(scheme=["jwt"]),
    )
    replay_seconds: int = Field(
        300,
        title="Signed calls count for (seconds)",
        ge=0,
        le=86_400,
        description=(
            "An older call is refused where its time is signed, and the same call is refused a second time. "
            "0: neither is checked. GitHub signs no time."
        ),
        json_schema_extra=ADVANCED | when(scheme=[*SIGNED]),
    )
    allowed_addresses: list[str] = Field(
        default_factory=list,
        title="Only from these addresses",
        max_length=200,
        description="Addresses or ranges such as `192.0.2.0/24`. Empty: from everywhere.",
        json_schema_extra=ADVANCED,
    )
    calls_per_minute: int | None = Field(
        None,
        title="Calls per minute",
        ge=1,
        le=100_000,
        description="More calls are told when to come back (status 429). Empty: any number.",
        json_schema_extra=ADVANCED,
    )
    max_bytes: int | None = Field(
        None,
        title="Largest body (bytes)",
        ge=1,
        le=BODY_BYTES,
        description="A longer body is refused (status 413). Empty: 1,000,000.",
        json_schema_extra=ADVANCED,
    )
    same_header: str = Field(
        "",
        title="Same call: by header",
        pattern=HEADER_NAME,
        description=(
            "Two calls with the same value in this header are one, for a day: the second gets the answer of the first. "
            "For example `X-GitHub-Delivery`. A call without it always runs."
        ),
        json_schema_extra=ADVANCED,
    )
    same_expression: Expression = Field(
        "",
        title="Same call: by expression",
        max_length=10_000,
        description="The same by a value of the call, for example `variables.order_id`. Where it is null, the call always runs.",
        json_schema_extra=ADVANCED | {"placeholder": "variables.order_id", "value": True},
    )

    @field_validator("webhook_id")
    @classmethod
    def _is_uuid(cls, text: str) -> str:
        try:
            if str(UUID(text)) == text.lower():
                return text
        except ValueError:
            pass
        raise ValueError("must be a UUID" if text else "is needed")

    @field_validator("allowed_addresses")
    @classmethod
    def _are_addresses(cls, texts: list[str]) -> list[str]:
        for text in texts:
            try:
                ip_network(text.strip(), strict=False)
            except ValueError:
                raise ValueError(f"`{text[:60]}` is no address and no range such as 192.0.2.0/24") from None
        return texts

    @model_validator(mode="after")
    def _names_its_header(self) -> WebhookConfig:
        if self.scheme in ("header", "generic") and not self.signature_header:
            raise ValueError("A header is needed: name the one that callers send")
        if self.scheme == "jwt":
            self._can_check_tokens()
        if self.same_header and self.same_expression:
            raise ValueError("Say either by which header or by which expression calls are the same, not both")
        return self

    def _can_check_tokens(self) -> None:
        shortest = SHORTEST_KEYS.get(self.jwt_method)
        if shortest is not None and len(self.webhook_secret.encode()) < shortest:
            raise ValueError(f"A secret of at least {shortest} characters is needed for {self.jwt_method}")
        if shortest is None and not self.jwt_public_key.strip().startswith(PUBLIC_KEY):
            raise ValueError(f"A public key is needed for {self.jwt_method}: PEM that begins with {PUBLIC_KEY}")

    @cached_property
    def is_guarded(self) -> bool:
        """Whether more than the secret, sent as it is, decides about a call."""
        return any(getattr(self, name) != info.get_default(call_default_factory=True) for name, info in _OPTIONS.items())


_OPTIONS = {name: info for name, info in WebhookConfig.model_fields.items() if name not in PLAIN}


async def execute(context: Context, config: WebhookConfig, value: Json) -> Output:
    return Output(value)


BLOCK = Block(
    type="webhook",
    title="Webhook",
    category="Start",
    icon="webhook",
    description="Starts when another system calls the address of this block.",
    config=WebhookConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={"description": "The body of the call as variables."},
    examples=(
        Example(
            "A shop reports an order",
            {"webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": "choose-a-long-one", "methods": ["POST"]},
            input={"order": 7},
            output={"order": 7},
        ),
        Example(
            "GitHub, each delivery once",
            {
                "webhook_id": "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d12",
                "webhook_secret": "the-secret-typed-at-github",
                "scheme": "github",
                "same_header": "X-GitHub-Delivery",
            },
            input={"action": "opened"},
            output={"action": "opened"},
        ),
    ),
)
