"""Credentials by their pages and by OAuth: forms, trying one, consent, renewal; and what attackers try with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.support.graphs import block
from tests.support.peer import Peer, Reply
from tests.support.people import join
from tests.support.server import Client, ServerProcess

PAGE = {"Accept": "text/html"}
SECRET = "a-secret-that-nobody-sees"


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


def new_name() -> str:
    return f"T_{uuid4().hex[:10].upper()}"


def made(client: Client, type: str, **data: str) -> tuple[str, str]:
    """Id and name of a new credential."""
    name = new_name()
    answer = client.post("/api/v1/credentials", json={"name": name, "type": type, "data": data})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"]), name


def form(client: Client, **fields: str) -> dict[str, str]:
    return {"_csrf": client.headers["X-CSRF-Token"], **{name.replace("__", "."): text for name, text in fields.items()}}


def test_every_type_has_a_form_of_its_own_and_shows_no_secret_again(client: Client) -> None:
    listed = client.get("/credentials", headers=PAGE).text
    for type in ("bearer", "basic", "header", "value", "oauth2_client", "oauth2_code", "llm", "smtp", "database", "ssh"):
        assert f'data-credential-type="{type}"' in listed
    sent = form(client, name=new_name(), type="smtp", data__host="mail.example.com", data__port="465", data__security="tls")
    sent |= {"data.username": "robot", "data.password": SECRET}
    assert client.post("/credentials", data=sent, headers=PAGE).status_code == 303
    [credential] = [item for item in client.get("/api/v1/credentials").json()["data"] if item["name"] == sent["name"]]
    page = client.get(f"/credentials/{credential['id']}", headers=PAGE).text
    assert ('value="mail.example.com"' in page, SECRET in page) == (True, False)


def test_a_refused_form_keeps_what_is_no_secret(client: Client) -> None:
    sent = form(client, name="lower case", type="basic", data__username="robot", data__password=SECRET)
    page = client.post("/credentials", data=sent, headers=PAGE)
    assert (page.status_code, 'value="robot"' in page.text, SECRET in page.text) == (400, True, False)


def test_a_field_that_is_left_empty_keeps_its_secret(client: Client, peer: Peer) -> None:
    credential, name = made(client, "basic", username="robot", password=SECRET)
    sent = form(client, name=name, data__username="another", data__password="")
    assert client.post(f"/credentials/{credential}", data=sent, headers=PAGE).status_code == 303
    client.post(f"/credentials/{credential}", data=form(client, do="try", address=f"{peer.url}/me"), headers=PAGE)
    assert peer.seen[-1].headers["authorization"].startswith("Basic ")


def test_a_stored_secret_is_not_sent_to_another_place(client: Client) -> None:
    """Who may edit must not learn a password by pointing its server elsewhere."""
    credential, _ = made(client, "smtp", host="mail.example.com", password=SECRET, username="robot")
    moved = {"data": {"host": "evil.example.com", "password": "***"}}
    refused = client.put(f"/api/v1/credentials/{credential}", json=moved)
    assert (refused.status_code, "entered again" in refused.text) == (400, True)
    retyped = {"data": {"host": "new.example.com", "password": "typed again"}}
    assert client.put(f"/api/v1/credentials/{credential}", json=retyped).status_code == 200


def test_trying_a_credential_tells_whether_it_is_taken(client: Client, peer: Peer) -> None:
    credential, _ = made(client, "bearer", token=SECRET)
    peer.replies |= {"/good": Reply({"echo": SECRET}), "/bad": Reply({"why": SECRET}, 401)}
    for path, words in (("/good", "takes it"), ("/bad", "refuses it")):
        page = client.post(f"/credentials/{credential}", data=form(client, do="try", address=f"{peer.url}{path}"), headers=PAGE)
        assert (page.status_code, words in page.text, SECRET in page.text) == (200, True, False)
    assert peer.seen[-1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]:1/", "file:///etc/passwd", "gopher://x", ""],
)
def test_trying_reaches_no_private_address(client: Client, address: str) -> None:
    credential, _ = made(client, "bearer", token=SECRET)
    page = client.post(f"/credentials/{credential}", data=form(client, do="try", address=address), headers=PAGE)
    assert "takes it" not in page.text
    assert page.status_code in (200, 400)


@pytest.mark.parametrize(
    ("type", "data"), [("smtp", {"host": "10.1.2.3"}), ("database", {"url": "postgresql://u:p@192.168.1.1/x"})]
)
def test_machines_are_tried_by_the_same_rules(client: Client, type: str, data: dict[str, str]) -> None:
    credential, _ = made(client, type, **data)
    page = client.post(f"/credentials/{credential}", data=form(client, do="try"), headers=PAGE).text
    assert "BLOCKYARD_EGRESS_ALLOW" in page


def test_a_viewer_neither_changes_nor_tries(client: Client, server: ServerProcess) -> None:
    credential, _ = made(client, "bearer", token=SECRET)
    viewer = join(server, f"viewer-{uuid4().hex[:6]}", "viewer")
    for path in (f"/credentials/{credential}", f"/credentials/{credential}/delete"):
        assert viewer.post(path, data=form(viewer), headers=PAGE).status_code == 403
    assert viewer.get(f"/credentials/{credential}", headers=PAGE).status_code == 403


def test_a_key_for_something_else_is_not_sent_to_a_web_address(client: Client, peer: Peer) -> None:
    for type, data in (
        ("smtp", {"host": "mail.example.com", "password": SECRET}),
        ("database", {"url": f"postgresql://u:{SECRET}@db/x"}),
    ):
        _, name = made(client, type, **data)
        ended = calling(client, peer, name)
        assert (ended["status"], "cannot sign a web call" in str(ended), SECRET in str(ended)) == ("failed", True, False)
    assert peer.seen == []


# -- OAuth -----------------------------------------------------------------------------------------------------------------


def calling(client: Client, peer: Peer, name: str) -> dict[str, object]:
    call = block("call", "general_api", {"url": f"{peer.url}/api", "credential": name})
    return client.execute(client.new(block("start", "starter"), call, edges=["start>call"]))


def test_a_token_for_programs_is_fetched_when_it_is_needed_and_kept(client: Client, peer: Peer) -> None:
    data = {"token_url": f"{peer.url}/token", "client_id": "me", "client_secret": SECRET, "scope": "read write"}
    _, name = made(client, "oauth2_client", **data)
    peer.replies["/token"] = Reply({"access_token": "token-one", "expires_in": 3600})
    for _ in range(2):
        assert calling(client, peer, name)["status"] == "completed"
    assert [seen.headers["authorization"] for seen in peer.calls("/api")] == ["Bearer token-one"] * 2
    [asked] = peer.calls("/token")
    sent = parse_qs(asked.body.decode())
    assert (sent["grant_type"], sent["client_secret"], sent["scope"]) == (["client_credentials"], [SECRET], ["read write"])


def test_a_service_that_gives_no_token_is_a_clear_error(client: Client, peer: Peer) -> None:
    _, name = made(client, "oauth2_client", token_url=f"{peer.url}/token", client_id="me", client_secret=SECRET)
    peer.replies["/token"] = Reply({"error": "invalid_client", "why": SECRET}, 401)
    ended = calling(client, peer, name)
    assert (ended["status"], "gave no token" in str(ended), SECRET in str(ended)) == ("failed", True, False)
    assert peer.calls("/api") == []


def consent(client: Client, credential: str) -> dict[str, list[str]]:
    """What the service is asked, when a person goes there."""
    page = unescape(client.post(f"/credentials/{credential}", data=form(client, do="consent"), headers=PAGE).text)
    [address] = re.findall(r'href="(http[^"]*code_challenge[^"]*)"', page)
    return parse_qs(urlsplit(address).query)


def test_consent_is_asked_once_and_the_token_renewed_from_then_on(client: Client, server: ServerProcess, peer: Peer) -> None:
    data = {
        "authorize_url": f"{peer.url}/agree?tenant=7",
        "token_url": f"{peer.url}/token",
        "client_id": "me",
        "client_secret": SECRET,
    }
    credential, name = made(client, "oauth2_code", **data)
    assert "consent" in str(calling(client, peer, name)["error"])
    question = consent(client, credential)
    assert (question["tenant"], question["code_challenge_method"]) == (["7"], ["S256"])
    assert question["redirect_uri"] == [f"{server.url}/credentials/consent"]
    peer.replies["/token"] = Reply({"access_token": "first", "refresh_token": "refresh-1", "expires_in": 30})
    back = {"state": question["state"][0], "code": "the code"}
    assert client.get("/credentials/consent", params=back, headers=PAGE).status_code == 303
    exchanged = parse_qs(peer.calls("/token")[0].body.decode())
    assert (exchanged["code"], len(exchanged["code_verifier"][0]) >= 43) == (["the code"], True)
    peer.replies["/token"] = Reply({"access_token": "second", "refresh_token": "refresh-2", "expires_in": 3600})
    assert calling(client, peer, name)["status"] == "completed"
    renewed = parse_qs(peer.calls("/token")[1].body.decode())
    assert (renewed["grant_type"], renewed["refresh_token"]) == (["refresh_token"], ["refresh-1"])
    assert peer.calls("/api")[-1].headers["authorization"] == "Bearer second"
    assert client.get("/credentials/consent", params=back, headers=PAGE).status_code == 400, "an answer counts once"


def test_a_consent_of_somebody_else_is_refused(client: Client, server: ServerProcess, peer: Peer) -> None:
    """Otherwise an attacker could bind their own account to a victim's credential, or the other way round."""
    data = {"authorize_url": f"{peer.url}/agree", "token_url": f"{peer.url}/token", "client_id": "me", "client_secret": SECRET}
    credential, _ = made(client, "oauth2_code", **data)
    question = consent(client, credential)
    other = join(server, f"other-{uuid4().hex[:6]}", "admin")
    for state in (question["state"][0], "made up", ""):
        answer = other.get("/credentials/consent", params={"state": state, "code": "stolen"}, headers=PAGE)
        assert answer.status_code == 400
    assert peer.calls("/token") == []
