"""A time limit that costs nothing until what it limits has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Steps = Generator[Any, Any, T]


class OutOfTime(Exception):
    """The limit was reached. Unlike a TimeoutError, nobody else raises it."""


class Begun(Generic[T]):
    """Awaits work that was begun by hand and has handed control to the event loop for the first time, with `awaited`."""

    def __init__(self, seconds: float, steps: Steps[T], awaited: Any) -> None:
        self._seconds = seconds
        self._steps = steps
        self._awaited = awaited
        self._expired = False

    def __await__(self) -> Steps[T]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit needs a task")
        timer = asyncio.get_running_loop().call_later(self._seconds, self._expire, task)
        before = task.cancelling()
        steps, awaited = self._steps, self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except BaseException as error:
                    awaited = steps.throw(error)
                else:
                    awaited = steps.send(sent)
        except StopIteration as done:
            value: T = done.value
            return value
        except asyncio.CancelledError as error:
            if self._expired and task.cancelling() - 1 <= before:
                raise OutOfTime from error
            raise
        finally:
            timer.cancel()
            if self._expired:
                task.uncancel()

    def _expire(self, task: asyncio.Task[Any]) -> None:
        self._expired = True
        task.cancel()


async def limited(seconds: float, work: Awaitable[T]) -> T:
    """What the work gives. It is cancelled when it has taken so many seconds; raises OutOfTime.

    Most blocks never wait, and setting and removing a timer for each would be a third of what a step costs. So the work
    is begun by hand, and the timer is set where it first hands control to the event loop.
    """
    steps = work.__await__()
    try:
        awaited = next(steps)
    except StopIteration as done:
        value: T = done.value
        return value
    return await Begun(seconds, steps, awaited)
