"""Runs the web application under uvicorn, and ends it cleanly."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from socket import socket
from types import FrameType
from typing import IO, Any, TypeVar, cast

import uvicorn
from litestar.types import ASGIApp

from app.adapters.mail import MailServer
from app.main import Server, create_app
from app.processes import Workers, adopt, settle
from app.settings import Settings
from app.web.auth import is_loopback
from app.web.gateway import Gateway
from app.web.protocol import BoundedProtocol
from app.web.proxies import Proxies

GRACE_SECONDS = 2

T = TypeVar("T")


class CannotStart(Exception):
    """The server refuses to start; the message says why and what to do."""


class StoppableServer(uvicorn.Server):
    """Ends open event streams on the signal: uvicorn alone would wait for them for ever."""

    def __init__(self, config: uvicorn.Config, server: Server, workers: Workers) -> None:
        super().__init__(config)
        self._server = server
        self._workers = workers

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Uvicorn would raise the signal once more after a clean end, so that the exit code is not 0."""
        if self.should_exit:
            self.force_exit = True
            return
        self.should_exit = True
        self._server.begin_to_stop()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle()
            announce(self)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await asyncio.gather(super().shutdown(sockets), self._workers.stop())


def announce(server: StoppableServer) -> None:
    """Print where the server can be reached, with the port that it really got."""
    settings = server._server.settings
    port = server.servers[0].sockets[0].getsockname()[1]
    url = settings.base_url or settings.model_copy(update={"port": port}).public_url
    print(f"Blockyard is running on {url}", flush=True)  # noqa: T201
    if settings.no_auth:
        print("Authentication is OFF: everybody on this machine may do everything.", flush=True)  # noqa: T201


def run(settings: Settings) -> None:
    """Serve until a signal comes. Raises CannotStart."""
    if settings.no_auth and not is_loopback(settings.host):
        raise CannotStart(f"--no-auth serves loopback addresses only, not {settings.host}.")
    proxies = _checked("TRUSTED_PROXIES", lambda: Proxies(settings.trusted_proxies))
    _checked("SMTP_URL", lambda: settings.smtp_url and MailServer.parse(settings.smtp_url, settings.smtp_from))
    settings.data.mkdir(parents=True, exist_ok=True)
    os.chmod(settings.data, 0o700)
    with _lock(settings.data):
        token = "" if is_loopback(settings.host) else secrets.token_urlsafe(12)
        app, server = create_app(settings, token)
        if token:
            print(f"Setup token (asked for when the first account is made): {token}", flush=True)  # noqa: T201
        server.database.changes.share(settings.changes_file, 0)
        gateway = Gateway(server.services.hooks, settings.no_auth, proxies, server.spans)
        workers = Workers(
            settings, server.services.hooks.light, server.journal, server.host, lambda file, data: adopt(stoppable, file, data)
        )
        config = uvicorn.Config(
            cast(Any, proxies.wrap(cast(ASGIApp, app))) if proxies else app,
            host=settings.host,
            port=settings.port,
            http=cast(type, partial(BoundedProtocol, gateway=gateway, desk=workers.desk, slow_seconds=settings.slow_seconds)),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            proxy_headers=False,
        )
        stoppable = StoppableServer(config, server, workers)
        stoppable.run()


def _checked(name: str, read: Callable[[], T]) -> T:
    """What a setting says. Raises CannotStart that names it."""
    try:
        return read()
    except ValueError as error:
        raise CannotStart(f"BLOCKYARD_{name}: {error}.") from None


def _lock(directory: Path) -> IO[str]:
    """One server owns a data directory; leases of dead ones can then be taken at once."""
    file = (directory / "server.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(f"Another Blockyard server is using the data directory {directory}.") from None
    return file
