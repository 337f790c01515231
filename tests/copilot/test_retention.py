"""Conversations are forgotten in time, and no more of them are kept than are of use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from app.db.session import Database
from app.services.copilot import conversations
from app.services.copilot.conversations import Conversations
from tests.copilot.talking import Talking
from tests.support.data import database
from tests.support.model_server import ModelServer
from tests.support.server import Client, ServerProcess

pytestmark = pytest.mark.anyio


async def test_an_untouched_conversation_is_forgotten(talk: Talking, model: ModelServer, server: ServerProcess) -> None:
    model.says("Hi")
    talk.say("Hello")
    stored = Database(f"sqlite+aiosqlite:///{database(server)}")
    keeping = Conversations(stored, cast(Any, None), cast(Any, None))
    soon = datetime.now(UTC) + timedelta(days=1)
    await keeping.forget_old(soon)
    assert len(talk.read()["messages"]) == 2
    assert await keeping.forget_old(soon + conversations.KEPT) >= 1
    await stored.close()
    assert talk.client.get(f"/api/copilot/sessions/{talk.id}").status_code == 404


def test_the_oldest_of_many_conversations_go(client: Client, workflow: str) -> None:
    begun = [Talking.begin(client, workflow).id for _ in range(conversations.MOST_SESSIONS + 2)]
    kept = [one["id"] for one in client.get(f"/api/workflows/{workflow}/copilot/sessions").json()["sessions"]]
    assert kept == begun[:1:-1]


def test_what_was_said_is_sealed_on_disk(talk: Talking, model: ModelServer, server: ServerProcess) -> None:
    model.says("An answer with a marmot in it")
    talk.say("A question with a wombat in it")
    path = database(server)
    for file in path.parent.glob("blockyard.db*"):
        content = file.read_bytes()
        assert b"marmot" not in content
        assert b"wombat" not in content
    assert talk.client.delete(f"/api/copilot/sessions/{talk.id}").status_code == 200
    assert talk.client.get(f"/api/copilot/sessions/{talk.id}").status_code == 404
