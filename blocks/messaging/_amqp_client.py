"""Gives a message to RabbitMQ, or what speaks AMQP 0-9-1, and waits until it is confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic
from yarl import URL

from app.sdk import BlockError, Json, Reached, Visit

PORTS = {"amqp": 5672, "amqps": 5671}
CLOSE_SECONDS = 1.0
LOOK_SECONDS = 1.0
Take = Callable[[Sequence[DeliveredMessage], Callable[[Sequence[int]], Awaitable[None]]], Awaitable[None]]

Works = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Message:
    body: bytes
    exchange: str
    routing_key: str
    mandatory: bool
    properties: Basic.Properties


def properties(**given: Json) -> Basic.Properties:
    """The properties of a message; empty ones are left out."""
    return Basic.Properties(**{name: value for name, value in given.items() if value not in (None, "", {})})


async def publish(visit: Visit, message: Message) -> None:
    """Returns when the broker has taken the message, and brought it into a queue if that is wanted."""
    async with _channel(visit) as (channel, reached):
        try:
            await channel.basic_publish(
                message.body,
                exchange=message.exchange,
                routing_key=message.routing_key,
                properties=message.properties,
                mandatory=message.mandatory,
            )
        except aiormq.exceptions.PublishError:
            told = "no queue takes this message: look at `exchange` and `routing_key`"
            raise BlockError("NOT_ROUTED", told, retryable=False) from None
        except aiormq.exceptions.DeliveryError:
            raise BlockError("MESSAGE_REFUSED", f"{reached.host}:{reached.port} did not take the message") from None
        except aiormq.exceptions.ChannelNotFoundEntity:
            raise BlockError("NOT_ROUTED", f"there is no exchange `{message.exchange[:100]}`", retryable=False) from None
        except Exception as error:
            raise _refused(error, reached) from None


async def listen(visit: Visit, queue: str, prefetch: int, seconds: float, take: Take, works: Works) -> None:
    """Give messages of a queue to `take` as they come, and acknowledge what it says; ends after so many seconds."""
    arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
    async with _channel(visit) as (channel, reached):
        try:
            await channel.basic_qos(prefetch_count=prefetch)
            await channel.basic_consume(queue, arrived.put)
            await works()
        except aiormq.exceptions.ChannelNotFoundEntity:
            raise BlockError("QUEUE_UNKNOWN", f"there is no queue `{queue[:100]}`", retryable=False) from None
        except Exception as error:
            raise _refused(error, reached) from None

        async def acknowledge(marks: Sequence[int]) -> None:
            for mark in marks:
                await channel.basic_ack(mark, wait=True)
            await channel.basic_qos(prefetch_count=prefetch)  # its answer tells that the broker has read what came before

        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    messages = await _together(arrived, prefetch)
                await take(messages, acknowledge)
            if channel.is_closed:
                raise EOFError


async def _together(arrived: asyncio.Queue[DeliveredMessage], most: int) -> list[DeliveredMessage]:
    """At least one message, and those that are there as well."""
    messages = [await arrived.get()]
    while len(messages) < most and not arrived.empty():
        messages.append(arrived.get_nowait())
    return messages


@asynccontextmanager
async def _channel(visit: Visit) -> AsyncIterator[tuple[AbstractChannel, Reached]]:
    login = visit.login
    address = login.address(*PORTS)
    reached = await visit.reach(address.host, address.port or PORTS[address.scheme])
    url = URL.build(
        scheme=address.scheme,
        host=reached.address,
        port=reached.port,
        user=address.username or "guest",
        password=address.password or "guest",
        path=f"/{address.path}",
    )
    context = reached.tls(login.get("authority")) if address.scheme == "amqps" else None
    connection = aiormq.Connection(url, context=context)
    try:
        try:
            await connection.connect({"connection_name": "blockyard"})
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        except Exception as error:  # the library also raises this very class
            raise _refused(error, reached) from None
        yield channel, reached
    finally:
        with suppress(Exception, asyncio.CancelledError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()


def _refused(error: Exception, reached: Reached) -> BaseException:
    place = f"{reached.host}:{reached.port}"
    if isinstance(error, (aiormq.exceptions.AuthenticationError, aiormq.exceptions.ProbableAuthenticationError)):
        return BlockError("LOGIN_REFUSED", f"{place} refuses user or password", retryable=False)
    if isinstance(error, (aiormq.exceptions.ConnectionNotAllowed, aiormq.exceptions.ChannelAccessRefused)):
        return BlockError("LOGIN_REFUSED", f"{place} does not allow this user to do it", retryable=False)
    if isinstance(error, aiormq.exceptions.InvalidFrameError):
        return BlockError("LOGIN_REFUSED", f"{place} does not open this virtual host for this user", retryable=False)
    cause = error.__cause__ or error.__context__
    if isinstance(cause, (OSError, EOFError)) and not isinstance(cause, aiormq.exceptions.AMQPError):
        return cause
    return BlockError("CONNECTION", f"{place} ended the connection before it was done")
