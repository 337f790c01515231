"""Where a credential goes in a request, and where it never goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.sdk import BlockError, HttpRequest, Signing
from app.services.credentials import OpenedCredential
from app.services.signings import signed
from tests.support.peer import Peer, Reply
from tests.support.studio import Studio, opened_studio

pytestmark = pytest.mark.anyio
OWN = {"address": "https://own.example:8443/base/?x=1#y", "username": "ada", "secret": "s/e c"}
SERVER = OpenedCredential("OWN", "server", OWN)
TOKEN = OpenedCredential("T", "bearer", {"token": "a/b"})


def test_a_header_has_the_usual_form_or_that_of_the_service() -> None:
    used: set[str] = set()
    usual = signed(HttpRequest("GET", "https://x.example/", signings=(Signing(("bearer",)),)), TOKEN, used)
    named = signed(
        HttpRequest("GET", "https://x.example/", signings=(Signing(("bearer",), "header", "X-Key", "Bot {secret}"),)), TOKEN, used
    )
    assert (usual.headers, named.headers) == ({"Authorization": "Bearer a/b"}, {"X-Key": "Bot a/b"})
    assert "a/b" in used


def test_a_secret_in_the_address_is_escaped_and_known_in_that_form() -> None:
    used: set[str] = set()
    request = HttpRequest("GET", "https://x.example/bot{secret}/go", signings=(Signing(("bearer",), "url"),))
    assert signed(request, TOKEN, used).url == "https://x.example/bota%2Fb/go"
    assert {"a/b", "a%2Fb"} <= used


def test_a_server_is_where_its_credential_says() -> None:
    request = HttpRequest("GET", "/api/x", signings=(Signing(("server",), template="Basic {basic}"),), server=())
    found = signed(request, SERVER, set())
    assert found.url == "https://own.example:8443/base/api/x"
    assert found.headers["Authorization"] == "Basic YWRhOnMvZSBj"


def test_the_key_of_a_server_signs_no_other_call() -> None:
    with pytest.raises(BlockError) as caught:
        SERVER.headers()
    assert caught.value.code == "CREDENTIAL_TYPE"


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setenv("BLOCKYARD_EGRESS_ALLOW", "127.0.0.1")
    async with opened_studio(tmp_path) as studio:
        yield studio


async def test_trying_a_server_does_not_send_its_key(studio: Studio) -> None:
    services = studio.server.services
    with Peer() as peer:
        peer.replies["/"] = Reply({}, status=401)
        data = {"address": f"{peer.url}/", "secret": "sesame"}
        made = await services.credentials.create(studio.actor, "OWN", "server", data)
        trial = await services.trials.try_out(studio.actor, made.id)
    assert (trial.works, "answers with status 401" in trial.message) == (True, True)
    assert "sesame" not in repr(peer.seen)
