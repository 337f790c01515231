"""Credentials whose secrets are kept elsewhere, through all layers of a server that has every source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.data import database
from tests.support.graphs import block
from tests.support.peer import Peer, Reply
from tests.support.server import Client, ServerProcess
from tests.support.vault_server import ROLE_ID, SECRET_ID, VaultServer

IN_VAULT, IN_FILE, IN_ENVIRONMENT = "s3cret-in-the-vault", "s3cret-in-a-file", "s3cret-in-the-environment"
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class Place:
    server: ServerProcess
    owner: Client
    vault: VaultServer
    peer: Peer
    folder: Path

    def credential(self, source: str, type: str = "bearer", **data: str) -> str:
        """A new one; its name."""
        body = {"name": f"C_{uuid4().hex[:10].upper()}", "type": type, "source": source, "data": data}
        answer = self.owner.post("/api/v1/credentials", json=body)
        assert answer.status_code == 201, answer.text
        return str(body["name"])

    def call(self, **config: Any) -> dict[str, Any]:
        """How an execution ends that calls the peer."""
        call = block("call", "general_api", {"url": f"{self.peer.url}/echo", "method": "POST", **config})
        return self.owner.execute(self.owner.new(block("start", "starter"), call, edges=["start>call"]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "key").write_text(f"{IN_FILE}\n")
    with VaultServer() as vault, Peer() as peer:
        vault.put("shop/api", token=IN_VAULT)
        environment = {
            "SHARED_KEY": IN_ENVIRONMENT,
            "BLOCKYARD_SECRETS_ENV_PREFIX": "SHARED_",
            "BLOCKYARD_SECRETS_DIR": str(folder),
            "BLOCKYARD_VAULT_ADDR": vault.url,
            "BLOCKYARD_VAULT_ROLE_ID": ROLE_ID,
            "BLOCKYARD_VAULT_SECRET_ID": SECRET_ID,
        }
        process = ServerProcess(tmp_path_factory.mktemp("sources") / "data", environment=environment).owned().start()
        yield Place(process, Client(process.url).set_up(), vault, peer, folder)
        process.stop()


@pytest.mark.parametrize(
    ("source", "reference", "secret"),
    [("vault", "secret/shop/api#token", IN_VAULT), ("file", "key", IN_FILE), ("environment", "SHARED_KEY", IN_ENVIRONMENT)],
)
def test_a_secret_comes_from_its_source_and_is_masked_everywhere(place: Place, source: str, reference: str, secret: str) -> None:
    name = place.credential(source, token=reference)
    ended = place.call(credential=name, body={"echo": f"${{{name}}}"})
    assert ended["status"] == "completed", ended
    seen = place.peer.seen[-1]
    assert (seen.headers["authorization"], seen.json()) == (f"Bearer {secret}", {"echo": secret})
    told = place.owner.get(f"/api/executions/{ended['execution_id']}/trace").text
    listed = place.owner.get("/api/v1/credentials").text
    files = [database(place.server), database(place.server).with_name("blockyard.db-wal"), place.server.log]
    assert secret not in str(ended) + told + listed
    assert all(secret.encode() not in file.read_bytes() for file in files if file.exists())
    assert reference in listed, "where it is, is no secret"


def test_what_cannot_be_read_fails_with_the_reason(place: Place) -> None:
    names = [place.credential("vault", token="secret/none#token"), place.credential("file", token="none")]
    for name, words in zip(names, ("no secret secret/none", "no file none"), strict=True):
        ended = place.call(credential=name)
        assert (ended["status"], ended["error"]["code"]) == ("failed", "CREDENTIAL_SOURCE")
        assert words in ended["error"]["message"]


def test_only_what_a_workflow_names_is_read(place: Place) -> None:
    used, other = (place.credential("vault", "value", value=f"secret/{name}#token") for name in ("one", "two"))
    place.vault.put("one", token="x")
    place.vault.asked.clear()
    assert place.call(body={"key": f"${{{used}}}"})["status"] == "completed"
    assert [path for path in place.vault.asked if "/data/" in path] == ["GET /v1/secret/data/one"]
    ended = place.owner.execute(
        place.owner.new(
            block("start", "starter"),
            block("call", "general_api", {"url": place.peer.url, "credential": "{{ variables.which }}"}),
            edges=["start>call"],
        ),
        which=other,
    )
    assert ended["error"]["code"] == "CREDENTIAL_NOT_NAMED"


def test_oauth_keeps_its_token_here_and_its_secret_there(place: Place) -> None:
    place.vault.put("oauth", client="cl1ent-secret-in-the-vault")
    place.peer.replies["/token"] = Reply({"access_token": "t0ken", "expires_in": 3600})
    data = {"token_url": f"{place.peer.url}/token", "client_id": "me", "client_secret": "secret/oauth#client"}
    name = place.credential("vault", "oauth2_client", **data)
    for _ in range(2):
        assert place.call(credential=name)["status"] == "completed"
        assert place.peer.seen[-1].headers["authorization"] == "Bearer t0ken"
    [asked] = place.peer.calls("/token")
    assert b"cl1ent-secret-in-the-vault" in asked.body


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("vault", "kv/shop#x"),
        ("file", "../key"),
        ("environment", "HOME"),
        ("environment", "BLOCKYARD_VAULT_SECRET_ID"),
        ("aws", "x"),
    ],
)
def test_a_reference_that_is_not_offered_is_refused_at_once(place: Place, source: str, reference: str) -> None:
    body = {"name": "NEVER", "type": "bearer", "source": source, "data": {"token": reference}}
    assert place.owner.post("/api/v1/credentials", json=body).status_code == 400


def test_a_server_without_sources_offers_none(client: Client) -> None:
    body = {"name": "NEVER", "type": "bearer", "source": "environment", "data": {"token": "HOME"}}
    assert client.post("/api/v1/credentials", json=body).status_code == 400
    assert "Secrets are kept" not in client.get("/credentials", headers=PAGE).text


def test_the_form_names_the_sources_and_shows_references_again(place: Place) -> None:
    shown = place.owner.get("/credentials", headers=PAGE).text
    assert "HashiCorp Vault" in shown
    assert "SHARED_SHOP_KEY" in shown
    form = {
        "name": "BY_FORM",
        "type": "bearer",
        "source": "file",
        "data.token": "key",
        "_csrf": place.owner.headers["X-CSRF-Token"],
    }
    assert place.owner.post("/credentials", data=form, headers=PAGE).status_code == 303
    [made] = [one for one in place.owner.get("/api/v1/credentials").json()["data"] if one["name"] == "BY_FORM"]
    page = place.owner.get(f"/credentials/{made['id']}", headers=PAGE).text
    assert 'value="key"' in page
    assert IN_FILE not in page
    changed = {"do": "save", "name": "BY_FORM", "data.token": "none", "_csrf": place.owner.headers["X-CSRF-Token"]}
    place.owner.post(f"/credentials/{made['id']}", data=changed, headers=PAGE)
    assert place.call(credential="BY_FORM")["error"]["code"] == "CREDENTIAL_SOURCE"
