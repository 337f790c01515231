"""Signing in by an OpenID provider, and what attackers try with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.support.data import change, rows
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}
OWNER_THERE = {"sub": "owner-there", "email": OWNER["email"], "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as running:
        yield running


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider) -> Iterator[ServerProcess]:
    settings = {
        "BLOCKYARD_OIDC_ISSUER": provider.url,
        "BLOCKYARD_OIDC_CLIENT_ID": CLIENT_ID,
        "BLOCKYARD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "BLOCKYARD_OIDC_NAME": "Example",
        "BLOCKYARD_EGRESS_ALLOW": "",
    }
    process = ServerProcess(tmp_path_factory.mktemp("oidc") / "data", environment=settings).owned().start()
    Client(process.url).set_up()
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def honest(provider: OpenIdProvider) -> None:
    provider.claims, provider.algorithm, provider.foreign_key = {}, "RS256", None


def signed_in(studio: ServerProcess, provider: OpenIdProvider, **claims: Any) -> httpx.Response:
    """The answer to a browser that goes the whole way."""
    provider.claims = claims
    with httpx.Client(base_url=studio.url, headers=PAGE) as browser:
        address = browser.get("/sign-in/oidc").headers["location"]
        return browser.get("/sign-in/oidc/back", params=provider.agree(address))


def test_somebody_with_an_account_comes_in(studio: ServerProcess, provider: OpenIdProvider) -> None:
    assert "Sign in with Example" in httpx.get(f"{studio.url}/sign-in", headers=PAGE).text
    answer = signed_in(studio, provider, **OWNER_THERE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = httpx.get(f"{studio.url}/api/auth/me", cookies={"blockyard_session": answer.cookies["blockyard_session"]})
    assert me.json()["user"]["email"] == OWNER["email"]
    assert CLIENT_SECRET not in studio.log.read_text()


def test_the_identity_counts_and_no_longer_the_e_mail(studio: ServerProcess, provider: OpenIdProvider) -> None:
    """Whoever gets the address later, at the same provider, does not get the account."""
    assert signed_in(studio, provider, **OWNER_THERE).status_code == 303
    moved = signed_in(studio, provider, sub="owner-there", email="changed@example.com", email_verified=False)
    assert moved.status_code == 303
    assert len(rows(studio, "SELECT * FROM identities WHERE subject = 'owner-there'")) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "somebody", "email": "nobody@example.com", "email_verified": True},
        {"sub": "thief", "email": OWNER["email"], "email_verified": False},
        {"sub": "thief", "email": OWNER["email"]},
        {"sub": "thief", "email": OWNER["email"], "email_verified": "true"},
        {"sub": "thief", "email": OWNER["username"], "email_verified": True},
        {"sub": "thief"},
    ],
    ids=str,
)
def test_who_has_no_account_or_no_verified_e_mail_stays_out(
    studio: ServerProcess, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    answer = signed_in(studio, provider, **claims)
    assert (answer.status_code, "blockyard_session" in answer.cookies) == (403, False)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-application"},
        {"aud": [CLIENT_ID, "another"]},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"iat": 4_000_000_000},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    studio: ServerProcess, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    answer = signed_in(studio, provider, **OWNER_THERE | claims)
    assert (answer.status_code, "blockyard_session" in answer.cookies) == (401, False)


def test_a_token_that_the_provider_did_not_sign_is_refused(studio: ServerProcess, provider: OpenIdProvider) -> None:
    provider.foreign_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert signed_in(studio, provider, **OWNER_THERE).status_code == 401
    provider.foreign_key, provider.algorithm = None, "none"
    assert signed_in(studio, provider, **OWNER_THERE).status_code == 401


def test_an_answer_belongs_to_the_browser_that_asked_and_counts_once(studio: ServerProcess, provider: OpenIdProvider) -> None:
    """Otherwise an attacker could make a victim work in the attacker's account."""
    provider.claims = OWNER_THERE
    with httpx.Client(base_url=studio.url, headers=PAGE) as attacker:
        back = provider.agree(attacker.get("/sign-in/oidc").headers["location"])
        victim = httpx.get(f"{studio.url}/sign-in/oidc/back", params=back, headers=PAGE)
        assert (victim.status_code, "blockyard_session" in victim.cookies) == (401, False)
        assert attacker.get("/sign-in/oidc/back", params=back).status_code == 401, "it was used up"
    for made_up in ({}, {"state": "x", "code": "y"}, {"state": "", "code": ""}):
        assert httpx.get(f"{studio.url}/sign-in/oidc/back", params=made_up, headers=PAGE).status_code == 401


def test_a_disabled_user_stays_out(studio: ServerProcess, provider: OpenIdProvider) -> None:
    join(studio, "fired", "viewer")
    known = {"sub": "fired-there", "email": "fired@example.com", "email_verified": True}
    assert signed_in(studio, provider, **known).status_code == 303
    change(studio, "UPDATE users SET disabled_at = 1 WHERE username = 'fired'")
    assert signed_in(studio, provider, **known).status_code == 403


def test_without_a_provider_there_is_no_such_way(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/sign-in/oidc", headers=PAGE).status_code == 404
    assert "/sign-in/oidc" not in httpx.get(f"{server.url}/sign-in", headers=PAGE).text
