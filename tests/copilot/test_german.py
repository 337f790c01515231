"""The copilot in German: its own sentences are translated for who asks, people's and the model's words stay."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest

from app.services.copilot.prompts import TOOL_WORDS
from app.web.telling import told
from app.web.translation import PLACEHOLDER, catalogue, language
from tests.copilot.talking import ADD_DOUBLE, Talking, streamed
from tests.support.model_server import ModelServer
from tests.support.server import Client

CATALOGUE = Path(__file__).parents[2] / "templates" / "languages" / "de.copilot.json"
GERMAN = {"X-Language": "de"}


def edit(client: Client, workflow: str, operation: dict[str, object]) -> None:
    batch = {
        "base_revision": client.drawn(workflow)["revision"], "client_id": "x", "batch_id": str(uuid4()),
        "operations": [operation],
    }  # fmt: skip
    assert client.post(f"/api/workflows/{workflow}/operations", json=batch).status_code == 200


def test_a_german_reader_reads_the_copilots_sentences_in_german(
    talk: Talking, model: ModelServer, client: Client, workflow: str
) -> None:
    model.uses("search_block_types", q="code")
    model.uses("propose", summary="Doubles", operations=[*ADD_DOUBLE, {"type": "rename_workflow", "name": f"N {uuid4().hex}"}])
    model.says("Reads the workflow")
    client.headers.update(GERMAN)
    try:
        events = streamed(client, "POST", f"/api/copilot/sessions/{talk.id}/chat", message="Proposes changes")
        edit(client, workflow, {"type": "set_block", "block_id": "sum", "name": "Theirs"})
        looked = talk.look(events.proposal["id"])
        read = talk.read()["messages"]
    finally:
        del client.headers["X-Language"]
    assert [event["words"] for event in events.of("tool_call")] == ["Sucht Blöcke: code", "Schlägt Änderungen vor"]
    assert events.proposal["cautions"] == ["Wer diesen Workflow mit seinem Namen aufruft, muss den neuen verwenden."]
    assert events.proposal["simulation"]["input"] == "einer leeren Eingabe"
    assert [change["reason"] for change in looked["changes"] if change["state"] == "stale"] == [
        "„Theirs“: name wurde inzwischen geändert"
    ]  # fmt: skip
    assert (events.text, read[0]["text"], read[1]["text"]) == ("Reads the workflow", "Proposes changes", "Reads the workflow")
    assert read[1]["tools"][0]["words"] == "Sucht Blöcke: code"
    assert talk.read()["messages"][1]["tools"][0]["words"] == "Looks for blocks: code"


def test_refusals_and_failures_are_german_too(talk: Talking, model: ModelServer, client: Client) -> None:
    model.answers({"error": {"message": "slow down"}}, 429, Retry_After="7")
    client.headers.update(GERMAN)
    try:
        told_so = streamed(client, "POST", f"/api/copilot/sessions/{talk.id}/chat", message="Hallo").error
        refused = client.post(f"/api/copilot/sessions/{talk.id}/chat", json={"message": " "}).json()["message"]
    finally:
        del client.headers["X-Language"]
    assert told_so == "Der Server des Modells (127.0.0.1) antwortete 429: slow down. Versuchen Sie es in 7 s noch einmal."
    assert refused == "Sagen Sie, was Sie möchten."


@pytest.mark.parametrize("words", TOOL_WORDS.values())
def test_every_use_of_a_tool_has_german_words(words: str) -> None:
    token = language.set("de")
    try:
        assert told(words.replace("{q}", "x").replace("{type}", "x")) != words.replace("{q}", "x").replace("{type}", "x")
    finally:
        language.reset(token)


def test_the_catalogue_is_in_order() -> None:
    words = json.loads(CATALOGUE.read_text())
    assert list(words) == sorted(words)
    for key, text in words.items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(key)), key
        assert not re.search(r'[<"]', text), key
        assert catalogue("de")[key] == text
