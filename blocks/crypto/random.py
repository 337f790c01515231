"""Makes something that nobody can guess: an id, a token, a password, a number; or the six digits of a login app.

`uuid4` is a random id, `uuid7` one whose order is that of time, which databases like. `token` is for links and keys;
`password` is for people, without letters that look alike. `integer` draws a whole number from one to the other.
`totp` gives the digits that a login app shows now, from its secret.

The results stand in the record of the execution, as all outputs do.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output, SecretText
from blocks.core._fields import ADVANCED, when
from blocks.crypto._content import Encoding, encoded

LETTERS = "abcdefghijkmnopqrstuvwxyz"
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
TOTP_SECONDS = 30
SIGNS = "!#$%&*+-=?@_"


class RandomConfig(Config):
    """Configuration of the block."""

    kind: Literal["uuid4", "uuid7", "token", "password", "integer", "totp"] = Field(
        "uuid4", title="Make", description="What to make."
    )
    length: int = Field(
        24,
        title="Length",
        ge=8,
        le=1_024,
        description="For a password its characters, for a token its bytes; 16 are enough.",
        json_schema_extra=when(kind=["token", "password"]),
    )
    encoding: Encoding = Field(
        "base64url",
        title="Written as",
        description="For a token: how its bytes are written.",
        json_schema_extra=when(kind=["token"]),
    )
    signs: bool = Field(
        True,
        title="With signs",
        description="For a password: whether it has signs such as ! and ?",
        json_schema_extra=when(kind=["password"]),
    )
    lower: int = Field(
        1,
        title="From",
        ge=-(2**53),
        le=2**53,
        description="For an integer: the smallest.",
        json_schema_extra=when(kind=["integer"]),
    )
    upper: int = Field(
        100,
        title="To",
        ge=-(2**53),
        le=2**53,
        description="For an integer: the largest.",
        json_schema_extra=when(kind=["integer"]),
    )
    secret: SecretText = Field(
        "",
        title="Secret of the app",
        max_length=200,
        description="For totp: the secret in base32.",
        json_schema_extra=when(kind=["totp"]),
    )
    digits: Literal[6, 8] = Field(6, title="Digits", description="For totp.", json_schema_extra=ADVANCED | when(kind=["totp"]))

    @field_validator("upper")
    @classmethod
    def _ends_are_in_order(cls, upper: int, info: ValidationInfo) -> int:
        if upper < info.data.get("lower", upper):
            raise ValueError("must not be less than the smallest")
        return upper


async def execute(context: Context, config: RandomConfig, value: Json) -> Output:
    match config.kind:
        case "uuid4":
            return Output(str(uuid.uuid4()))
        case "uuid7":
            return Output(_uuid7(context.now().timestamp()))
        case "token":
            return Output(encoded(secrets.token_bytes(config.length), config.encoding))
        case "password":
            return Output(_password(config.length, signs=config.signs))
        case "integer":
            return Output(config.lower + secrets.randbelow(config.upper - config.lower + 1))
        case "totp":
            return Output(_totp(config, context.now().timestamp()))


def _uuid7(seconds: float) -> str:
    """48 bits of milliseconds, then random ones, with version and variant in their places (RFC 9562)."""
    number = (int(seconds * 1000) << 80) | secrets.randbits(80)
    number = number & ~(0xF << 76) | (7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=number))


def _password(length: int, *, signs: bool) -> str:
    """At least one of each kind, in random order."""
    kinds = [LETTERS, CAPITALS, DIGITS, *([SIGNS] if signs else [])]
    found = [secrets.choice(kind) for kind in kinds]
    found += [secrets.choice("".join(kinds)) for _ in range(length - len(found))]
    secrets.SystemRandom().shuffle(found)
    return "".join(found)


def _totp(config: RandomConfig, seconds: float) -> str:
    """The digits of RFC 6238: from the secret and the number of half minutes since 1970."""
    bare = "".join(config.secret.split()).upper().rstrip("=")
    try:
        key = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        key = b""
    if not key:
        raise BlockError("KEY_INVALID", "field `secret`: must be the secret in base32: A to Z and 2 to 7", retryable=False)
    digest = hmac.new(key, int(seconds // TOTP_SECONDS).to_bytes(8, "big"), "sha1").digest()
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**config.digits).zfill(config.digits)


BLOCK = Block(
    type="crypto.random",
    title="Random",
    category="Crypto",
    icon="dices",
    description="Makes ids, tokens, passwords, numbers and login digits.",
    config=RandomConfig,
    execute=execute,
    output_schema={"type": ["string", "integer"], "description": "What was made."},
    examples=(
        Example("A number from one to one", {"kind": "integer", "lower": 1, "upper": 1}, output=1),
        Example("The digits of a login app", {"kind": "totp", "secret": "JBSW Y3DP EHPK 3PXP"}, output="014775"),
        Example("An id", {"kind": "uuid7"}, output="019b3b5e-8f00-7c3a-9d4e-5f60718293a4", runnable=False),
    ),
)
