"""Conversations with workflows: history by conversation, streamed answers, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.people import join
from tests.support.public_pages import address, chat_block, look
from tests.support.server import Client, ServerProcess


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def write(
    server: ServerProcess, page: dict[str, Any], text: Any, conversation: str, person: Any = httpx, **more: Any
) -> tuple[int, list[dict[str, Any]]]:
    """The status, and the events or the refusal."""
    headers = {"X-Conversation": conversation, "Accept": "text/event-stream"}
    answer = person.post(f"{address(server, page)}/messages", json={"text": text, **more}, headers=headers, timeout=30)
    if answer.status_code != 200:
        return answer.status_code, [answer.json()]
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return 200, [json.loads(line) for line in lines]


def last(server: ServerProcess, page: dict[str, Any], text: str, conversation: str) -> tuple[str, str]:
    """What a message is answered with."""
    _, events = write(server, page, text, conversation)
    return events[-1]["type"], events[-1]["text"]


def kept(server: ServerProcess, page: dict[str, Any], conversation: str, person: Any = httpx) -> list[tuple[str, str]]:
    answer = person.get(f"{address(server, page)}/messages", headers={"X-Conversation": conversation})
    assert answer.status_code == 200, answer.text
    return [(turn["role"], turn["text"]) for turn in answer.json()["messages"]]


def echo(body: str = "{{ len(variables.history) }}: {{ variables.message }}") -> dict[str, Any]:
    return block("answer", "response", {"body": body})


def test_each_message_runs_the_workflow_with_what_was_said_before(server: ServerProcess, client: Client) -> None:
    page = chat_block(history_messages=3)
    workflow = client.new(page, echo(), edges=["chat>answer"])
    conversation, other = uuid4().hex, uuid4().hex
    assert look(server, page).status_code == 403
    assert write(server, page, "Hello", conversation)[0] == 403
    client.post(f"/api/workflows/{workflow}/deploy")
    assert look(server, page).status_code == 200
    answers = [last(server, page, text, conversation) for text in ("Hello", "How <b>", "Bye")]
    assert answers == [("answer", "0: Hello"), ("answer", "2: How <b>"), ("answer", "3: Bye")]
    assert last(server, page, "Me too", other) == ("answer", "0: Me too")
    said = [("user", "Hello"), ("assistant", "0: Hello"), ("user", "How <b>"), ("assistant", "2: How <b>")]
    assert kept(server, page, conversation)[:4] == said
    assert kept(server, page, uuid4().hex) == []
    runs = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    assert ({run["trigger"] for run in runs}, len(runs)) == ({"chat"}, 4)
    found = client.get(f"/api/executions/{runs[0]['id']}").text
    assert conversation not in found and other not in found  # who knows it may read along


def test_what_an_agent_writes_comes_while_it_writes(server: ServerProcess, client: Client, model: ModelServer) -> None:
    page = chat_block()
    agent = block(
        "agent",
        "agent",
        {
            "base_url": model.address,
            "model": "small",
            "prompt": "{{ variables.message }}",
            "memory_key": "{{ variables.conversation }}",
        },
    )
    client.deployed(page, agent, edges=["chat>agent"])
    conversation = uuid4().hex
    model.says("Yes, we have blue ink and black ink.")
    model.says("The blue one.")
    _, events = write(server, page, "Do you have ink?", conversation)
    pieces = [event["text"] for event in events if event["type"] == "text"]
    assert len(pieces) > 2
    assert "".join(pieces) == events[-1]["text"] == "Yes, we have blue ink and black ink."
    assert [event["begins"] for event in events if event["type"] == "text"] == [True] + [False] * (len(pieces) - 1)
    assert last(server, page, "Which is nicer?", conversation) == ("answer", "The blue one.")
    texts = [str(message["content"]) for message in model.asked[-1]["messages"]]
    assert texts[-3:] == ["Do you have ink?", "Yes, we have blue ink and black ink.", "Which is nicer?"]


@pytest.mark.parametrize(
    ("text", "conversation", "status"),
    [
        ("", "a" * 32, 400),
        ("x" * 10_001, "a" * 32, 400),
        (7, "a" * 32, 400),
        ("Hello", "", 400),
        ("Hello", "short", 400),
        ("Hello", "../" * 12, 400),
    ],
    ids=["empty", "too long", "no text", "no conversation", "short", "path"],
)
def test_what_is_no_message_starts_nothing(
    server: ServerProcess, client: Client, text: Any, conversation: str, status: int
) -> None:
    page = chat_block()
    workflow = client.deployed(page, echo(), edges=["chat>answer"])
    assert write(server, page, text, conversation)[0] == status
    assert client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"] == []


def test_an_armed_conversation_takes_one_message_and_a_failure_tells_nothing(server: ServerProcess, client: Client) -> None:
    page = chat_block()
    workflow = client.new(page, echo("{{ variables.hidden.part }}"), edges=["chat>answer"])
    client.post(f"/api/workflows/{workflow}/arm")
    conversation = uuid4().hex
    kind, text = last(server, page, "Hello", conversation)
    assert (kind, "hidden" in text) == ("problem", False)
    assert write(server, page, "Hello", conversation)[0] == 403


def test_the_same_message_sent_twice_is_answered_once(server: ServerProcess, client: Client) -> None:
    page = chat_block()
    workflow = client.deployed(page, echo(), edges=["chat>answer"])
    conversation = uuid4().hex
    answers = [write(server, page, "Hello", conversation, mark="one")[1][-1]["text"] for _ in range(2)]
    assert answers == ["0: Hello", "0: Hello"]
    assert len(kept(server, page, conversation)) == 2
    assert len(client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]) == 1


def test_who_writes_too_fast_waits(server: ServerProcess, client: Client) -> None:
    page = chat_block(per_minute=1)
    client.deployed(page, echo(), edges=["chat>answer"])
    assert [write(server, page, "Hello", uuid4().hex)[0] for _ in range(3)] == [200, 429, 429]


def test_conversations_of_members_are_their_own(server: ServerProcess, client: Client) -> None:
    page = chat_block(access="members")
    client.deployed(page, echo(), edges=["chat>answer"])
    conversation = uuid4().hex
    assert write(server, page, "Hello", conversation)[0] == 401
    ada, bo = (join(server, f"chat-{uuid4().hex[:8]}") for _ in range(2))
    assert write(server, page, "Mine", conversation, ada)[1][-1]["text"] == "0: Mine"
    assert (len(kept(server, page, conversation, ada)), kept(server, page, conversation, bo)) == (2, [])
    foreign = {"X-Conversation": conversation, "Origin": "https://evil.example"}
    assert ada.post(f"{address(server, page)}/messages", json={"text": "x"}, headers=foreign).status_code == 403


def test_a_form_takes_no_messages(server: ServerProcess, client: Client) -> None:
    assert httpx.get(f"{server.url}/pages/{uuid4()}/messages").status_code == 404
    page = chat_block()
    client.deployed(page, echo(), edges=["chat>answer"])
    assert httpx.post(address(server, page), data={"form.a": "1"}).status_code == 303
