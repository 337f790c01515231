"""What webhooks ask of their callers beside the secret: a signature, once, from there, not too much, not too often."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support import signing
from tests.support.connections import until
from tests.support.data import github_webhooks
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, hook_url
from tests.support.server import Client, ServerProcess

BODY = b'{"order": 7}'
GENERIC = {"scheme": "generic", "signature_header": "X-Sign", "timestamp_header": "X-Time"}
TIMED: dict[str, tuple[dict[str, Any], Callable[..., dict[str, str]]]] = {
    "stripe": ({"scheme": "stripe"}, signing.stripe),
    "slack": ({"scheme": "slack"}, signing.slack),
    "standard": ({"scheme": "standard"}, signing.standard),
    "generic": (GENERIC, signing.generic),
}


def guarded(client: Client, secret: str = "", **config: Any) -> dict[str, Any]:
    """A deployed webhook whose answer is the variables that came."""
    hook = webhook(secret=secret or signing.WHSEC, **config)
    echo = block("end", "response", {"body": "{{ variables }}"})
    client.deployed(hook, echo, edges=["hook>end"])
    return hook


def post(
    server: ServerProcess, hook: dict[str, Any], headers: dict[str, str] | None = None, body: bytes = BODY
) -> httpx.Response:
    """Without the secret as a bearer token."""
    return httpx.post(
        hook_url(server, hook), content=body, headers={"Content-Type": "application/json"} | (headers or {}), timeout=30
    )


def test_every_real_body_of_github_is_taken_with_its_signature_and_with_no_other(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, "a secret typed at GitHub", scheme="github")
    secret = hook["config"]["webhook_secret"]
    for sample in github_webhooks():
        body = json.dumps(sample["payload"], ensure_ascii=False).encode()
        headers = signing.github(secret, body, sample["event"])
        assert post(server, hook, headers, body[:-1] + b" }").status_code == 401
        assert post(server, hook, headers, body).json() == sample["payload"]


@pytest.mark.parametrize("scheme", TIMED)
def test_a_signed_call_counts_once_and_for_five_minutes(client: Client, server: ServerProcess, scheme: str) -> None:
    config, sign = TIMED[scheme]
    hook = guarded(client, **config)
    secret = hook["config"]["webhook_secret"]
    headers = sign(secret, BODY)
    assert post(server, hook, headers).json() == {"order": 7}
    again = post(server, hook, headers)
    assert (again.status_code, again.json()["error"]) == (409, "REPLAYED")
    for age in (310, -310):
        stale = post(server, hook, sign(secret, BODY, age))
        assert (stale.status_code, "300 are allowed" in stale.json()["message"]) == (401, True)
    assert post(server, hook, sign("whsec_AAAA", BODY, 1)).status_code == 401
    assert post(server, hook, sign(secret, BODY, 1), b'{"order": 8}').status_code == 401
    assert post(server, hook).status_code == 401
    assert call_hook(server, hook).status_code == 401, "the secret itself is no signature"


def test_of_the_same_signed_call_at_the_same_time_one_runs(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, scheme="github")
    headers = signing.github(hook["config"]["webhook_secret"], BODY)
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: post(server, hook, headers).status_code, range(8)))
    assert statuses == [200] + [409] * 7


def test_a_replay_is_refused_after_a_restart_too(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    hook = guarded(client, scheme="stripe", replay_seconds=3600)
    headers = signing.stripe(hook["config"]["webhook_secret"], BODY)
    assert post(own_server, hook, headers).status_code == 200
    own_server.kill()
    own_server.start()
    assert post(own_server, hook, headers).status_code == 409


def test_a_refused_call_uses_up_neither_the_arm_nor_its_signature(client: Client, server: ServerProcess) -> None:
    hook = webhook(secret=signing.WHSEC, scheme="standard")
    workflow = client.new(hook)
    headers = signing.standard(signing.WHSEC, BODY)
    assert post(server, hook, headers).status_code == 403
    client.post(f"/api/workflows/{workflow}/arm")
    assert post(server, hook, headers | {"webhook-id": "forged"}).status_code == 401
    assert post(server, hook, headers).status_code == 200
    assert post(server, hook, headers).status_code == 403, "the armed call has been used"


def test_basic_authentication_and_a_header_of_ones_own(client: Client, server: ServerProcess) -> None:
    basic = guarded(client, "p:w", scheme="basic", username="shop")
    assert httpx.post(hook_url(server, basic), json={}, auth=("shop", "p:w")).status_code == 200
    assert {httpx.post(hook_url(server, basic), json={}, auth=("shop", guess)).status_code for guess in ("", "p", "p:ww")} == {
        401
    }
    own = webhook(secret="s3cret-in-a-header", scheme="header", signature_header="X-Shop-Key")
    shown = block("end", "response", {"body": "{{ execution.request.headers }}"})
    client.deployed(own, shown, edges=["hook>end"])
    answer = post(server, own, {"X-Shop-Key": "s3cret-in-a-header", "X-Other": "seen"})
    assert (answer.status_code, answer.json()["x-other"], "x-shop-key" in answer.json()) == (200, "seen", False)
    assert post(server, own, {"X-Shop-Key": "s3cret"}).status_code == 401


@pytest.mark.parametrize("config", [{"same_header": "X-GitHub-Delivery"}, {"same_expression": "variables.order"}])
def test_the_same_call_gets_the_first_answer_and_runs_once(client: Client, server: ServerProcess, config: dict[str, str]) -> None:
    hook = guarded(client, "s", scheme="github", **config)
    other = guarded(client, "s", **config)
    one, two = (signing.github("s", BODY, delivery=uuid4().hex if "same_header" in config else "") for _ in range(2))
    first = post(server, hook, one)
    second = post(server, hook, one)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.headers["x-execution-id"] == second.headers["x-execution-id"]
    assert second.headers["idempotent-replayed"] == "true"
    if "same_header" in config:
        assert post(server, hook, two).status_code == 409, "another number for the same signed body does not help"
        assert post(server, hook, {**one, "X-Hub-Signature-256": "sha256=00"}).status_code == 401
    elsewhere = call_hook(server, other, {"order": 7}, headers={"X-GitHub-Delivery": one["X-GitHub-Delivery"]})
    assert elsewhere.headers["x-execution-id"] != first.headers["x-execution-id"]


def test_calls_without_what_makes_them_the_same_all_run(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, same_expression="variables.get('order')")
    ids = {call_hook(server, hook, {"other": 1}).headers["x-execution-id"] for _ in range(2)}
    assert len(ids) == 2


def test_too_many_calls_in_a_minute_are_told_when_to_come_back(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, calls_per_minute=3)
    assert {call_hook(server, hook, secret="wrong").status_code for _ in range(5)} == {401}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call_hook(server, hook), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert call_hook(server, guarded(client, calls_per_minute=3)).status_code == 200, "each webhook counts for itself"


def test_a_restart_gives_no_further_calls(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    called, fresh = guarded(client, calls_per_minute=1), guarded(client, calls_per_minute=1)
    assert call_hook(own_server, called).status_code == 200
    own_server.kill()
    own_server.start()
    assert call_hook(own_server, called).status_code == 429
    assert [call_hook(own_server, fresh).status_code for _ in range(2)] == [200, 429]


def test_a_body_that_is_larger_than_this_webhook_takes(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, max_bytes=20)
    assert call_hook(server, hook, {"a": "b"}).status_code == 200
    answer = call_hook(server, hook, {"a": "b" * 20})
    assert (answer.status_code, answer.json()["error"]) == (413, "TOO_LARGE")


def test_only_from_listed_addresses(client: Client, server: ServerProcess) -> None:
    here, elsewhere = (guarded(client, allowed_addresses=[text]) for text in ("127.0.0.0/8", "192.0.2.7"))
    assert call_hook(server, here).status_code == 200
    for headers in ({}, {"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}, {"X-Real-IP": "192.0.2.7"}):
        answer = call_hook(server, elsewhere, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "ADDRESS_REFUSED")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"allowed_addresses": ["nowhere"]}, "allowed_addresses"),
        ({"scheme": "generic"}, ""),
        ({"signature_header": "two words"}, "signature_header"),
        ({"scheme": "nothing"}, "scheme"),
        ({"scheme": "jwt", "webhook_secret": "too short to sign with"}, ""),
        ({"scheme": "jwt", "jwt_method": "ES256"}, ""),
        ({"scheme": "jwt", "jwt_method": "none"}, "jwt_method"),
        ({"max_bytes": 2_000_000}, "max_bytes"),
        ({"same_header": "X", "same_expression": "1"}, ""),
    ],
)
def test_settings_that_cannot_work_are_not_deployed(client: Client, config: dict[str, Any], field: str) -> None:
    answer = client.post(f"/api/workflows/{client.new(webhook(**config))}/deploy")
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, field)


def test_settings_that_only_a_run_could_tell_let_nobody_in(client: Client, server: ServerProcess) -> None:
    hook = guarded(client, "s", scheme="basic", username="{{ variables.user }}")
    answer = httpx.post(hook_url(server, hook), json={"user": "me"}, auth=("me", "s"))
    assert (answer.status_code, answer.json()["error"]) == (503, "WEBHOOK_SETTINGS")
    assert call_hook(server, hook).status_code == 503


def test_why_a_call_was_refused_is_shown_at_the_block(client: Client, server: ServerProcess) -> None:
    hook = webhook(secret="right", same_header="X-Id")
    workflow = client.deployed(hook)

    def form() -> str:
        data = {"block": json.dumps(hook), "_csrf": client.headers["X-CSRF-Token"]}
        return client.post(f"/workflows/{workflow}/form", data=data).text

    assert "Last refused call" not in form()
    for _ in range(3):
        assert call_hook(server, hook, secret="wrong").status_code == 401
    until(lambda: "3 calls" in form())
    shown = form()
    assert "secret is missing or wrong" in shown
    assert "127.0.0.1" in shown
    assert "wrong&" not in shown
