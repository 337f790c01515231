"""Signatures of webhook calls, against the examples that the services themselves give, and against whoever guesses."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from app.services import hook_signatures as signatures
from app.services.hook_signatures import Generic, Proof, Unproven

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
    b".803a0bc887a14d10d2c447fce8b6703c"
)
STANDARD_SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def stripe_header(secret: bytes, moment: int, body: bytes) -> str:
    return f"t={moment},v1={hmac.new(secret, f'{moment}.'.encode() + body, hashlib.sha256).hexdigest()}"


def refused(check: object, secret: bytes, headers: Mapping[str, str], body: bytes) -> str:
    assert callable(check)
    with pytest.raises(Unproven) as error:
        check(secret, headers, body)
    return str(error.value)


def test_the_example_of_github() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": signature}
    assert signatures.github(b"It's a Secret to Everybody", headers, b"Hello, World!").signed_at is None
    assert "does not fit" in refused(signatures.github, b"It's a Secret to Everybody", headers, b"Hello, world!")
    assert "does not fit" in refused(signatures.github, b"another", headers, b"Hello, World!")
    assert "missing" in refused(signatures.github, b"It's a Secret to Everybody", {}, b"Hello, World!")


def test_the_example_of_slack() -> None:
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = {"x-slack-request-timestamp": "1531420618", "x-slack-signature": signature}
    secret = b"8f742231b10e8888abcd99yyyzzz85a5"
    assert signatures.slack(secret, headers, SLACK_BODY).signed_at == 1531420618
    assert "does not fit" in refused(signatures.slack, secret, headers | {"x-slack-request-timestamp": "1531420619"}, SLACK_BODY)


def test_the_example_of_standard_webhooks() -> None:
    assert signatures.standard(STANDARD_SECRET, STANDARD, b'{"test": 2432232314}').signed_at == 1614265330
    for header, value in [("webhook-id", "msg_other"), ("webhook-timestamp", "1614265331"), ("webhook-signature", "v1,AAAA")]:
        assert "does not fit" in refused(
            signatures.standard, STANDARD_SECRET, STANDARD | {header: value}, b'{"test": 2432232314}'
        )
    assert "base64" in refused(signatures.standard, b"whsec_", STANDARD, b"{}")
    assert "UTF-8" in refused(signatures.standard, STANDARD_SECRET, STANDARD, b"\xff")


def test_what_the_library_signs_is_accepted() -> None:
    now = datetime.now(UTC)
    signature = Webhook(STANDARD_SECRET.decode()).sign("msg_1", now, "{}")
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1a,x v1,y {signature}",
    }
    assert signatures.standard(STANDARD_SECRET, headers, b"{}").signed_at == int(now.timestamp())


def test_stripe_signs_time_and_body_and_may_do_so_twice() -> None:
    right = stripe_header(b"whsec_test", 1492774577, b"{}")
    old = "v1=" + "0" * 64
    for header in (right, right.replace(",v1", f", {old} ,v1"), f"{right},v0=ignored"):
        assert signatures.stripe(b"whsec_test", {"stripe-signature": header}, b"{}").signed_at == 1492774577
    for header in (right.replace("1492774577", "1492774578"), f"t=1492774577,{old}", f"t=1,{right}", "v1=abc", "t=soon,v1=abc"):
        refused(signatures.stripe, b"whsec_test", {"stripe-signature": header}, b"{}")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("time_header", ["", "X-Time"])
def test_any_hmac_in_a_header(algorithm: str, encoding: str, time_header: str) -> None:
    content = b"1700000000.body" if time_header else b"body"
    code = hmac.new(b"key", content, algorithm).digest()
    text = code.hex().upper() if encoding == "hex" else base64.b64encode(code).decode()
    headers = {"x-sign": f"v2={text}", "x-time": "1700000000"}
    generic = Generic("X-Sign", algorithm, encoding, "v2=", time_header)
    assert generic.proven(b"key", headers, b"body").signed_at == (1700000000 if time_header else None)
    for wrong in ({"x-sign": text}, {"x-sign": "v2="}, {"x-sign": ""}, {"x-sign": "v2=\xe9"}):
        refused(generic.proven, b"key", headers | wrong, b"body")
    refused(generic.proven, b"key", headers, b"Body")


def test_a_call_is_known_however_its_signature_is_spelled() -> None:
    """Else a call that was listened to could be sent again with another spelling of the same signature."""
    code = hmac.new(b"key", b"body", hashlib.sha256).hexdigest()
    generic = Generic("X-Sign", "sha256", "hex", "", "")
    spelled: list[Proof] = [generic.proven(b"key", {"x-sign": text}, b"body") for text in (code, code.upper(), f" {code} ")]
    assert len({proof.digest for proof in spelled}) == 1
    right = stripe_header(b"key", 1492774577, b"{}")
    twice = [signatures.stripe(b"key", {"stripe-signature": text}, b"{}") for text in (right, f"v1=00,{right},v0=1")]
    assert len({proof.digest for proof in twice}) == 1


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic dXNlcg==", "Bearer dXNlcjpzZWNyZXQ=", "Basic dXNlcjp3cm9uZw=="]
)
def test_basic_authentication_is_user_and_secret(header: str) -> None:
    signatures.basic("user", "secret", {"authorization": "basic dXNlcjpzZWNyZXQ="})
    with pytest.raises(Unproven):
        signatures.basic("user", "secret", {"authorization": header})
