"""Pure: how callers of webhooks prove that they know the secret. Everything is compared in constant time.

A signed call is known by its right signature as we compute it, never by the text that came: that one can be spelled in
more ways.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

MAX_SIGNATURES = 20
"""While a secret is changed, a service signs with both; nobody signs with more than a few."""
LAST_SECOND = 253_402_300_799


class Unproven(Exception):
    """The call does not show that its caller knows the secret; the message says what is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a right signature tells: `digest` names the call, `signed_at` its time in seconds, where that is signed."""

    digest: str
    signed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Generic:
    """An HMAC in a header, over the body or over `<time>.<body>`."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    timestamp_header: str

    def proven(self, secret: bytes, headers: Mapping[str, str], body: bytes) -> Proof:
        given = _needed(headers, self.header)
        moment = _moment(_needed(headers, self.timestamp_header)) if self.timestamp_header else None
        content = body if moment is None else f"{headers[self.timestamp_header.lower()].strip()}.".encode("latin-1") + body
        code = hmac.new(secret, content, self.algorithm).digest()
        text = code.hex() if self.encoding == "hex" else base64.b64encode(code).decode()
        if not given.startswith(self.prefix):
            raise Unproven(f"The signature in {self.header} must begin with `{self.prefix}`.")
        rest = given[len(self.prefix) :]
        _check(text, [rest.lower() if self.encoding == "hex" else rest], self.header)
        return Proof(_named("generic", text), moment)


def github(secret: bytes, headers: Mapping[str, str], body: bytes) -> Proof:
    """`X-Hub-Signature-256: sha256=<hex>` over the body."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    _check(expected, [_needed(headers, "X-Hub-Signature-256")], "X-Hub-Signature-256")
    return Proof(_named("github", expected))


def stripe(secret: bytes, headers: Mapping[str, str], body: bytes) -> Proof:
    """`Stripe-Signature: t=<seconds>,v1=<hex>` over `<seconds>.<body>`; several v1 while the secret is changed."""
    pairs = [part.strip().partition("=") for part in _needed(headers, "Stripe-Signature").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1:
        raise Unproven("Stripe-Signature must hold one time, `t=`.")
    moment = _moment(times[0])
    expected = hmac.new(secret, f"{times[0]}.".encode("latin-1") + body, hashlib.sha256).hexdigest()
    _check(expected, [value for name, _, value in pairs if name == "v1"], "Stripe-Signature")
    return Proof(_named("stripe", expected), moment)


def slack(secret: bytes, headers: Mapping[str, str], body: bytes) -> Proof:
    """`X-Slack-Signature: v0=<hex>` over `v0:<seconds>:<body>`."""
    time = _needed(headers, "X-Slack-Request-Timestamp")
    moment = _moment(time)
    expected = "v0=" + hmac.new(secret, f"v0:{time}:".encode("latin-1") + body, hashlib.sha256).hexdigest()
    _check(expected, [_needed(headers, "X-Slack-Signature")], "X-Slack-Signature")
    return Proof(_named("slack", expected), moment)


def standard(secret: bytes, headers: Mapping[str, str], body: bytes) -> Proof:
    """`webhook-id`, `webhook-timestamp` and `webhook-signature` as standardwebhooks.com has them."""
    message_id, given = _needed(headers, "webhook-id"), _needed(headers, "webhook-signature")
    moment = _moment(_needed(headers, "webhook-timestamp"))
    try:
        signer = Webhook(secret.decode())
    except (EmptyWebhookSecretError, RuntimeError, ValueError):
        raise Unproven("This webhook's secret is none of Standard Webhooks: it must be `whsec_` and base64.") from None
    try:
        expected = signer.sign(message_id, datetime.fromtimestamp(moment, UTC), body.decode())
    except UnicodeDecodeError:
        raise Unproven("Standard Webhooks sign texts; this body is none in UTF-8.") from None
    _check(expected, given.split(), "webhook-signature")
    return Proof(_named("standard", expected), moment)


def basic(username: str, secret: str, headers: Mapping[str, str]) -> None:
    """HTTP basic authentication. Raises Unproven."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic" or not given.strip():
        raise Unproven("The call has no HTTP basic authentication.")
    try:
        pair = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unproven("The basic authentication cannot be read.") from None
    if not hmac.compare_digest(pair, f"{username}:{secret}".encode()):
        raise Unproven("User or secret is wrong.")


def in_header(name: str, secret: str, headers: Mapping[str, str]) -> None:
    """The secret itself in a header. Raises Unproven."""
    given = headers.get(name.lower(), "").encode("latin-1", "replace")
    if not given or not hmac.compare_digest(given, secret.encode()):
        raise Unproven(f"The secret in the header {name} is missing or wrong.")


def _needed(headers: Mapping[str, str], name: str) -> str:
    text = headers.get(name.lower(), "").strip()
    if not text:
        raise Unproven(f"The header {name} is missing.")
    return text


def _moment(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > LAST_SECOND:
        raise Unproven("The signed time must be whole seconds since 1970.")
    return int(text)


def _check(expected: str, given: list[str], header: str) -> None:
    """Raises Unproven unless one of those that are given is right."""
    right = expected.encode()
    if not any(hmac.compare_digest(right, text.encode("latin-1", "replace")) for text in given[:MAX_SIGNATURES]):
        raise Unproven(f"The signature in {header} does not fit secret and body.")


def _named(scheme: str, signature: str) -> str:
    return hashlib.sha256(f"{scheme}:{signature}".encode()).hexdigest()
