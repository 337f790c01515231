"""Runs the triggers that look around by themselves, wherever a workflow with one is deployed.

Each has a row: how far it has come, and who drives it. An item starts its execution in the transaction that remembers it, so
after a crash nothing is lost and nothing comes twice; only afterwards is it acknowledged where it came from.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.catalog import Catalog
from app.db import watches as queries
from app.db.session import Database
from app.db.watches import WatchRow
from app.db.workflows import WorkflowRow
from app.engine.messages import Message
from app.engine.program import Step
from app.engine.values import encode
from app.hosts.bus import EventBus
from app.hosts.handles import WorkflowBroken
from app.sdk import BlockError
from app.services.lending import Lending, Programs
from app.services.starts import Starts
from app.services.watch_rounds import LostWatch, WatchRound

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LEASE = timedelta(seconds=60)
RENEW_SECONDS = 15.0
OTHERS_SECONDS = 10.0
"""How often to look for what other processes may have written, where they can."""
SHORTEST_PAUSE = 0.05
FIRST_BACK_OFF = 2.0
LONGEST_BACK_OFF = 300.0
KEPT = timedelta(days=90)
FORGET_SECONDS = 3_600.0

Place = tuple[str, str]
"""Workflow and block."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A trigger of a deployed revision."""

    workflow: WorkflowRow
    revision: int
    step: Step

    @property
    def fingerprint(self) -> str:
        """Another one where something else is watched."""
        return hashlib.sha256(encode([self.step.block.type, self.step.config.raw])).hexdigest()


@dataclass
class Trouble:
    """How often it has failed in a row, and why."""

    failures: int = 0
    problem: str = ""


CANCEL_AGAIN_SECONDS = 1.0


def back_off(failures: int) -> float:
    """Seconds until the next look after so many failures in a row."""
    seconds: float = FIRST_BACK_OFF * 2.0 ** min(max(failures, 1) - 1, 10)
    return min(seconds, LONGEST_BACK_OFF)


