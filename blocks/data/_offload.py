"""Long lists are worked on beside the event loop, so that everybody else's executions go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
SHORT = 500


async def beside(items: Sized, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The function's answer; in a thread when there are many items."""
    if len(items) <= SHORT:
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)
