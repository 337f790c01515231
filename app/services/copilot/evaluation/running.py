"""Runs the requests against a model, through the same service that people use, each on a workflow of its own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.engine.values import decode
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.answering import Wish
from app.services.copilot.evaluation.checks import wrong_graph, wrong_trial
from app.services.copilot.service import Copilot
from app.services.errors import ServiceError
from app.services.executions import Executions
from app.services.workflows import Workflow

TASKS = Path(__file__).parent / "tasks.json"
LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True)
class Request:
    """One request in one language. `task` holds what it begins with and what it wants."""

    id: str
    language: str
    text: str
    task: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one request; `wrong` is empty when all is as it should be."""

    id: str
    language: str
    wrong: tuple[str, ...]
    said: str
    tools: int
    refused: int
    tokens: int
    cost: float
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.wrong


def requests(only: Sequence[str] = ()) -> list[Request]:
    """All requests, or those whose id begins with one of these."""
    tasks: list[dict[str, Json]] = decode(TASKS.read_bytes())["tasks"]
    every = [
        Request(f"{task['id']}-{language}", language, task[language], task) for task in tasks for language in LANGUAGES
    ]
    return [one for one in every if not only or any(one.id.startswith(name) for name in only)]


class Evaluation:
    def __init__(self, copilot: Copilot, executions: Executions, actor: Actor) -> None:
        self._copilot = copilot
        self._executions = executions
        self._actor = actor

    async def run(self, wanted: Sequence[Request]) -> AsyncIterator[Result]:
        """The results, one after the other."""
        for request in wanted:
            yield await self._one(request)

    async def _one(self, request: Request) -> Result:
        began = time.monotonic()
        graph, problems = self._copilot.graphs.parse(request.task.get("start", {"blocks": [], "edges": []}))
        if problems:
            raise ValueError(f"{request.id}: {problems[0].message}")
        drawn, name = self._copilot.graphs.minted(graph), f"{request.id} {uuid4().hex[:8]}"
        workflow = await self._copilot.workflows.create(self._actor, name, "", drawn)
        wish = Wish(request.text, request.task.get("intent", "build"), request.task.get("block", ""))
        if "fails" in request.task:
            wish = Wish(wish.text, wish.intent, wish.block_id, await self._failing(workflow, request.task["fails"]))
        session = await self._copilot.conversations.begin(self._actor, workflow.id)
        try:
            turn = await self._copilot.ask(self._actor, session.id, wish)
        except ServiceError as error:
            return Result(request.id, request.language, (error.message,), "", 0, 0, 0, 0.0, time.monotonic() - began)
        told = [message async for message in turn.watch() if message is not None]
        end = next((message.data for message in told if message.type == "complete"), {})
        errors = [str(message.data["message"]) for message in told if message.type == "error"]
        wrong = [*errors, *[text async for text in self._wrong(workflow, request, end)]]
        uses = [message for message in told if message.type == "tool_result"]
        usage = end.get("usage") or {"tokens": 0, "cost": 0.0}
        refused = sum(not message.data["ok"] for message in uses)
        seconds = round(time.monotonic() - began, 2)
        said = str(end.get("text", ""))
        return Result(
            request.id, request.language, tuple(wrong), said, len(uses), refused, usage["tokens"], usage["cost"], seconds
        )

    async def _failing(self, workflow: Workflow, given: Json) -> str:
        started = await self._executions.execute(self._actor, workflow.id, given, durably=True)
        await self._executions.ended(started.execution_id, started.handle)
        return started.execution_id

    async def _wrong(self, workflow: Workflow, request: Request, end: dict[str, Json]) -> AsyncIterator[str]:
        wants = request.task["wants"]
        proposal = end.get("proposal")
        if wants.get("proposes", True) is False:
            if proposal:
                yield "it proposed something"
            if "says" in wants and not any(word in str(end.get("text", "")).lower() for word in wants["says"]):
                yield "the explanation does not say it"
            return
        if not proposal:
            yield "it proposed nothing"
            return
        try:
            await self._copilot.decisions.accept(self._actor, proposal["id"], None, "evaluation")
        except ServiceError as error:
            yield error.message
            return
        found = await self._copilot.workflows.get(self._actor, workflow.id)
        for text in wrong_graph(found.graph, found.problems, wants):
            yield text
        for trial in wants.get("trials", ()):
            for text in wrong_trial(await self._copilot.rehearsals.run(found.graph, trial["input"]), trial):
                yield text