class Watchers:
    def __init__(
        self, database: Database, catalog: Catalog, programs: Programs, starts: Starts, lending: Lending, bus: EventBus
    ) -> None:
        self._bus = bus
        self._database = database
        self._programs = programs
        self._starts = starts
        self._lending = lending
        self._types = catalog.watching
        self._driver = str(uuid4())
        self._running: dict[Place, tuple[str, int, asyncio.Task[None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._seen_changes: bytes | None = None
        self._renewed = self._forgot = self._looked = 0.0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="watchers")

    async def stop(self) -> None:
        """End what watches. Client libraries may swallow a cancellation, so one that goes on is cancelled again."""
        tasks = {task for _, _, task in self._running.values()} | ({self._task} if self._task is not None else set())
        self._running.clear()
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=CANCEL_AGAIN_SECONDS)

    async def _run(self) -> None:
        while True:
            try:
                await self.look_around()
            except Exception:
                logger.exception("looking for triggers failed; it is tried again")
                self._seen_changes = None
            await asyncio.sleep(LOOK_SECONDS)

    async def look_around(self) -> None:
        """Begin and end what deploying and undeploying asks for; hold what is held."""
        now = asyncio.get_running_loop().time()
        if self._running and now - self._renewed > RENEW_SECONDS:
            self._renewed = now
            async with self._database.write(counts=False) as connection:
                await queries.renew(connection, self._driver, datetime.now(UTC) + LEASE)
        if self._running and now - self._forgot > FORGET_SECONDS:
            self._forgot = now
            async with self._database.write(counts=False) as connection:
                await queries.forget_items(connection, datetime.now(UTC) - KEPT)
        mark = self._database.changes.mark
        ended = any(task.done() for _, _, task in self._running.values())
        is_fresh = self._database.is_sole_writer or now - self._looked < OTHERS_SECONDS
        if mark == self._seen_changes and is_fresh and not ended:
            return
        self._looked = now
        wanted, deployed = await self._wanted()
        await self._end_others(wanted, deployed)
        for place, one in wanted.items():
            if place not in self._running and await self._claim(one):
                task = asyncio.create_task(self._watch(one), name=f"watching {one.step.block.type}")
                self._running[place] = (one.fingerprint, one.revision, task)
        self._seen_changes = mark

    async def _wanted(self) -> tuple[dict[Place, Wanted], set[str]]:
        """The triggers to watch, and the workflows that are deployed."""
        async with self._database.read() as connection:
            rows = await queries.deployed(connection)
        mentioned = [row for row, graph in rows if any(type.encode() in graph for type in self._types)]
        found: dict[Place, Wanted] = {}
        for row in mentioned:
            try:
                revision = row.deployed_revision or row.revision
                program = (await self._programs.load(row.id, revision)).program
            except WorkflowBroken:
                logger.exception("a deployed workflow cannot be read, so it watches nothing", extra={"workflow_id": row.id})
                continue
            steps = [step for step in program.triggers if step.enabled and step.block.type in self._types]
            found |= {(row.id, step.id): Wanted(row, revision, step) for step in steps}
        return found, {row.id for row, _ in rows}

    async def _end_others(self, wanted: dict[Place, Wanted], deployed: set[str]) -> None:
        for place, (fingerprint, revision, task) in list(self._running.items()):
            one = wanted.get(place)
            if one is None or task.done() or (one.fingerprint, one.revision) != (fingerprint, revision):
                del self._running[place]
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        async with self._database.read() as connection:
            rows = await queries.all_rows(connection)
        gone = [row for row in rows if row.workflow_id not in deployed]
        if gone:
            async with self._database.write(counts=False) as connection:
                for row in gone:
                    await queries.forget(connection, row.workflow_id, row.block_id)
        for row in gone:
            self._news(row.workflow_id, row.block_id)

    async def _claim(self, one: Wanted) -> bool:
        """Whether this server drives it from now on: nobody does, or has for a while."""
        now, row, step = datetime.now(UTC), one.workflow, one.step
        held = {"driver": self._driver, "leased_until": now + LEASE}
        async with self._database.write(counts=False) as connection:
            known = await queries.find(connection, row.id, step.id)
            if known is not None and known.fingerprint != one.fingerprint:
                await queries.forget(connection, row.id, step.id)
                known = None
            if known is None:
                fresh = WatchRow(
                    row.id, step.id, row.workspace_id, one.fingerprint, None, self._driver, now + LEASE, 0, "", 0, now
                )
                await queries.add(connection, fresh)
                return True
            if known.driver != self._driver and known.leased_until > now and not self._database.is_sole_writer:
                return False
            await queries.take(connection, known, **held)
        return True

    async def _watch(self, one: Wanted) -> None:
        """Look again and again, until it is cancelled or somebody else has taken it over."""
        trouble = Trouble()
        while True:
            try:
                pause = await self._look(one, trouble)
            except LostWatch:
                return
            except BlockError as error:
                pause = await self._failed(one, trouble, f"{error.code}: {error.message}")
            except Exception:
                logger.exception("a trigger failed; it is tried again", extra={"workflow_id": one.workflow.id})
                pause = await self._failed(one, trouble, "it could not look around; the log of the server says why")
            await asyncio.sleep(max(SHORTEST_PAUSE, pause))

    async def _look(self, one: Wanted, trouble: Trouble) -> float:
        watch = one.step.block.watch
        if watch is None:
            raise LostWatch
        async with self._database.read() as connection:
            row = await queries.find(connection, one.workflow.id, one.step.id)
        if row is None or row.driver != self._driver:
            raise LostWatch
        trouble.problem = row.problem

        async def works() -> None:
            trouble.failures = 0
            if trouble.problem:
                await self._tell(one, trouble, "")

        round = await WatchRound.begin(
            self._database, self._starts, self._lending, one.workflow, one.revision, one.step, row, works
        )
        pause = await watch(round, round.config)
        await works()
        return pause

    async def _failed(self, one: Wanted, trouble: Trouble, problem: str) -> float:
        trouble.failures += 1
        await self._tell(one, trouble, problem)
        return back_off(trouble.failures)

    async def _tell(self, one: Wanted, trouble: Trouble, problem: str) -> None:
        """Remember what is wrong, for people to see at the block, and tell those who watch the workflow."""
        trouble.problem = problem[: queries.MAX_PROBLEM]
        told = {"failures": trouble.failures, "problem": trouble.problem, "updated_at": datetime.now(UTC)}
        with suppress(Exception):
            async with self._database.write(counts=False) as connection:
                await queries.change(connection, one.workflow.id, one.step.id, self._driver, **told)
            self._news(one.workflow.id, one.step.id)

    def _news(self, workflow_id: str, block_id: str) -> None:
        self._bus.publish(f"workflow:{workflow_id}", Message("watch.changed", {"block_id": block_id}))

    @property
    def watching(self) -> Sequence[Place]:
        return list(self._running)
