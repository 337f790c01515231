"""Makes and checks tokens (JWT), by which programs prove who they are.

`sign` makes a token with your claims; it is valid for as long as you say. `verify` checks signature, times, and if you
name them, for whom it is and who made it; a right token leaves at `valid`, everything else at `invalid` with the reason. The
keys of the other side can also come from their address (JWKS). `decode` only reads, and proves nothing.

The method is the one you choose, never the one that the token names.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, HttpRequest, Json, Output, Port, SecretText, kind
from blocks.core._fields import ADVANCED, LongText, when
from blocks.crypto._content import pem
from blocks.crypto._tokens import Algorithm, Refused, checked, key_of, made, unchecked

EXAMPLE_KEY = "a-secret-of-at-least-32-characters"
EXAMPLE_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.nIlPpJqp4T0i0Hz_X34MLLq9KOuZmDHH89NDuyWUOUk"
OK = 200


class JwtConfig(Config):
    """Configuration of the block."""

    operation: Literal["sign", "verify", "decode"] = Field("verify", title="Do", description="Make, check, or only read a token.")
    token: LongText = Field(
        "",
        title="Token",
        description="For verify and decode. Left empty: the input of the block.",
        json_schema_extra=when(operation=["verify", "decode"]),
    )
    claims: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict,
        title="Claims",
        description='For sign: what the token says, for example {"sub": "ada"}.',
        json_schema_extra=when(operation=["sign"]),
    )
    algorithm: Algorithm = Field(
        "HS256",
        title="Method",
        description="HS needs a secret, the others a pair of keys.",
        json_schema_extra=when(operation=["sign", "verify"]),
    )
    key: SecretText = Field(
        "",
        title="Key",
        max_length=20_000,
        description="The secret, or a key in PEM. Not needed with an address of keys.",
        json_schema_extra=when(operation=["sign", "verify"]),
    )
    jwks_url: str = Field(
        "",
        title="Address of the keys",
        max_length=2_000,
        description="For verify: where the other side publishes its keys (JWKS).",
        json_schema_extra=when(operation=["verify"]),
    )
    expires_seconds: int = Field(
        3_600,
        title="Valid for so many seconds",
        ge=0,
        le=315_360_000,
        description="For sign. 0: without an end and a time of making.",
        json_schema_extra=when(operation=["sign"]),
    )
    audience: str = Field(
        "",
        title="For whom",
        max_length=500,
        description="For sign and verify: aud. May stay empty.",
        json_schema_extra=when(operation=["sign", "verify"]),
    )
    issuer: str = Field(
        "",
        title="Made by",
        max_length=500,
        description="For sign and verify: iss. May stay empty.",
        json_schema_extra=when(operation=["sign", "verify"]),
    )
    key_id: str = Field(
        "",
        title="Name of the key",
        max_length=200,
        description="For sign: kid.",
        json_schema_extra=ADVANCED | when(operation=["sign"]),
    )
    leeway_seconds: float = Field(
        30,
        title="Clocks may differ by",
        ge=0,
        le=600,
        description="In seconds.",
        json_schema_extra=ADVANCED | when(operation=["verify"]),
    )


async def execute(context: Context, config: JwtConfig, value: Json) -> Output:
    if config.operation == "sign":
        return Output({"token": _signed(context, config)})
    token = (config.token or (value if isinstance(value, str) else "")).strip().removeprefix("Bearer ")
    if config.operation == "decode":
        return Output(unchecked(token))
    try:
        key = await _key(context, config, token)
        found = checked(token, key, config.algorithm, config.audience, config.issuer, config.leeway_seconds)
    except Refused as reason:
        return Output({"valid": False, "reason": str(reason)}, ports=("invalid",))
    return Output({"valid": True, "reason": "", **found}, ports=("valid",))


def _signed(context: Context, config: JwtConfig) -> str:
    now = int(context.now().timestamp())
    times = {"iat": now, "exp": now + config.expires_seconds} if config.expires_seconds else {}
    named = {name: text for name, text in (("aud", config.audience), ("iss", config.issuer)) if text}
    return made({**named, **times, **config.claims}, _own_key(config), config.algorithm, config.key_id)


def _own_key(config: JwtConfig) -> str:
    if not config.key:
        raise BlockError("KEY_INVALID", "field `key`: is needed", retryable=False)
    return pem(config.key)


async def _key(context: Context, config: JwtConfig, token: str) -> Json:
    if not config.jwks_url:
        return _own_key(config)
    if config.algorithm.startswith("HS"):
        raise BlockError("CONFIG_INVALID", "field `algorithm`: published keys cannot be used with HS", retryable=False)
    response = await context.http.send(HttpRequest("GET", config.jwks_url, timeout=10))
    try:
        keys = json.loads(response.content) if response.status_code == OK else None
    except (ValueError, RecursionError):
        keys = None
    try:
        key_id = unchecked(token)["header"].get("kid")
    except BlockError:
        raise Refused("this is no token") from None
    return key_of(keys, key_id, config.algorithm)


BLOCK = Block(
    type="crypto.jwt",
    title="Token",
    category="Crypto",
    icon="id-card",
    description="Makes and checks signed tokens (JWT).",
    config=JwtConfig,
    execute=execute,
    needs=frozenset({"http"}),
    outputs=(Port("output", "Made or read"), Port("valid", "Right"), Port("invalid", "Wrong")),
    output_schema={
        "type": "object",
        "properties": {
            "token": {"type": "string", "description": "For sign."},
            "valid": {"type": "boolean", "description": "For verify."},
            "reason": {"type": "string", "description": "For verify: what is wrong."},
            "header": {"type": "object", "description": "For verify and decode."},
            "claims": {"type": "object", "description": "For verify and decode: what the token says."},
        },
    },
    examples=(
        Example(
            "Make a token",
            {"operation": "sign", "claims": {"sub": "{{ input.user }}"}, "key": EXAMPLE_KEY, "expires_seconds": 0},
            input={"user": "ada"},
            output={"token": EXAMPLE_TOKEN},
        ),
        Example(
            "Check it",
            {"key": EXAMPLE_KEY},
            input=EXAMPLE_TOKEN,
            output={
                "valid": True,
                "reason": "",
                "header": {"alg": "HS256", "typ": "JWT"},
                "claims": {"sub": "ada"},
            },
            ports=("valid",),
        ),
        Example(
            "With another key",
            {"key": "another-secret-of-32-characters-or-more"},
            input=EXAMPLE_TOKEN,
            output={"valid": False, "reason": "the signature is wrong, or this is no token"},
            ports=("invalid",),
        ),
    ),
)
