"""How services sign their messages: the headers that they send, and how these are checked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.sdk import BlockError

Scheme = Literal["standard", "github", "stripe", "slack", "plain"]
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Message:
    """What is signed. `id` counts only for Standard Webhooks, the time for all but github and plain."""

    body: bytes
    timestamp: int
    id: str = ""


class Unverified(Exception):
    """The signature is missing, wrong or too old; the text says which."""


def _hex(secret: str, content: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), content, algorithm).hexdigest()


def _standard_key(secret: str) -> bytes:
    """Standard Webhooks writes the key in base64 after a prefix; any other secret is taken as it is."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise BlockError("KEY_INVALID", f"field `secret`: after {PREFIX} there must be base64", retryable=False) from None


def sign(scheme: Scheme, secret: str, message: Message, header: str = "X-Signature", algorithm: str = "sha256") -> dict[str, str]:
    """The headers to send."""
    time = str(message.timestamp)
    match scheme:
        case "github":
            return {"X-Hub-Signature-256": f"sha256={_hex(secret, message.body)}"}
        case "stripe":
            return {"Stripe-Signature": f"t={time},v1={_hex(secret, time.encode() + b'.' + message.body)}"}
        case "slack":
            signature = _hex(secret, b"v0:" + time.encode() + b":" + message.body)
            return {"X-Slack-Request-Timestamp": time, "X-Slack-Signature": f"v0={signature}"}
        case "standard":
            content = message.id.encode() + b"." + time.encode() + b"." + message.body
            signature = base64.b64encode(hmac.new(_standard_key(secret), content, hashlib.sha256).digest()).decode()
            return {"webhook-id": message.id, "webhook-timestamp": time, "webhook-signature": f"v1,{signature}"}
        case "plain":
            return {header: _hex(secret, message.body, algorithm)}


def verify(
    scheme: Scheme,
    secret: str,
    body: bytes,
    headers: Mapping[str, str],
    now: float,
    tolerance: float,
    header: str = "X-Signature",
    algorithm: str = "sha256",
) -> None:
    """Returns when the signature is right. Raises Unverified."""
    given = {name.lower(): text for name, text in headers.items()}
    stamp, wanted = _stamped(scheme, given)
    if scheme in ("standard", "stripe", "slack") and abs(now - stamp) > tolerance:
        raise Unverified("the signature is too old, or from the future")
    right = sign(scheme, secret, Message(body, stamp, given.get("webhook-id", "")), header, algorithm)
    expected = list(right.values())[-1]
    offered = _offered(scheme, wanted if wanted is not None else given.get(header.lower(), ""))
    if not offered:
        raise Unverified("there is no signature")
    expected = expected.rpartition("v1=")[2] if scheme == "stripe" else expected
    if not any([hmac.compare_digest(expected.encode(), one.encode()) for one in offered]):
        raise Unverified("the signature is wrong")


def _stamped(scheme: Scheme, given: Mapping[str, str]) -> tuple[int, str | None]:
    """The time that a message names, and its signatures."""
    match scheme:
        case "standard":
            return _time(given.get("webhook-timestamp")), given.get("webhook-signature", "")
        case "slack":
            return _time(given.get("x-slack-request-timestamp")), given.get("x-slack-signature", "")
        case "stripe":
            text = given.get("stripe-signature", "")
            times = [part[2:] for part in text.split(",") if part.startswith("t=")]
            return _time(times[0] if times else None), text
        case "github":
            return 0, given.get("x-hub-signature-256", "")
    return 0, None


def _time(text: str | None) -> int:
    if text is None:
        raise Unverified("there is no signature")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Unverified("the time of the signature cannot be read")
    return int(text)


def _offered(scheme: Scheme, text: str) -> list[str]:
    """The signatures in a header; while a secret is being changed there may be several."""
    match scheme:
        case "standard":
            return text.split()
        case "stripe":
            return [part[3:] for part in text.split(",") if part.startswith("v1=")]
    return [text.strip()] if text.strip() else []
