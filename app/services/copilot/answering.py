"""One answer of the copilot: leads the model's conversation with its tools, tells what happens, and keeps what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from app.catalog import Catalog
from app.db.copilot import SessionRow
from app.sdk import BlockError, Json, ModelTool, ModelTurn, ModelUsage
from app.services.actors import Actor
from app.services.copilot.bench import Bench, Benches
from app.services.copilot.conversations import Conversations, Said
from app.services.copilot.data import marked
from app.services.copilot.model import Chosen, CopilotModels, Spending
from app.services.copilot.prompts import instructions, prompt, remembered, tool_words
from app.services.copilot.turns import Turn, Turns
from app.services.copilot.uses import brief, for_model, is_error
from app.services.errors import ServiceError
from app.services.executions import Executions
from app.services.traces import StepView

logger = logging.getLogger(__name__)

SECONDS = 300.0
MOST_STEPS = 24
REMEMBERED = 12
"""How many earlier messages the model is reminded of."""
CHARACTERS_PER_TOKEN = 4
LONGEST_SECONDS = 120
"""Longer waits are told in minutes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants: words, and what they are about. `intent` is build, explain or repair."""

    text: str
    intent: str = "build"
    block_id: str = ""
    execution_id: str = ""

    def stored(self) -> dict[str, Json]:
        about = {"intent": self.intent, "block_id": self.block_id, "execution_id": self.execution_id}
        return {"text": self.text, **about}


@dataclass
class _Answer:
    """What came of an answer so far."""

    text: list[str] = field(default_factory=list)
    tools: list[dict[str, Json]] = field(default_factory=list)
    usage: ModelUsage = field(default_factory=ModelUsage)
    counted_text: int = 0
    asked: int = 0
    """How many characters the first request had."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """All that belongs to one answer."""

    actor: Actor
    session: SessionRow
    turn: Turn
    answer: Said
    wish: Wish
    bench: Bench
    chosen: Chosen
    left: Spending
    found: _Answer = field(default_factory=_Answer)


class Answering:
    def __init__(
        self,
        conversations: Conversations,
        models: CopilotModels,
        benches: Benches,
        executions: Executions,
        catalog: Catalog,
        turns: Turns,
    ) -> None:
        self._conversations = conversations
        self._models = models
        self._benches = benches
        self._executions = executions
        self._catalog = catalog
        self._turns = turns

    async def looks(self, actor: Actor, bench: Bench, wish: Wish) -> tuple[str, list[tuple[str, Json]]]:
        """What a wish is about, in words and as data. Raises 404 for an execution that is not this workflow's."""
        names = {block.id: block.name for block in bench.workflow.graph.blocks}
        if wish.block_id and wish.block_id not in names and wish.intent != "repair":
            raise ServiceError("BLOCK_NOT_FOUND", "There is no such block any more.", 404)
        what = f"the block with the id `{wish.block_id}`" if wish.block_id else "this workflow"
        shown: list[tuple[str, Json]] = []
        if wish.intent in ("explain", "repair") or wish.block_id:
            shown.append(("The workflow", marked("the workflow's own graph", self._benches.graph(bench, bench.workflow))))
        if wish.execution_id:
            actor.demand("executions.read")
            detail = await self._executions.get(actor, wish.execution_id)
            if detail.summary.workflow_id != bench.workflow.id:
                raise ServiceError("EXECUTION_NOT_FOUND", "That execution is one of another workflow.", 404)
            what = f"{what} in the execution {wish.execution_id}"
            told = self._benches.execution(bench, detail)
            told["steps"] = _near(told["steps"], detail.steps, wish.block_id)
            shown.append(("The execution", marked("an execution", told)))
        return what, shown

    async def run(self, job: Job) -> None:
        """Lead an answer to its end; everything that can go wrong is told and kept."""
        found, state = job.found, "done"
        job.turn.tell("status", {"state": "thinking", "session_id": job.session.id, "message_id": job.answer.id})
        try:
            async with asyncio.timeout(SECONDS):
                await self._converse(job)
        except asyncio.CancelledError:
            state = "stopped"
        except TimeoutError:
            state, found.error = "failed", f"The copilot did not come to an end within {SECONDS:g} seconds."
        except BlockError as error:
            state, found.error = "failed", _words(error)
        except ServiceError as error:
            state, found.error = "failed", error.message
        except Exception:
            logger.exception("an answer of the copilot failed")
            state, found.error = "failed", "Something went wrong in the server. Its log says more."
        job.turn.ending = asyncio.create_task(self._end(job, state))
        await asyncio.shield(job.turn.ending)

    async def _converse(self, job: Job) -> None:
        actor, bench, wish = job.actor, job.bench, job.wish
        what, shown = await self.looks(actor, bench, wish)
        may_draft = actor.allows("workflows.draft")
        request = replace(
            self._models.request(job.chosen, prompt(wish.text, wish.intent, what, shown, may_draft)),
            system_prompt=instructions(self._catalog, may_draft, bench.credentials),
            history=await self._history(job.session, job.answer),
            limits=self._models.limits(job.chosen.settings, job.left, MOST_STEPS),
            tools=self._tools(job),
            stream=lambda piece: self._said(job, piece),
            spent=lambda usage: self._spent(job.found, usage),
            misused=lambda name, reason: self._misused(job, name, reason),
        )
        told = (request.prompt, request.system_prompt, *(turn.text for turn in request.history))
        job.found.asked = sum(len(text) for text in told)
        lent = await self._models.lent(job.session.workspace_id, job.chosen)
        await lent.converse(request)

    async def _history(self, session: SessionRow, answer: Said) -> tuple[ModelTurn, ...]:
        said = [one for one in await self._conversations.said(session) if one.place < answer.place - 1]
        kept = await self._conversations.proposals(session)
        turns: list[ModelTurn] = []
        for one in said[-REMEMBERED:]:
            content = one.content
            if one.role == "user":
                turns.append(ModelTurn("user", content["text"]))
                continue
            proposal = kept.get(content.get("proposal_id") or "")
            told = None if proposal is None else proposal.proposal.as_json()
            text = remembered(content["text"], told, content.get("question"), content.get("error", ""))
            turns.append(ModelTurn("assistant", text))
        return tuple(turns)

    def _tools(self, job: Job) -> tuple[ModelTool, ...]:
        """The tools, each use of which is told when it begins and when it ends."""
        found, turn = job.found, job.turn

        def began(name: str, arguments: Mapping[str, Json]) -> None:
            words = tool_words(name, arguments)
            found.tools.append({"name": name, "words": words, "ok": None, "detail": ""})
            turn.tell("tool_call", {"id": len(found.tools), "name": name, "words": words, "arguments": brief(dict(arguments))})

        def ended(name: str, arguments: Mapping[str, Json], result: Json) -> None:
            number = next(i for i, one in enumerate(found.tools, 1) if one["name"] == name and one["ok"] is None)
            failed = is_error(result)
            detail = str(result["error"]["message"])[:500] if failed else ""
            found.tools[number - 1] |= {"ok": not failed, "detail": detail}
            turn.tell("tool_result", {"id": number, "name": name, "ok": not failed, "detail": detail})

        return tuple(for_model(job.actor, tool, began, ended) for tool in self._benches.tools(job.actor, job.bench))

    def _misused(self, job: Job, name: str, reason: str) -> None:
        """The model used a tool in a way that does not fit, and is told so; so is the person."""
        words, detail = tool_words(name, {}).partition(":")[0], reason[:500]
        job.found.tools.append({"name": name, "words": words, "ok": False, "detail": detail})
        number = len(job.found.tools)
        job.turn.tell("tool_call", {"id": number, "name": name, "words": words, "arguments": ""})
        job.turn.tell("tool_result", {"id": number, "name": name, "ok": False, "detail": detail})

    def _said(self, job: Job, piece: str) -> None:
        job.found.text.append(piece)
        job.turn.tell("content_delta", {"text": piece})

    def _spent(self, found: _Answer, usage: ModelUsage) -> None:
        found.usage, found.counted_text = usage, len("".join(found.text))

    async def _end(self, job: Job, state: str) -> None:
        try:
            await self._keep(job, state)
        except Exception:
            logger.exception("the end of an answer could not be kept")
            job.turn.tell("error", {"message": "The answer could not be kept."})
        finally:
            self._turns.close_turn(job.turn)

    async def _keep(self, job: Job, state: str) -> None:
        found, usage = job.found, _with_cut(job.found)
        await self._models.charge(job.actor, usage)
        content: dict[str, Json] = {
            "text": "".join(found.text),
            "tools": found.tools,
            "question": job.bench.question,
            "error": found.error,
            "usage": {"tokens": usage.input_tokens + usage.output_tokens, "cost": usage.cost},
        }
        if not await self._conversations.finish(job.answer, job.session, state, content):
            job.turn.tell("error", {"message": "The conversation was deleted."})
            return
        proposal = await self._kept_proposal(job, state, content)
        if found.error:
            job.turn.tell("error", {"message": found.error, "message_id": job.answer.id})
        end = {name: content[name] for name in ("text", "question", "usage")}
        end |= {"message_id": job.answer.id, "state": state, "proposal": proposal}
        end["operations"] = proposal["operations"] if proposal else []
        end["spending"] = (await self._models.spending(job.actor, job.chosen)).as_json()
        job.turn.tell("complete", end)

    async def _kept_proposal(self, job: Job, state: str, content: dict[str, Json]) -> dict[str, Json] | None:
        """The proposal of this answer, kept; None without one."""
        made, base = job.bench.proposal, job.bench.base
        if made is None or base is None:
            return None
        proposal_id = await self._conversations.keep_proposal(job.session, job.answer.id, base.revision, base.graph, made)
        await self._conversations.finish(job.answer, job.session, state, content | {"proposal_id": proposal_id})
        return {"id": proposal_id, "state": made.state, "base_revision": base.revision, **made.as_json()}


