"""API keys, and what attackers try with them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.data import change
from tests.support.keys import bearer, new_key
from tests.support.server import Client, ServerProcess


def test_a_key_counts_only_from_its_addresses(client: Client, server: ServerProcess) -> None:
    here = bearer(server, new_key(client, "flows:read", addresses=["127.0.0.0/8", "10.0.0.1"]))
    elsewhere = bearer(server, new_key(client, "flows:read", addresses=["203.0.113.7"]))
    assert here.get("/api/workflows").status_code == 200
    for forwarded in ({}, {"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}):
        refused = elsewhere.get("/api/workflows", headers=forwarded)
        assert (refused.status_code, refused.json()["error"]) == (403, "ADDRESS_NOT_ALLOWED")


def test_a_key_ends(client: Client, server: ServerProcess) -> None:
    made = client.post(
        "/api/auth/api-keys", json={"name": "Short", "scopes": ["flows:read"], "expiresAt": "2999-01-01T00:00:00Z"}
    )
    program = bearer(server, made.json()["token"])
    assert program.get("/api/workflows").status_code == 200
    change(server, "UPDATE api_keys SET expires_at = 1 WHERE id = ?", made.json()["id"])
    assert program.get("/api/workflows").status_code == 401


def test_a_key_cannot_give_more_than_it_has(client: Client, server: ServerProcess) -> None:
    ends = "2999-01-01T00:00:00Z"
    program = bearer(server, new_key(client, "admin", "flows:read", expiresAt=ends))
    for more in (
        {"scopes": ["admin", "flows:write"]},
        {"scopes": ["admin"]},
        {"scopes": ["admin"], "expiresAt": "2999-06-01T00:00:00Z"},
    ):
        assert program.post("/api/auth/api-keys", json={"name": "More", **more}).status_code == 403
    assert (
        program.post("/api/auth/api-keys", json={"name": "Less", "scopes": ["flows:read"], "expiresAt": ends}).status_code == 201
    )
    assert program.post("/api/workspaces", json={"name": "Mine"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["root"]},
        {"scopes": "admin"},
        {"scopes": [1]},
        {"name": ""},
        {"name": "a\nb"},
        {"name": "a" * 101},
        {"expiresAt": "2001-01-01T00:00:00Z"},
        {"expiresAt": "soon"},
        {"expiresAt": 5},
        {"expiresAt": "2999-01-01"},
        {"addresses": ["everywhere"]},
        {"addresses": ["10.0.0.1"] * 21},
        {"token": "by_live_mine"},
    ],
    ids=str,
)
def test_a_key_that_makes_no_sense_is_refused(client: Client, wrong: dict[str, object]) -> None:
    answer = client.post("/api/auth/api-keys", json={"name": "Odd", "scopes": ["kv"]} | wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")


def test_a_bearer_that_is_wrong_is_not_saved_by_a_good_cookie(client: Client) -> None:
    assert client.get("/api/workflows", headers={"Authorization": "Bearer by_live_wrong"}).status_code == 401
    assert client.get("/api/workflows", headers={"Authorization": "Basic dTpw"}).status_code == 200


def test_a_caller_who_asks_too_much_is_told_when_to_come_back(tmp_path: Path) -> None:
    process = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_REQUESTS_PER_MINUTE": "20"}).owned().start()
    try:
        program = bearer(process, new_key(Client(process.url).set_up(), "flows:read"))
        answers = [program.get("/api/workflows") for _ in range(40)]
        assert {answer.status_code for answer in answers[:20]} == {200}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"] == "TOO_MANY_REQUESTS"
        assert int(refused.headers["retry-after"]) >= 1
        assert httpx.get(f"{process.url}/healthz").status_code == 200
        guesses = [httpx.get(f"{process.url}/api/workflows", headers={"Authorization": f"Bearer {n}"}) for n in range(40)]
        assert 429 in {answer.status_code for answer in guesses}, "keys cannot be guessed quickly either"
    finally:
        process.stop()
