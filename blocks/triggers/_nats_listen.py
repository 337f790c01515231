"""Listens to a subject of NATS: to the stream that keeps it, or to what comes at the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from app.sdk import Visit
from blocks.messaging._nats_client import Connected, connected

CONNECT_SECONDS = 20.0
LOOK_SECONDS = 2.0
ACKNOWLEDGE_SECONDS = 30.0
"""After so long without an acknowledgement the server delivers again."""
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """`name` is by which the server knows the listener again."""

    subject: str
    name: str
    is_kept: bool
    from_beginning: bool


Take = Callable[[Sequence[Msg]], Awaitable[None]]


async def listen(visit: Visit, wanted: Wanted, seconds: float, take: Take, works: Callable[[], Awaitable[None]]) -> None:
    """Give messages to `take` as they come, and acknowledge them when it is done; ends after so many seconds."""
    async with connected(visit, CONNECT_SECONDS) as connection:
        fetch = await connection.do(_subscribed(connection, wanted))
        await works()
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            messages = await connection.do(fetch())
            if messages:
                await take(messages)
            for message in messages if wanted.is_kept else ():
                await connection.do(message.ack_sync(timeout=ACKNOWLEDGE_SECONDS))


async def _subscribed(connection: Connected, wanted: Wanted) -> Callable[[], Any]:
    client = connection.client
    if not wanted.is_kept:
        plain = await client.subscribe(wanted.subject, queue=wanted.name)
        for _ in range(2):  # the library tells of a refusal beside the answer to the first
            await client.flush(timeout=int(CONNECT_SECONDS))

        async def next_ones() -> list[Msg]:
            try:
                found = [await plain.next_msg(timeout=LOOK_SECONDS)]
            except nats.errors.TimeoutError:
                return []
            while plain.pending_msgs and len(found) < AT_ONCE:
                found.append(await plain.next_msg(timeout=LOOK_SECONDS))
            return found

        return next_ones
    settings = ConsumerConfig(
        durable_name=wanted.name,
        deliver_policy=DeliverPolicy.ALL if wanted.from_beginning else DeliverPolicy.NEW,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACKNOWLEDGE_SECONDS,
        filter_subject=wanted.subject,
    )
    kept = await client.jetstream(timeout=CONNECT_SECONDS).pull_subscribe(wanted.subject, wanted.name, config=settings)

    async def fetched() -> list[Msg]:
        try:
            return await kept.fetch(AT_ONCE, timeout=LOOK_SECONDS)
        except nats.errors.TimeoutError:
            return []

    return fetched
