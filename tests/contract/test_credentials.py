"""Credentials and the audit log (contract.md A158-A164, A173)."""

from __future__ import annotations

from uuid import uuid4

import httpx

from tests.support.data import database, rows
from tests.support.graphs import block
from tests.support.peer import Peer
from tests.support.server import Client, ServerProcess

SECRET = "s3cret-value-of-the-contract"


def new_name() -> str:
    return f"C_{uuid4().hex[:10].upper()}"


def made(client: Client, name: str | None = None, secret: str = SECRET) -> dict[str, object]:
    body = {"name": name or new_name(), "type": "bearer", "data": {"token": secret}}
    answer = client.post("/api/v1/credentials", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a158_values_are_sealed_at_rest(client: Client, server: ServerProcess) -> None:
    secret = f"unique-{uuid4().hex}"
    credential = made(client, secret=secret)
    ((sealed,),) = rows(server, "SELECT data FROM credentials WHERE id = ?", credential["id"])
    assert secret.encode() not in sealed
    files = (database(server), database(server).with_name("blockyard.db-wal"))
    assert all(secret.encode() not in file.read_bytes() for file in files if file.exists())
    assert secret not in server.log.read_text()


def test_a159_a_workflow_names_a_credential(client: Client, peer: Peer) -> None:
    name = new_name()
    made(client, name)
    call = block("call", "general_api", {"url": f"{peer.url}/echo", "headers": {"X-Key": f"${{{name}}}"}})
    ended = client.execute(client.new(block("start", "starter"), call, edges=["start>call"]))
    assert ended["status"] == "completed", ended
    assert peer.seen[-1].headers["x-key"] == SECRET
    assert SECRET not in str(ended)


def test_a160_they_are_listed_without_values(client: Client) -> None:
    credential = made(client)
    answer = client.get("/api/v1/credentials")
    [found] = [item for item in answer.json()["data"] if item["id"] == credential["id"]]
    assert (found["name"], found["type"], found["values"]) == (credential["name"], "bearer", {"token": "***"})
    assert SECRET not in answer.text


def test_a161_they_are_created(client: Client) -> None:
    answer = client.post(
        "/api/v1/credentials", json={"name": new_name(), "type": "basic", "data": {"username": "u", "password": SECRET}}
    )
    assert (answer.status_code, answer.json()["fields"]) == (201, ["username", "password"])
    assert SECRET not in answer.text
    for wrong in (
        {"name": "lower"},
        {"type": "rot13"},
        {"data": {"username": "u"}},
        {"data": {"nothing": "x"}},
        {"data": {"password": 1}},
    ):
        body = {"name": new_name(), "type": "basic", "data": {"username": "u", "password": SECRET}} | wrong
        refused = client.post("/api/v1/credentials", json=body)
        assert (refused.status_code, SECRET in refused.text) == (400, False)


def test_a162_one_is_read_without_values(client: Client) -> None:
    credential = made(client)
    answer = client.get(f"/api/v1/credentials/{credential['id']}")
    assert (answer.json()["name"], answer.json()["data"]["fields"]) == (credential["name"], ["token"])
    assert SECRET not in answer.text


def test_a163_one_is_changed(client: Client, server: ServerProcess) -> None:
    credential, name = made(client), new_name()
    answer = client.put(f"/api/v1/credentials/{credential['id']}", json={"name": name, "data": {"token": "***"}})
    assert (answer.status_code, answer.json()["name"]) == (200, name)
    before = rows(server, "SELECT data FROM credentials WHERE id = ?", credential["id"])
    assert client.put(f"/api/v1/credentials/{credential['id']}", json={"data": {"token": "another"}}).status_code == 200
    assert rows(server, "SELECT data FROM credentials WHERE id = ?", credential["id"]) != before
    taken = made(client)
    assert client.put(f"/api/v1/credentials/{credential['id']}", json={"name": taken["name"]}).status_code == 409


def test_a164_one_is_deleted(client: Client) -> None:
    credential = made(client)
    assert client.delete(f"/api/v1/credentials/{credential['id']}").status_code == 200
    assert client.get(f"/api/v1/credentials/{credential['id']}").status_code == 404
    assert client.delete(f"/api/v1/credentials/{credential['id']}").status_code == 404


def test_a173_the_audit_log_tells_who_did_what_to_what_from_where(client: Client, server: ServerProcess) -> None:
    credential = made(client)
    answer = client.get("/api/v1/audit", params={"q": str(credential["name"])})
    [entry] = answer.json()["data"]
    assert {"ts", "actor", "action", "target", "ip", "request_id"} <= set(entry)
    assert (entry["actor"], entry["action"], entry["ip"]) == ("owner", "credential.create", "127.0.0.1")
    assert str(credential["name"]) in entry["target"]
    assert len(entry["request_id"]) == 32
    assert httpx.get(f"{server.url}/api/v1/audit").status_code == 401
