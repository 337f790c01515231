"""A process that helps its server with webhook calls whose workflows only compute: `python -m app.worker FD`.

It is started under load, gets connections from the server, and writes into the same journal under leases of its own. What
it cannot serve it gives back. When the server is gone, it ends.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import uvicorn

from app import logs
from app.adapters.sandbox import MontySandbox
from app.adapters.vault import Vault
from app.catalog import Catalog
from app.db.session import Database
from app.engine.context import Environment
from app.hosts.bus import EventBus
from app.hosts.embedded import EmbeddedHost
from app.hosts.handles import LoadedProgram
from app.journal.journal import Journal
from app.journal.records import NewExecution
from app.processes import adopt, settle
from app.sdk import Sandbox
from app.services.graphs import Graphs
from app.services.hooks import Hooks
from app.services.lending import Programs
from app.services.listeners import Listeners
from app.services.loops import PermanentLoop
from app.services.starts import Starts
from app.settings import Settings
from app.web.channel import Channel
from app.web.desks import WorkerDesk
from app.web.gateway import Gateway
from app.web.protocol import BoundedProtocol
from app.web.proxies import Proxies

DRAIN_SECONDS = 1.2
GRACE_SECONDS = 1
LISTENING_SECONDS = 1.0
ELSEWHERE = b"This connection serves webhooks only. Please connect again."


@dataclass(frozen=True)
class LightEnvironment:
    """What blocks that only compute may use; nothing else is lent."""

    workspace: str
    sandbox: Sandbox
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LightLender:
    """The host's Lender for programs that only compute."""

    programs: Programs
    sandbox: Sandbox

    async def program(self, workflow_id: str, revision: int) -> LoadedProgram:
        return await self.programs.load(workflow_id, revision)

    async def environment(self, execution: NewExecution) -> Environment:
        return cast(Environment, LightEnvironment(execution.workspace_id, self.sandbox))


class WorkerProcess:
    """Everything that lives as long as the worker does."""

    def __init__(self, settings: Settings, driver: str, slot: int) -> None:
        self.database = Database(settings.database)
        self.database.changes.share(settings.changes_file, slot)
        self.journal = Journal(self.database, driver)
        self.bus = EventBus()
        self.host = EmbeddedHost(self.journal, self.bus, settings.max_running)
        self.sandbox = MontySandbox(workers=1)
        catalog = Catalog.load(settings.data / "presets")
        programs = Programs(self.database, Graphs(catalog, Vault.open(settings.secret_key, settings.data)), catalog)
        listeners = Listeners(self.database, programs)
        self.journal.ends_are_news = listeners.may_hear_of_ends
        self._listening = PermanentLoop("looking for listeners", listeners.look_around, LISTENING_SECONDS)
        self.lender = LightLender(programs, self.sandbox)
        starts = Starts(self.database, self.journal, self.host)
        self.hooks = Hooks(self.database, starts, programs, self.bus, settings.wait_seconds, is_helper=True)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        self.journal.start()
        self.host.open(self.lender, sweeps=False)
        self._listening.start()
        try:
            yield
        finally:
            await self._listening.stop()
            await self.host.drain(DRAIN_SECONDS)
            await self.journal.close()
            await asyncio.to_thread(self.sandbox.close)
            await self.database.close()


class Serving:
    """The connections of one worker."""

    def __init__(self, end: socket.socket) -> None:
        self._told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._channel = Channel(end, self._received, self._server_is_gone)
        self._server: uvicorn.Server | None = None
        self._worker: WorkerProcess | None = None

    async def run(self) -> None:
        """Until the server is gone."""
        told = await self._told
        settings = Settings(**told["settings"])
        logs.configure(settings.log_format, settings.log_level)
        self._worker = WorkerProcess(settings, told["driver"], told["slot"])
        gateway = Gateway(self._worker.hooks, settings.no_auth, Proxies(settings.trusted_proxies))
        desk = WorkerDesk(self._worker.hooks.light, self._channel)
        config = uvicorn.Config(
            _elsewhere,
            http=cast(type, partial(BoundedProtocol, gateway=gateway, desk=desk, slow_seconds=settings.slow_seconds)),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            proxy_headers=False,
        )
        config.load()
        self._server = uvicorn.Server(config)
        async with self._worker.open():
            settle()
            self._channel.send({"ready": True})
            await self._server.serve(sockets=[])

    def _received(self, about: dict[str, Any], data: bytes, file: int | None) -> None:
        if "settings" in about:
            self._told.set_result(about)
        elif file is not None and self._server is not None and self._worker is not None:
            self._worker.hooks.light.learn(about["webhook_id"], about["workflow_id"], about["mark"])
            adopt(self._server, file, data)

    def _server_is_gone(self) -> None:
        if self._server is None:
            self._told.cancel()
        else:
            self._server.should_exit = True


async def _elsewhere(scope: Any, receive: Any, send: Any) -> None:
    """What is neither served here nor could be given back."""
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(ELSEWHERE)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": ELSEWHERE})


def main() -> None:
    end = socket.socket(fileno=int(sys.argv[1]))
    end.set_inheritable(False)

    async def run() -> None:
        await Serving(end).run()

    with asyncio.Runner(loop_factory=uvicorn.Config(_elsewhere).get_loop_factory()) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
