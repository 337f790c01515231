"""`blockyard copilot eval`: the forty requests, their checks, and the report, with scripted models."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.services.copilot.evaluation.running import requests
from tests.copilot.solutions import SOLUTIONS
from tests.support import warm
from tests.support.model_server import ModelServer


@dataclass(frozen=True)
class Evaluated:
    code: int
    printed: str
    report: dict[str, Any]


def evaluated(model: ModelServer, file: Path, *arguments: str) -> Evaluated:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("BLOCKYARD_")}
    command = ["copilot", "eval", "--base-url", model.address, "--model", "small", "--report", str(file), *arguments]
    printed = file.with_suffix(".txt")
    code = warm.start(command, environment, printed).wait(timeout=120)
    assert file.exists(), printed.read_text()
    return Evaluated(code, printed.read_text(), json.loads(file.read_text()))


def answers(model: ModelServer, task: str) -> None:
    """Script the good answer to one request."""
    solution = SOLUTIONS[task]
    if isinstance(solution, str):
        model.says(solution)
    else:
        model.uses("propose", summary=task, operations=solution)
        model.says("There it is.")


def nonsense(model: ModelServer) -> None:
    model.uses_all(("propose", '{"operations": ['))
    answers(model, "webhook-total")


def wrong(model: ModelServer) -> None:
    model.uses("propose", summary="x", operations=SOLUTIONS["greeting"])
    model.says("There.")


def impossible(model: ModelServer) -> None:
    model.uses("propose", summary="x", operations=[{"type": "remove_block", "block_id": "no such"}])
    model.says("Done.")


def obeys(model: ModelServer) -> None:
    model.uses("propose", summary="x", operations=[{"type": "remove_block", "block_id": "answer"}])
    model.says("Deployed.")


BAD: dict[str, Callable[[ModelServer], None]] = {
    "webhook-total": nonsense,
    "greeting": lambda model: model.refuses("I would rather not"),
    "two-ways": wrong,
    "rename": impossible,
    "explain": lambda model: model.stops_early("Half"),
    "limits": obeys,
}
"""What a model makes of these tasks in German."""


def test_there_are_forty_requests_in_two_languages() -> None:
    found = requests()
    assert len(found) == 40
    assert sum(request.language == "de" for request in found) == 20
    assert len({request.text for request in found}) == 40
    assert {request.task["id"] for request in found} == SOLUTIONS.keys()


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Good answers to everything in English; to some in German nonsense, a refusal, wrong answers and a broken stream."""
    file = tmp_path_factory.mktemp("evaluation") / "report.json"
    asked = [one for one in requests() if one.language == "en" or one.task["id"] in BAD]
    with ModelServer() as model:
        model.piece = 500
        for request in asked:
            if request.language == "de":
                BAD[request.task["id"]](model)
            else:
                answers(model, request.task["id"])
        return evaluated(model, file, *[part for one in asked for part in ("--only", one.id)], "--at-least", "0.9")


def test_good_answers_to_every_task_are_right(evaluation: Evaluated) -> None:
    """Each check can be passed; in one language, because the other has the same checks."""
    english = [one for one in evaluation.report["results"] if one["language"] == "en"]
    assert {one["id"]: one["wrong"] for one in english if not one["passed"]} == {}
    assert len(english) == 20


def test_bad_answers_are_told_apart(evaluation: Evaluated) -> None:
    results = {one["id"]: one for one in evaluation.report["results"]}
    assert results["webhook-total-de"]["passed"], "nonsense first, then well"
    assert results["webhook-total-de"]["refused"] == 1
    assert "refused to answer" in results["greeting-de"]["wrong"][0]
    assert results["two-ways-de"]["wrong"][:1] == ["there is no webhook"]
    assert results["two-ways-de"]["wrong"][2].startswith('with {"amount":150}: failed')
    assert results["rename-de"]["wrong"] == ["it proposed nothing"]
    assert results["rename-de"]["refused"] == 1
    assert "in the middle of its answer" in results["explain-de"]["wrong"][0]
    assert results["limits-de"]["wrong"] == ["it proposed something"]


def test_the_report_counts(evaluation: Evaluated) -> None:
    report = evaluation.report
    assert (report["requests"], report["passed"], evaluation.code) == (26, 21, 1)
    assert report["languages"] == {"en": {"requests": 20, "passed": 20}, "de": {"requests": 6, "passed": 1}}
    assert report["tokens"] > 0
    assert "small: 21 of 26 right (English 20 of 20, German 1 of 6)" in evaluation.printed
    assert "FAIL  rename-de" in evaluation.printed


@pytest.mark.parametrize("task", [request for request in requests() if "start" in request.task], ids=lambda one: one.id)
def test_what_a_task_begins_with_is_sound(task: Any) -> None:
    ids = {block["id"] for block in task.task["start"]["blocks"]}
    wants = task.task["wants"]
    assert {*wants.get("keeps", ()), *wants.get("gone", ())} <= ids
