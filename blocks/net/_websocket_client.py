"""One conversation over a WebSocket. The connection goes to the address that was checked, and follows no redirect."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from app.sdk import BlockError, Reached, Visit

MAX_MESSAGE = 1_000_000
MAX_TOTAL = 1_400_000
CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said, and when enough was heard."""

    url: str
    headers: Mapping[str, str]
    protocols: Sequence[str]
    messages: Sequence[str]
    wanted: int
    patience: float
    enough: Callable[[str | bytes], bool]
    authority: str


async def converse(visit: Visit, talk: Talk) -> tuple[list[str | bytes], str]:
    """What came, and why it ended: enough, silence or closed."""
    parts = urlsplit(talk.url)
    reached = await visit.reach(str(parts.hostname), parts.port or (443 if parts.scheme == "wss" else 80))
    line = await _line(reached)
    try:
        async with connect(
            talk.url,
            sock=line,
            ssl=reached.tls(talk.authority) if parts.scheme == "wss" else None,
            additional_headers=dict(talk.headers),
            subprotocols=list(talk.protocols) or None,  # type: ignore[arg-type]
            user_agent_header="Blockyard",
            proxy=None,
            open_timeout=None,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            max_size=MAX_MESSAGE,
        ) as connection:
            return await _heard(connection, talk, reached)
    except InvalidStatus as error:
        status = error.response.status_code
        again = status in (408, 429) or status >= 500
        code = "LOGIN_REFUSED" if status in (401, 403) else "WEBSOCKET"
        raise BlockError(
            code, f"{reached.host}:{reached.port} answers {status} instead of a WebSocket", retryable=again
        ) from None
    except ConnectionClosed:
        raise EOFError from None
    except (InvalidHandshake, InvalidURI, WebSocketException, ValueError) as error:
        if isinstance(error.__cause__, (EOFError, OSError)):
            raise EOFError from None
        message = f"{reached.host}:{reached.port} does not speak the WebSocket protocol here"
        raise BlockError("WEBSOCKET", message, retryable=False) from None
    finally:
        line.close()


async def _line(reached: Reached) -> socket.socket:
    family = socket.AF_INET6 if ":" in reached.address else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    line.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(line, (reached.address, reached.port))
    except BaseException:
        line.close()
        raise
    return line


async def _heard(connection: ClientConnection, talk: Talk, reached: Reached) -> tuple[list[str | bytes], str]:
    for said in talk.messages:
        await connection.send(said)
    heard: list[str | bytes] = []
    size = 0
    while len(heard) < talk.wanted:
        try:
            async with asyncio.timeout(talk.patience):
                message = await connection.recv()
        except TimeoutError:
            return heard, "silence"
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                raise EOFError from None
            return heard, "closed"
        size += len(message)
        if size > MAX_TOTAL:
            raise BlockError(
                "RESULT_TOO_LARGE", f"{reached.host}:{reached.port} said more than {MAX_TOTAL:,} bytes", retryable=False
            )
        heard.append(message)
        if talk.enough(message):
            break
    return heard, "enough"
