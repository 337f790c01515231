"""Where the egress client follows a redirect, and what it takes along."""

from __future__ import annotations

import pytest

from app.sdk import HttpRequest
from tests.adapters.http_peer import Peer, egress, refused, seen

pytestmark = pytest.mark.anyio


async def test_trust_ends_where_a_redirect_leaves_the_origin(peer: Peer) -> None:
    peer.redirect("/away", f"http://localhost:{peer.port}/")
    peer.redirect("/here", "/there")
    async with egress() as client:
        assert (await refused(client, f"{peer.url}/away", trusted=True)).code == "EGRESS_REFUSED"
        response = await client.send(HttpRequest("GET", f"{peer.url}/here", trusted=True))
    assert seen(response)["target"] == "/there"


@pytest.mark.parametrize("location", ["http://169.254.169.254/", "http://2130706433/", "//10.0.0.1/"])
async def test_a_redirect_to_a_private_address_is_refused(peer: Peer, location: str) -> None:
    peer.redirect("/go", location)
    async with egress("localhost") as client:
        assert (await refused(client, f"http://localhost:{peer.port}/go")).code == "EGRESS_REFUSED"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://user:pass@localhost/", "ftp://localhost/"])
async def test_a_redirect_to_another_kind_of_address_is_refused(peer: Peer, location: str) -> None:
    peer.redirect("/go", location)
    async with egress("127.0.0.1") as client:
        assert (await refused(client, f"{peer.url}/go")).code == "BAD_URL"


async def test_endless_redirects_end(peer: Peer) -> None:
    peer.redirect("/loop", "/loop")
    async with egress("127.0.0.1") as client:
        assert (await refused(client, f"{peer.url}/loop")).code == "TOO_MANY_REDIRECTS"


async def test_redirects_can_be_left_to_the_caller(peer: Peer) -> None:
    peer.redirect("/go", "http://10.0.0.1/")
    async with egress("127.0.0.1") as client:
        response = await client.send(HttpRequest("GET", f"{peer.url}/go", follow_redirects=False))
    assert (response.status_code, response.headers["location"]) == (302, "http://10.0.0.1/")


CREDENTIALS = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Cookie": "session=s3cret", "Accept": "application/json"}


async def test_no_credential_follows_a_redirect_to_another_origin(peer: Peer) -> None:
    peer.redirect("/away", f"http://localhost:{peer.port}/")
    async with egress("127.0.0.1") as client:
        response = await client.send(HttpRequest("GET", f"{peer.url}/away", headers=CREDENTIALS))
    assert "s3cret" not in response.text
    assert "application/json" in response.text


async def test_credentials_stay_within_the_same_origin(peer: Peer) -> None:
    peer.redirect("/here", "/there")
    async with egress("127.0.0.1") as client:
        response = await client.send(HttpRequest("GET", f"{peer.url}/here", headers=CREDENTIALS))
    assert response.text.count("s3cret") == 2  # httpx drops a Cookie header on every redirect
