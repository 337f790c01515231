"""The operator's commands, beside a server that works on: people, keys, backup, the audit log, the master key."""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.command import blockyard
from tests.support.data import change, database, rows
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.keys import bearer
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("operator") / "data").owned().start()
    Client(process.url).set_up()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def owner(studio: ServerProcess) -> Client:
    return Client(studio.url).sign_in()


def done(*arguments: str, server: ServerProcess) -> str:
    ended = blockyard(*arguments, data=server.data)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_link_sets_a_new_password_once(studio: ServerProcess, owner: Client) -> None:
    forgetful = join(studio, "forgetful", "viewer")
    link = done("users", "reset-link", "forgetful@example.com", server=studio).strip()
    token = link.partition("?token=")[2]
    assert all(token.encode() not in row[0] for row in rows(studio, "SELECT token_hash FROM links"))
    visitor = httpx.Client(base_url=studio.url, headers=PAGE)
    assert visitor.get("/new-password", params={"token": token}).status_code == 200
    assert visitor.post("/new-password", data={"token": token, "password": "short"}).status_code == 400
    assert visitor.post("/new-password", data={"token": token, "password": "a whole new password"}).status_code == 303
    assert forgetful.get("/api/auth/me").status_code == 401, "every session of before has ended"
    again = visitor.post("/new-password", data={"token": token, "password": "another new password"})
    assert again.status_code == 404
    for password, status in (("a whole new password", 200), (OWNER["password"], 401)):
        answer = httpx.post(f"{studio.url}/api/auth/login", json={"username": "forgetful", "password": password})
        assert answer.status_code == status


def test_a_disabled_user_is_out_with_session_and_key(studio: ServerProcess, owner: Client) -> None:
    fired = join(studio, "fired", "admin")
    token = fired.post("/api/auth/api-keys", json={"name": "Left behind", "scopes": ["flows:read"]}).json()["token"]
    program = bearer(studio, token)
    assert program.get("/api/workflows").status_code == 200
    done("users", "disable", "fired", server=studio)
    assert fired.get("/api/workflows").status_code == 401
    assert program.get("/api/workflows").status_code == 401
    answer = httpx.post(f"{studio.url}/api/auth/login", json={"username": "fired", "password": OWNER["password"]})
    assert answer.status_code == 401
    assert "disabled" in done("users", "list", server=studio)
    done("users", "enable", "fired", server=studio)
    assert program.get("/api/workflows").status_code == 200
    listed = done("keys", "list", server=studio)
    [key] = [line.split()[0] for line in listed.splitlines() if "Left behind" in line]
    assert token not in listed
    done("keys", "revoke", key, server=studio)
    assert program.get("/api/workflows").status_code == 401


def test_a_user_is_made_with_a_link(studio: ServerProcess, owner: Client) -> None:
    link = done("users", "create", "printed", "--role", "editor", server=studio).strip()
    assert re.fullmatch(r"http://\S+/new-password\?token=\S{40,}", link)
    [member] = [item for item in _members(owner) if item["username"] == "printed"]
    assert member["role"] == "editor"
    refused = blockyard("users", "create", "printed", data=studio.data)
    assert (refused.returncode, "already" in refused.stderr) == (2, True)
    assert blockyard("users", "disable", "nobody-at-all", data=studio.data).returncode == 2


def _members(owner: Client) -> list[dict[str, str]]:
    home = owner.get("/api/auth/me").json()["user"]["workspace_id"]
    found: list[dict[str, str]] = owner.get(f"/api/workspaces/{home}/members").json()["data"]
    return found


