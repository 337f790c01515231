"""The server's side of its worker processes: started under load, replaced when they die, ended with it."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, cast
from uuid import uuid4

import uvicorn

from app.hosts.embedded import EmbeddedHost
from app.journal.journal import Journal
from app.services.light import LightWebhooks
from app.settings import Settings
from app.web.channel import Channel, pair
from app.web.desks import Helper, ServerDesk
from app.web.protocol import BoundedProtocol

logger = logging.getLogger(__name__)

END_SECONDS = 2.0
AGAIN_SECONDS = 2.0
"""The next worker is not started sooner after the one before."""

Adopt = Callable[[int, bytes], None]
"""Serve a connection, of which these bytes were read already."""


def settle() -> None:
    """For a long life: the collector leaves alone what stays, which otherwise costs every request; a thread that has an answer
    of a sandbox or of the database waits half a millisecond for its turn beside the busy event loop, not five."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    sys.setswitchinterval(0.000_5)


def adopt(server: uvicorn.Server, file: int, first: bytes) -> None:
    """Serve a connection that another process has accepted; `first` was read from it."""
    connection = socket.socket(fileno=file)
    connection.setblocking(False)
    protocol = cast(type[BoundedProtocol], server.config.http_protocol_class)
    make = partial(protocol, server.config, server.server_state, {}, first=first)
    adopting = asyncio.ensure_future(asyncio.get_running_loop().connect_accepted_socket(make, connection))
    _adopting.add(adopting)
    adopting.add_done_callback(_adopting.discard)


_adopting: set[asyncio.Future[Any]] = set()
"""Tasks live only as long as somebody holds them."""


class Worker:
    """One process, its slot in the shared counters of changes, and the driver under whose name it takes leases."""

    def __init__(self, process: asyncio.subprocess.Process, slot: int) -> None:
        self.process = process
        self.slot = slot
        self.driver = str(uuid4())
        self.helper: Helper | None = None


class Workers:
    """Up to `settings.workers` of them. `adopt` takes back the connections that they cannot serve."""

    def __init__(self, settings: Settings, light: LightWebhooks, journal: Journal, host: EmbeddedHost, adopt: Adopt) -> None:
        self._settings = settings
        self._journal = journal
        self._host = host
        self._adopt = adopt
        self._workers: list[Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._not_before = 0.0
        self._is_ending = False
        self.desk = ServerDesk(light, self._call_help)

    async def stop(self) -> None:
        """Let them finish what they are doing, for a moment."""
        self._is_ending = True
        for worker in self._workers:
            if worker.helper is not None:
                worker.helper.channel.close()
        ends = [asyncio.create_task(worker.process.wait()) for worker in self._workers]
        if ends:
            await asyncio.wait(ends, timeout=END_SECONDS)
        for worker in self._workers:
            if worker.process.returncode is None:
                worker.process.kill()
        await asyncio.gather(*ends, *self._tasks, return_exceptions=True)

    def _call_help(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._workers) < self._settings.most_workers and now >= self._not_before and not self._is_ending:
            self._not_before = now + AGAIN_SECONDS
            self._in_background(self._start())

    async def _start(self) -> None:
        here, there = pair()
        with there:
            file = there.fileno()
            command = (sys.executable, "-m", "app.worker", str(file))
            process = await asyncio.create_subprocess_exec(
                *command, pass_fds=[file], stdin=asyncio.subprocess.DEVNULL, start_new_session=True
            )
        taken = {worker.slot for worker in self._workers}
        worker = Worker(process, next(slot for slot in range(1, len(taken) + 2) if slot not in taken))
        self._workers.append(worker)
        channel = Channel(here, partial(self._received, worker), partial(self._died, worker))
        worker.helper = Helper(channel)
        about = {"settings": self._settings.model_dump(mode="json"), "driver": worker.driver, "slot": worker.slot}
        channel.send(about)

    def _received(self, worker: Worker, about: dict[str, Any], data: bytes, file: int | None) -> None:
        if worker.helper is None:
            return
        if "ready" in about:
            self.desk.helpers.append(worker.helper)
        worker.helper.connections -= about.get("left", 0)
        if file is not None:
            self._adopt(file, data)

    def _died(self, worker: Worker) -> None:
        self._workers.remove(worker)
        if worker.helper in self.desk.helpers:
            self.desk.helpers.remove(worker.helper)
        if not self._is_ending:
            logger.warning("a worker process has ended; its executions are taken over")
            self._in_background(self._take_over(worker))

    async def _take_over(self, worker: Worker) -> None:
        await worker.process.wait()
        await self._journal.release_driver(worker.driver)
        self._host.sweep_soon()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
