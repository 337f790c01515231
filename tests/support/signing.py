"""Calls signed as other services sign them."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime
from uuid import uuid4

from standardwebhooks import Webhook

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _hex(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def github(secret: str, body: bytes, event: str = "push", delivery: str = "") -> dict[str, str]:
    about = {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery or str(uuid4())}
    return {"X-Hub-Signature-256": f"sha256={_hex(secret, body)}"} | about


def stripe(secret: str, body: bytes, age: int = 0) -> dict[str, str]:
    moment = int(time.time()) - age
    return {"Stripe-Signature": f"t={moment},v1={_hex(secret, f'{moment}.'.encode() + body)}"}


def slack(secret: str, body: bytes, age: int = 0) -> dict[str, str]:
    moment = int(time.time()) - age
    return {"X-Slack-Request-Timestamp": f"{moment}", "X-Slack-Signature": f"v0={_hex(secret, f'v0:{moment}:'.encode() + body)}"}


def standard(secret: str, body: bytes, age: int = 0) -> dict[str, str]:
    moment = int(time.time()) - age
    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(moment, UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(moment), "webhook-signature": signature}


def generic(secret: str, body: bytes, age: int = 0) -> dict[str, str]:
    """As a webhook with `signature_header` X-Sign and `timestamp_header` X-Time takes it."""
    moment = int(time.time()) - age
    return {"X-Time": str(moment), "X-Sign": _hex(secret, f"{moment}.".encode() + body)}
