"""Models and networks that misbehave: every failure is told in words, and the conversation goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.copilot.talking import ADD_DOUBLE, Talking
from tests.support.model_server import ModelServer
from tests.support.server import Client

Script = Callable[[ModelServer], None]


def broken_json(model: ModelServer) -> None:
    model.uses_all(("propose", '{"summary": "x", "operations": [{'))


def wrong_arguments(model: ModelServer) -> None:
    model.uses("propose", summary=7)


@pytest.mark.parametrize("script", [broken_json, wrong_arguments], ids=["broken-json", "wrong-arguments"])
def test_a_model_that_writes_nonsense_is_told_and_may_do_better(talk: Talking, model: ModelServer, script: Script) -> None:
    script(model)
    model.uses("propose", summary="Doubles", operations=ADD_DOUBLE)
    model.says("There.")
    events = talk.say("Double it")
    assert [event["ok"] for event in events.of("tool_result")] == [False, True]
    assert events.of("tool_result")[0]["detail"]
    assert len(events.proposal["changes"]) == 3


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (lambda model: model.refuses("I do not do that"), "The model refused to answer: I do not do that."),
        (lambda model: model.stops_early("Half of"), "in the middle of its answer"),
        (lambda model: model.hangs_up("Half of"), "in the middle of its answer"),
        (lambda model: model.answers({"error": {"message": "slow down"}}, 429), "answered 429"),
        (lambda model: model.answers({"error": {"message": "bad key"}}, 401), "check the credential"),
        (lambda model: model.answers("<html>"), "not a chat completion"),
    ],
    ids=["refusal", "cut", "disconnect", "too-many", "key", "html"],
)
def test_a_failure_is_told_in_words_and_kept(talk: Talking, model: ModelServer, script: Script, words: str) -> None:
    script(model)
    events = talk.say("Hello")
    assert words in events.error
    assert events.end["state"] == "failed"
    kept = talk.read()["messages"][-1]
    assert (kept["state"], kept["error"]) == ("failed", events.error)
    model.recovers()
    model.says("Here I am.")
    assert talk.say("Once more").text == "Here I am."


def test_an_answer_is_stopped_and_what_was_said_is_kept(talk: Talking, model: ModelServer, client: Client) -> None:
    model.uses("read_graph")
    model.is_slow("Never heard", 2.0)
    told: list[str] = []
    asking = threading.Thread(target=lambda: told.append(talk.say("Hello").end["state"]))
    asking.start()
    wait_until(lambda: bool(model.seen))
    second = client.post(f"/api/copilot/sessions/{talk.id}/chat", json={"message": "Two"})
    assert (second.status_code, second.json()["error"]) == (409, "ANSWERING")
    wait_until(lambda: client.post(f"/api/copilot/sessions/{talk.id}/stop").json()["stopped"])
    asking.join()
    assert told == ["stopped"]
    assert talk.read()["messages"][-1]["state"] == "stopped"
    assert talk.read()["running"] == ""


def test_an_answer_goes_on_when_nobody_watches(talk: Talking, model: ModelServer, client: Client) -> None:
    model.is_slow("Late", 0.3)
    with client.stream("POST", f"/api/copilot/sessions/{talk.id}/chat", json={"message": "Hi"}) as answer:
        next(answer.iter_lines())
    wait_until(lambda: talk.read()["running"] == "")
    assert talk.read()["messages"][-1]["text"] == "Late"


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.03)
