"""Tokens of models and of MCP servers end like all others, and are renewed in the middle of a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.graphs import block
from tests.support.mcp_server import served
from tests.support.model_server import ModelServer
from tests.support.peer import Peer, Reply
from tests.support.studio import opened_studio

pytestmark = pytest.mark.anyio


class TokenServer(Peer):
    """Gives a new token each time, which ends almost at once."""

    def reply(self, path: str, body: bytes) -> Reply:
        return Reply({"access_token": f"t0ken-{len(self.seen) + 1}", "expires_in": 30})


async def test_a_model_and_an_mcp_server_get_tokens_that_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKYARD_EGRESS_ALLOW", "127.0.0.1")
    with ModelServer() as model, TokenServer() as tokens:
        async with served() as (url, seen), opened_studio(tmp_path) as studio:
            data = {"token_url": f"{tokens.url}/token", "client_id": "me", "client_secret": "s3cret"}
            await studio.server.services.credentials.create(studio.actor, "GIVEN", "oauth2_client", data)
            model.uses("stock", article="lamp")
            model.says(f"Four. {[f't0ken-{number}.' for number in range(20)]}")
            config: dict[str, Any] = {"base_url": model.address, "model": "small", "prompt": "How many?", "credential": "GIVEN"}
            tools = [{"kind": "mcp", "url": url, "credential": "GIVEN"}]
            agent = block("agent", "agent", config | {"tools": tools})
            workflow = await studio.new(block("start", "starter"), agent, edges=["start>agent"])
            ended = await studio.run(workflow)
            found = await studio.server.services.executions.get(studio.actor, ended)
    assert found.summary.status == "completed", found.summary
    of_model = [call.headers["authorization"] for call in model.seen]
    signed = of_model + [headers["authorization"] for headers in seen]
    assert len(set(signed)) == len(signed) > 3, "every call had the token of its moment"
    assert all(text.startswith("Bearer t0ken-") for text in signed)
    assert "t0ken-19." in found.output["text"]
    assert not [token for token in of_model if f"{token.removeprefix('Bearer ')}." in found.output["text"]]