def _near(told: Sequence[Json], steps: Sequence[StepView], block_id: str) -> list[Json]:
    """The step that a question is about, and those before it; without one, all."""
    place = next((number for number, step in enumerate(steps) if step.block_id == block_id), None)
    return list(told) if place is None else list(told[max(0, place - 8) : place + 1])


def _with_cut(found: _Answer) -> ModelUsage:
    """What was used, with an estimate of what nobody has counted: the end of an answer that was cut off, or all of it."""
    used, text = found.usage, len("".join(found.text))
    if not used.input_tokens and not used.output_tokens and found.asked:
        return ModelUsage(found.asked // CHARACTERS_PER_TOKEN, text // CHARACTERS_PER_TOKEN, max(1, used.requests))
    return replace(used, output_tokens=used.output_tokens + max(0, text - found.counted_text) // CHARACTERS_PER_TOKEN)


def _words(error: BlockError) -> str:
    if error.code == "BUDGET_EXCEEDED" and "steps" in error.message:
        return f"The copilot did not come to an end within {MOST_STEPS} steps. Ask for less at once."
    if error.code == "BUDGET_EXCEEDED":
        return "That was all that the copilot may use today. It starts anew at midnight UTC."
    when = "" if error.retry_after is None else _in_words(error.retry_after)
    return f"{error.message.rstrip('.')}.{when}"


def _in_words(seconds: float) -> str:
    """When it may be tried again."""
    return f" Try again in {ceil(seconds)} s." if seconds <= LONGEST_SECONDS else f" Try again in {ceil(seconds / 60)} min."
