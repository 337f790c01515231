"""The model behind the copilot: set up in one form, tried out, and its key kept."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.copilot.talking import Talking
from tests.support.keys import bearer, new_key
from tests.support.model_server import ModelServer
from tests.support.people import join
from tests.support.server import Client, ServerProcess


@pytest.fixture
def admin(server: ServerProcess) -> Client:
    """Somebody with a workspace of their own."""
    return join(server, f"copilot-{uuid4().hex[:6]}", "admin", elsewhere=True)


def test_a_key_that_is_typed_becomes_a_sealed_credential_and_signs(admin: Client) -> None:
    with ModelServer() as model:
        settings = {"base_url": model.address, "model": "small", "api_key": "sk-typed-in"}
        saved = admin.put("/api/copilot/model", json=settings).json()["settings"]
        assert saved["credential"] == "COPILOT_KEY"
        model.says("Hi")
        Talking.begin(admin, admin.new()).say("Hello")
        assert model.seen[-1].headers["authorization"] == "Bearer sk-typed-in"
    for path in ("/api/copilot/model", "/api/v1/credentials", "/copilot"):
        assert "sk-typed-in" not in admin.get(path).text
    moved = {"base_url": "https://elsewhere.example/v1", "model": "small", "credential": "COPILOT_KEY"}
    refused = admin.put("/api/copilot/model", json=moved)
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (400, "api_key")
    assert admin.put("/api/copilot/model", json=moved | {"api_key": "sk-new"}).status_code == 200


def test_a_key_that_the_model_repeats_is_masked(admin: Client) -> None:
    with ModelServer() as model:
        admin.put("/api/copilot/model", json={"base_url": model.address, "model": "small", "api_key": "sk-typed-in"})
        model.says("Your key is sk-typed-in, is it not?")
        talk = Talking.begin(admin, admin.new())
        assert talk.say("Hello").text == "Your key is ***, is it not?"
        assert "sk-typed-in" not in str(talk.read())


@pytest.mark.parametrize(
    ("script", "works", "words"),
    [
        (lambda model: (model.uses("report", word="ready"), model.says("ready")), True, "can use tools"),
        (lambda model: model.says("ready"), False, "did not use the tool"),
        (lambda model: model.answers({"error": {"message": "no"}}, 401), False, "check the credential"),
        (lambda model: model.answers("<html>"), False, "not a chat completion"),
    ],
    ids=["good", "no-tools", "wrong-key", "no-model"],
)
def test_a_model_is_tried_before_it_is_saved(admin: Client, script: Any, works: bool, words: str) -> None:
    with ModelServer() as model:
        script(model)
        settings = {"base_url": model.address, "model": "small", "api_key": "sk-typed-in"}
        tried = admin.post("/api/copilot/model/test", json=settings).json()
        assert tried["works"] is works
        assert words in tried["message"]
        assert "sk-typed-in" not in tried["message"]
        assert model.seen[-1].headers["authorization"] == "Bearer sk-typed-in"
    assert admin.get("/api/copilot/model").json()["ready"] is False
    assert admin.get("/api/v1/credentials").json()["data"] == []


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"base_url": "http://localhost:1/v1"}, "model"),
        ({"model": "m"}, "base_url"),
        ({"model": "m", "base_url": "ftp://x"}, "base_url"),
        ({"model": "m", "base_url": "http://x:port"}, "base_url"),
        ({"model": "m", "provider": "other"}, "provider"),
        ({"model": "m", "provider": "anthropic", "daily_tokens": -1}, "daily_tokens"),
        ({"model": "m", "provider": "anthropic", "daily_cost": "1"}, "daily_cost"),
        ({"model": "m", "provider": "anthropic", "credential": "NONE"}, "credential"),
        ({"model": "m", "provider": "anthropic", "api_key": 7}, "api_key"),
        ({"model": "m", "provider": "anthropic", "extra": 7}, "extra"),
    ],
    ids=["no-model", "no-address", "ftp", "port", "provider", "negative", "text", "credential", "key", "unknown"],
)
def test_what_does_not_fit_is_named(admin: Client, settings: dict[str, Any], field: str) -> None:
    answer = admin.put("/api/copilot/model", json=settings)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, field)


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(admin: Client) -> None:
    token = {"_csrf": admin.headers["X-CSRF-Token"]}
    wrong = admin.post("/copilot", data=token | {"model": "mine", "base_url": "nowhere", "daily_tokens": "many"})
    assert wrong.status_code == 400
    assert "Enter a number." in wrong.text
    assert 'value="mine"' in wrong.text
    right = {"provider": "anthropic", "model": "claude", "daily_tokens": "", "input_price": "3,5", "shares_values": "on"}
    assert admin.post("/copilot", data=token | right).status_code == 303
    settings = admin.get("/api/copilot/model").json()["settings"]
    assert (settings["daily_tokens"], settings["input_price"], settings["shares_values"]) == (300_000, 3.5, True)
    assert admin.post("/copilot", data=token | {"do": "forget"}).status_code == 303
    assert admin.get("/api/copilot/model").json()["ready"] is False


def test_both_doors_have_the_same_tools(server: ServerProcess, client: Client) -> None:
    """Search and simulation for agents that connect by MCP, too."""
    program = bearer(server, new_key(client, "mcp", "flows:read", "flows:run", "executions:read"))
    listed = program.post("/api/mcp", json={"method": "tools/list"}).json()["data"]["tools"]
    assert {"search_block_types", "search_templates", "list_executions", "simulate_graph"} <= {one["name"] for one in listed}
    blocks = [{"id": "a", "type": "starter"}, {"id": "b", "type": "code", "config": {"code": "return input['x'] * 2"}}]
    given = {"blocks": blocks, "edges": [{"source": "a", "target": "b"}], "input": {"x": 21}}
    body = {"method": "tools/call", "name": "simulate_graph", "arguments": given}
    found = program.post("/api/mcp", json=body).json()["data"]
    assert found["status"] == "completed"
    assert found["output"] == 42
    reader = bearer(server, new_key(client, "mcp", "flows:read"))
    assert reader.post("/api/mcp", json=body).status_code == 404


def test_cost_is_limited_for_each_person_and_day(admin: Client) -> None:
    with ModelServer() as model:
        limits = {"daily_tokens": 0, "input_price": 100_000.0, "daily_cost": 2.0}
        assert admin.put("/api/copilot/model", json={"base_url": model.address, "model": "small", **limits}).status_code == 200
        talk = Talking.begin(admin, admin.new())
        model.says("One")
        assert talk.say("Hi").end["spending"]["cost"] == 1.1
        model.says("Two")
        cut = talk.say("Hi")
        assert cut.error == "That was all that the copilot may use today. It starts anew at midnight UTC."
        assert cut.end["spending"]["cost"] == 2.2
        asked = len(model.seen)
        refused = admin.post(f"/api/copilot/sessions/{talk.id}/chat", json={"message": "Hi"})
        assert (refused.status_code, refused.json()["error"]) == (429, "DAILY_LIMIT")
        assert "the 2 that the copilot may cost you today" in refused.json()["message"]
        assert len(model.seen) == asked
