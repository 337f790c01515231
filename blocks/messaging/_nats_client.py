"""Talks to a NATS server. Other servers that it knows of are not called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import Client
from nats.js.errors import Error as StreamError
from nats.js.errors import NotFoundError

from app.sdk import BlockError, Json, Reached, Visit

T = TypeVar("T")

PORTS = {"nats": 4222, "tls": 4222}
CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    payload: bytes
    headers: Mapping[str, str]
    mode: str
    message_id: str


class _Client(Client):
    """Keeps to the server that it was given, and to encryption where that is wanted, whatever the server says."""

    def __init__(self, *, secured: bool) -> None:
        super().__init__()
        self._secured = secured

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if not self._secured:
            return
        if not (info.get("tls_required") or info.get("tls_available")):
            raise BlockError("TLS", "The server does not offer encryption", retryable=False)
        info["tls_required"] = True


@dataclass(frozen=True, slots=True)
class Connected:
    """`troubles` are what the server has complained about beside its answers; `ended` is set once the connection is over."""

    client: Client
    reached: Reached
    troubles: list[Exception]
    ended: asyncio.Event

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives. Raises EOFError when the connection ends before, and what the server complains about."""
        answer: T = await _unless(self.ended, work)
        if self.troubles:
            raise _refused(self.troubles, self.reached)
        return answer


@asynccontextmanager
async def connected(visit: Visit, seconds: float) -> AsyncIterator[Connected]:
    """A connection to the server that the credential names; failures of what is done with it are told in our words."""
    login = visit.login
    address = login.address(*PORTS)
    reached = await visit.reach(address.host, address.port or PORTS[address.scheme])
    client, troubles, ended = _Client(secured=address.scheme == "tls"), list[Exception](), asyncio.Event()

    async def noted(error: Exception) -> None:
        troubles.append(error)

    async def closed() -> None:
        ended.set()

    host = f"[{reached.address}]" if ":" in reached.address else reached.address
    try:
        await client.connect(
            f"{address.scheme}://{host}:{reached.port}",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=noted,
            closed_cb=closed,
            name="blockyard",
            connect_timeout=max(1, int(seconds)),
            user=address.username if address.password else None,
            password=address.password or None,
            token=None if address.password else address.username or None,
            tls=reached.tls(login.get("authority")) if address.scheme == "tls" else None,
            tls_hostname=reached.host if address.scheme == "tls" else None,
        )
        yield Connected(client, reached, troubles, ended)
    except (nats.errors.Error, StreamError) as error:
        raise _refused([error, *troubles], reached) from None
    finally:
        with suppress(Exception, asyncio.CancelledError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await client.close()


async def send(visit: Visit, message: Message, seconds: float) -> Json:
    """The bytes of the answer to a request; the place in the stream; None."""
    async with connected(visit, seconds) as connection:
        return await connection.do(_sent(connection.client, message, seconds))


async def _unless(ended: asyncio.Event, work: Coroutine[Any, Any, Any]) -> Any:
    """What the work gives; EOFError when the connection ends before it does."""
    doing, ending = asyncio.create_task(work), asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise EOFError
        return doing.result()
    finally:
        doing.cancel()
        ending.cancel()
        await asyncio.gather(doing, ending, return_exceptions=True)  # the library turns a cancellation into errors of its own


async def _sent(client: Client, message: Message, seconds: float) -> Any:
    headers = dict(message.headers) or None
    match message.mode:
        case "request":
            answer = await client.request(message.subject, message.payload, timeout=seconds, headers=headers)
            return answer.data
        case "stream":
            named = {"Nats-Msg-Id": message.message_id, **message.headers}
            kept = await client.jetstream().publish(message.subject, message.payload, timeout=seconds, headers=named)
            return {"stream": kept.stream, "seq": kept.seq, "duplicate": bool(kept.duplicate)}
    await client.publish(message.subject, message.payload, headers=headers)
    for _ in range(2):  # the library tells of a refusal beside the answer to the first
        await client.flush(timeout=max(1, int(seconds)))
    return None


def _refused(errors: list[Exception], reached: Reached) -> BaseException:
    place = f"{reached.host}:{reached.port}"
    for error in errors:
        told = str(error).lower()
        if isinstance(error, nats.errors.AuthorizationError) or "authorization" in told or "permissions" in told:
            return BlockError("LOGIN_REFUSED", f"{place} refuses the login, or does not allow this subject", retryable=False)
        if isinstance(error, nats.errors.NoRespondersError):
            return BlockError("NO_ANSWER", "nobody answers to this subject")
        if isinstance(error, NotFoundError) or "no response from stream" in told:
            return BlockError("NO_STREAM", "no stream keeps this subject", retryable=False)
        if isinstance(error, nats.errors.MaxPayloadError):
            return BlockError("MESSAGE_TOO_LARGE", f"field `payload`: {place} takes no messages of this size", retryable=False)
        if isinstance(error, (nats.errors.BadSubjectError,)):
            return BlockError("CONFIG_INVALID", "field `subject`: this is no subject", retryable=False)
    for error in errors:
        if isinstance(error, TimeoutError):
            return TimeoutError()
        if isinstance(error, OSError) or isinstance(error.__context__, OSError):
            return error if isinstance(error, OSError) else error.__context__ or error
    return BlockError("CONNECTION", f"{place} ended the connection before it was done, or could not be reached")
