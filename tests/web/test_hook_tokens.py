"""Webhooks whose callers bring a signed token, and those that ask for nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, hook_url
from tests.support.server import Client, ServerProcess

SECRET = "k3y-of-tokens-" + "0123456789abcdef" * 4
OTHER = "0ther-k3y-of-tokens-" + "fedcba9876543210" * 4


def token(key: Any = SECRET, method: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """With an end in a minute, unless said otherwise."""
    said = {"exp": int(time.time()) + 60, **claims}
    return jwt.encode({name: value for name, value in said.items() if value is not None}, key, method, headers=headers)


def deployed(client: Client, secret: str = SECRET, **config: Any) -> dict[str, Any]:
    hook = webhook(secret=secret, **config)
    client.deployed(hook, block("end", "response", {"body": {"order": "{{ variables.order }}"}}), edges=["hook>end"])
    return hook


def post(server: ServerProcess, hook: dict[str, Any], authorization: str) -> httpx.Response:
    return httpx.post(hook_url(server, hook), json={"order": 7}, headers={"Authorization": authorization}, timeout=30)


def unsigned(**claims: Any) -> str:
    return jwt.encode({"exp": int(time.time()) + 60, **claims}, "", "none")


def patched() -> str:
    """A right token with the claims of another."""
    head, _, signature = token(**RIGHT).split(".")
    return ".".join((head, token(OTHER, **RIGHT, n=1).split(".")[1], signature))


MORE = {"jwt_audience": "the-shop", "jwt_issuer": "them"}
RIGHT: dict[str, Any] = {"aud": ["others", "the-shop"], "iss": "them"}
FORGED: dict[str, tuple[Callable[[], str], str]] = {
    "nothing": (lambda: "", "no token"),
    "the secret itself": (lambda: f"Bearer {SECRET}", "not one that this key has signed"),
    "another key": (lambda: f"Bearer {token(OTHER, **RIGHT)}", "not one that this key has signed"),
    "no signature": (lambda: f"Bearer {unsigned(**RIGHT)}", "not one that this key has signed"),
    "another method": (lambda: f"Bearer {token(method='HS512', **RIGHT)}", "not one that this key has signed"),
    "other claims under this signature": (lambda: f"Bearer {patched()}", "not one that this key has signed"),
    "over": (lambda: f"Bearer {token(exp=int(time.time()) - 60, **RIGHT)}", "is over"),
    "without an end": (lambda: f"Bearer {token(exp=None, **RIGHT)}", "does not say `exp`"),
    "an end that is none": (lambda: f"Bearer {token(exp='never', **RIGHT)}", "not one that"),
    "not yet": (lambda: f"Bearer {token(nbf=int(time.time()) + 600, **RIGHT)}", "does not count yet"),
    "for nobody": (lambda: f"Bearer {token(iss='them')}", "does not say `aud`"),
    "for somebody else": (lambda: f"Bearer {token(aud='the-shop-next-door', iss='them')}", "for somebody else"),
    "from somebody else": (lambda: f"Bearer {token(aud='the-shop', iss='they')}", "made by somebody else"),
    "an extension that is not known": (lambda: f"Bearer {token(headers={'crit': ['x'], 'x': 1}, **RIGHT)}", "not one that"),
    "another scheme": (lambda: f"Basic {token(**RIGHT)}", "no token"),
}  # fmt: skip


@pytest.fixture(scope="module")
def hook(client: Client) -> dict[str, Any]:
    return deployed(client, scheme="jwt", **MORE)


def test_a_right_token_may_call_until_it_is_over(server: ServerProcess, hook: dict[str, Any]) -> None:
    given = f"Bearer {token(**RIGHT)}"
    assert [post(server, hook, given).json() for _ in range(2)] == [{"order": 7}] * 2
    assert post(server, hook, f"bearer {token(aud='the-shop', iss='them')}").status_code == 200
    assert httpx.post(hook_url(server, hook), params={"token": token(**RIGHT)}, json={}).status_code == 401, (
        "addresses are logged"
    )


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_token_is_refused(server: ServerProcess, hook: dict[str, Any], forged: str) -> None:
    make, reason = FORGED[forged]
    answer = post(server, hook, make())
    assert (answer.status_code, reason in answer.json()["message"]) == (401, True), answer.text


KEYS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("method", KEYS)
def test_with_a_pair_of_keys_the_public_one_signs_nothing(client: Client, server: ServerProcess, method: str) -> None:
    private, another = KEYS[method](), KEYS[method]()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hook = deployed(client, scheme="jwt", jwt_method=method, jwt_public_key=public.decode())
    assert post(server, hook, f"Bearer {token(private, method)}").json() == {"order": 7}
    assert post(server, hook, f"Bearer {token(another, method)}").status_code == 401
    assert post(server, hook, f"Bearer {token(SECRET)}").status_code == 401
    assert post(server, hook, f"Bearer {signed_with_text(public)}").status_code == 401, "a public key is no secret"


def signed_with_text(key: bytes) -> str:
    """HS256 with a public key's text, which a library refuses to do."""
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 60})
    )
    signature = jwt.utils.base64url_encode(signer.sign(head + b"." + body, key))
    return b".".join((head, body, signature)).decode()


def test_a_key_that_cannot_be_used_lets_nobody_in(client: Client, server: ServerProcess) -> None:
    broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    hook = deployed(client, scheme="jwt", jwt_method="RS256", jwt_public_key=broken)
    answer = post(server, hook, f"Bearer {token(KEYS['RS256'](), 'RS256')}")
    assert (answer.status_code, "every call is refused" in answer.json()["message"]) == (401, True), answer.text


def test_a_webhook_that_asks_for_nothing_says_so_loudly(client: Client, server: ServerProcess) -> None:
    hook = webhook(secret="", scheme="none", allowed_addresses=["127.0.0.1"], calls_per_minute=3)
    elsewhere = webhook("other", secret="", scheme="none", allowed_addresses=["192.0.2.1"])
    workflow = client.new(hook, elsewhere)
    assert httpx.post(hook_url(server, hook), json={}).status_code == 403, "neither deployed nor armed, but counted"
    client.post(f"/api/workflows/{workflow}/deploy")
    assert httpx.post(hook_url(server, hook), json={}).status_code == 200
    assert httpx.post(hook_url(server, elsewhere), json={}).status_code == 403
    assert [httpx.post(hook_url(server, hook), json={}).status_code for _ in range(2)] == [200, 429]
    assert "Nobody has to prove anything here" in form(client, workflow, hook)
    assert "Nobody has to prove anything here" not in form(client, workflow, webhook())


def form(client: Client, workflow: str, hook: dict[str, Any]) -> str:
    data = {"block": json.dumps(hook), "_csrf": client.headers["X-CSRF-Token"]}
    return client.post(f"/workflows/{workflow}/form", data=data).text


def test_without_a_scheme_a_secret_is_still_needed(client: Client, server: ServerProcess) -> None:
    hook = block("hook", "webhook", {**webhook()["config"], "webhook_secret": ""})
    client.deployed(hook)
    assert call_hook(server, hook, secret="anything").status_code == 401