def test_a_backup_of_a_working_server_is_whole_and_comes_back(studio: ServerProcess, owner: Client, tmp_path: Path) -> None:
    hook = webhook()
    workflow = owner.deployed(hook, block("end", "response"), edges=["hook>end"])
    keeping = block("keep", "file.write", {"path": "notes/may.txt", "content": "kept {{ variables.what }}"})
    reading = block("read", "file.read", {"path": "notes/may.txt"})
    owner.execute(owner.new(block("start", "starter"), keeping, edges=["start>keep"]), what="in May")
    reader = owner.new(block("start", "starter"), reading, edges=["start>read"])
    file = tmp_path / "blockyard.backup"
    assert "Keep the master key" in done("backup", str(file), server=studio)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is whole" in done("backup", str(file), "--check", server=studio)
    assert b"webhook_secret" not in (studio.data / "secret.key").read_bytes()
    assert blockyard("backup", str(file), data=studio.data).returncode == 2, "a file is never written over"
    refused = blockyard("restore", str(file), data=studio.data)
    assert (refused.returncode, "Stop it first" in refused.stderr) == (2, True)

    restored = ServerProcess(tmp_path / "restored")
    assert blockyard("restore", str(file), data=restored.data).returncode == 0
    (restored.data / "secret.key").write_bytes((studio.data / "secret.key").read_bytes())
    restored.start()
    try:
        assert Client(restored.url).sign_in().get(f"/api/workflows/{workflow}").status_code == 200
        assert call_hook(restored, hook).status_code == 200, "the webhook's sealed secret is readable"
        read = Client(restored.url).sign_in().execute(reader)
        assert (read["status"], "kept in May" in str(read["output"])) == ("completed", True), "stored files are there too"
    finally:
        restored.stop()


def test_the_audit_log_is_verified_and_tampering_is_found(studio: ServerProcess, owner: Client) -> None:
    owner.post("/api/auth/api-keys", json={"name": "Audited", "scopes": ["kv"]})
    assert "all whole" in done("verify-audit", server=studio)
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            change(studio, statement)
    with closing(sqlite3.connect(database(studio), timeout=10)) as connection, connection:
        ((guard,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_no_update'").fetchall()
        connection.execute("DROP TRIGGER audit_no_update")
        ((was,),) = connection.execute("SELECT target FROM audit WHERE seq = 2").fetchall()
        connection.execute("UPDATE audit SET target = 'something else' WHERE seq = 2")
    found = blockyard("verify-audit", data=studio.data)
    assert (found.returncode, "broken at entry 2" in found.stderr) == (1, True)
    with closing(sqlite3.connect(database(studio), timeout=10)) as connection, connection:
        connection.execute("UPDATE audit SET target = ? WHERE seq = 2", (was,))
        connection.execute(guard)
    assert "all whole" in done("verify-audit", server=studio)


def test_the_master_key_is_changed_while_the_server_works(studio: ServerProcess, owner: Client) -> None:
    hook = webhook()
    owner.deployed(hook, block("end", "response"), edges=["hook>end"])
    body = {"name": "ROTATED", "type": "value", "data": {"value": "sealed by the first key"}}
    credential = owner.post("/api/v1/credentials", json=body).json()["id"]
    old = (studio.data / "secret.key").read_text()
    before = {row[0] for row in rows(studio, "SELECT data FROM credentials")}
    assert "version 2" in done("rotate-key", server=studio)
    kept = (studio.data / "secret.key").read_text()
    assert old.partition("\n")[0] not in kept
    assert (studio.data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert before.isdisjoint({row[0] for row in rows(studio, "SELECT data FROM credentials")})
    assert {row[0][:1] for row in rows(studio, "SELECT data FROM credentials")} == {b"\x02"}
    later = owner.post("/api/v1/credentials", json=body | {"name": "LATER"}).json()["id"]
    ((sealed,),) = rows(studio, "SELECT data FROM credentials WHERE id = ?", later)
    assert sealed[:1] == b"\x02", "the running server seals with the new key at once"
    assert call_hook(studio, hook).status_code == 200
    studio.stop()
    studio.start()
    again = Client(studio.url).sign_in()
    assert call_hook(studio, hook).status_code == 200
    assert again.put(f"/api/v1/credentials/{credential}", json={"name": "ROTATED_TWICE"}).status_code == 200
    assert "master-key.rotate" in str(rows(studio, "SELECT action FROM audit"))


def test_a_key_of_the_environment_is_changed_by_the_operator_alone(studio: ServerProcess, owner: Client) -> None:
    key = base64.b64encode(bytes(32)).decode()
    told = blockyard("rotate-key", data=studio.data, environment={"BLOCKYARD_SECRET_KEY": key})
    assert (told.returncode, "BLOCKYARD_SECRET_KEY" in told.stderr, key in told.stderr) == (2, True, False)
