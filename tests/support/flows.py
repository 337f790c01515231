"""Tiny blocks that loop, wait, ask, retry and fail, for tests of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.engine.events import StepStarted
from app.sdk import Arrival, Block, BlockError, Context, Json, Output, Port, Signal, Wait
from tests.support.graphs import block
from tests.support.tiny import Ran, Types, tiny, types

FAR = timedelta(days=30)


async def each(context: Context, config: Any, value: Json) -> Output:
    """A loop over the input, `at_once` rounds at a time; `on_error` is `stop` or `continue`."""
    items = value if isinstance(value, list) else [value]
    on_error = getattr(config, "on_error", "stop")
    results: list[Json] = [None] * len(items)
    pending: Iterator[tuple[int, Json]] = iter(enumerate(items))
    failures: list[BlockError] = []

    async def work() -> None:
        for index, item in pending:
            if failures and on_error == "stop":
                return
            try:
                results[index] = await context.run_body(index, item, {"item": item, "index": index})
            except BlockError as error:
                failures.append(error)
                results[index] = {"failed": error.code}

    await asyncio.gather(*(work() for _ in range(getattr(config, "at_once", 1))))
    if failures and on_error == "stop":
        raise failures[0]
    return Output(results)


async def trying(context: Context, config: Any, value: Json) -> Output:
    """Tries its body again and again, at once, until it succeeds."""
    attempt = 0
    while True:
        try:
            return Output(await context.run_body(attempt, value, {}))
        except BlockError:
            attempt += 1


def looping(type: str = "each", execute: Any = each) -> Block:
    return tiny(type, execute, outputs=(Port("output"), Port("item")), body="item")


def loop(id: str, **config: Json) -> dict[str, Json]:
    return block(id, "each", config)


async def double(context: Context, config: Any, value: Json) -> Output:
    return Output(value * 2)


async def wait_long(context: Context, config: Any, value: Json) -> Wait:
    return Wait(datetime.now(UTC) + FAR, value)


async def ask(context: Context, config: Any, value: Json) -> Wait:
    """Waits for a signal; `limit` in seconds."""
    limit = getattr(config, "limit", None)
    return Wait(None if limit is None else datetime.now(UTC) + timedelta(seconds=limit), value, Signal("event", "news"))


async def told(context: Context, config: Any, value: Json, arrival: Arrival) -> Output:
    return Output({"value": arrival.value, "payload": arrival.payload, "timed_out": arrival.timed_out})


async def asks_again(context: Context, config: Any, value: Json, arrival: Arrival) -> Output | Wait:
    """Like an agent: a second question after the first answer."""
    if arrival.value == value:
        return Wait(None, [arrival.payload], Signal("event", "more"))
    return Output([*arrival.value, arrival.payload])


class Failing:
    """A block that fails `times` times for each place, then gives its input."""

    def __init__(self, times: int, **error: Any) -> None:
        self.times = times
        self.error = error
        self.tries: dict[tuple[str, str], int] = {}

    async def execute(self, context: Context, config: Any, value: Json) -> Output:
        place = context.block_id, context.idempotency_key.rpartition(":")[2]
        self.tries[place] = self.tries.get(place, 0) + 1
        if self.tries[place] <= self.times:
            raise BlockError("BUSY", "the line is busy", **self.error)
        return Output(value)

    def block(self, type: str = "busy", **more: Any) -> Block:
        return tiny(type, self.execute, **more)


def flows(*more: Block) -> Types:
    """The usual tiny blocks, with `each`, `double`, `long` (a wait), `ask` (a signal) and `bad` (fails)."""

    async def bad(context: Context, config: Any, value: Json) -> Output:
        raise BlockError("BROKEN", "it is broken")

    return types(
        looping(),
        tiny("double", double),
        tiny("long", wait_long),
        tiny("ask", ask, resume=told),
        tiny("bad", bad),
        *more,
    )


def rounds(ran: Ran, block_id: str) -> list[str]:
    """The iterations in which a block was started, in order."""
    return [event.iteration for event in ran.recorder.events if isinstance(event, StepStarted) and event.block_id == block_id]
