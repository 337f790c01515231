"""Whether a machine can be reached at all, by the same rules as every call of a block."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import httpcore

from app.adapters import network
from app.adapters.addresses import AllowList
from app.sdk import BlockError

SECONDS = 10.0
GREETING_BYTES = 512


class Reach:
    """Opens a TCP connection to permitted addresses only, and reads what the other side says first."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._backend = network.CheckedBackend(AllowList.parse(allow), network.resolve, trusted=False)

    async def greeting(self, host: str, port: int, *, tls: bool = False, waits: bool = True) -> str:
        """The first line that the machine sends; empty where `waits` is off. Raises BlockError."""
        try:
            async with asyncio.timeout(SECONDS):
                stream = await self._backend.connect_tcp(host, port, SECONDS)
                try:
                    if tls:
                        stream = await stream.start_tls(ssl.create_default_context(), host, SECONDS)
                    said = await stream.read(GREETING_BYTES, SECONDS) if waits else b""
                finally:
                    await stream.aclose()
        except (TimeoutError, httpcore.TimeoutException):
            raise BlockError("TIMEOUT", f"{host} did not answer within {SECONDS:g} seconds") from None
        except (httpcore.NetworkError, ssl.SSLError, OSError):
            raise BlockError("CONNECTION", f"{host} could not be reached at port {port}") from None
        return said.decode("utf-8", "replace").partition("\n")[0].strip()
