"""Changing a stored value safely while others change it too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from app.sdk import BlockError, Json
from blocks.flow._values import kind_of

MAX_LIST = 10_000
MAX_ATTEMPTS = 50


async def changed(
    get: Callable[[], Awaitable[Json]],
    swap: Callable[[Json, Json], Awaitable[bool]],
    change: Callable[[Json], Json],
) -> tuple[Json, Json]:
    """The old and the new value; asks again as often as somebody else was faster."""
    for _ in range(MAX_ATTEMPTS):
        old = await get()
        new = change(old)
        if await swap(old, new):
            return old, new
    raise BlockError("BUSY", "the value is being changed by too many others at this moment")


def incremented(old: Json, by: float | int) -> Json:
    if old is None:
        return by
    if isinstance(old, bool) or not isinstance(old, int | float):
        raise BlockError("NOT_A_NUMBER", f"the stored value is {kind_of(old)}, not a number", retryable=False)
    return old + by


def appended(old: Json, value: Json, keep: int) -> Json:
    """The list with one more, at most the last `keep`."""
    if old is not None and not isinstance(old, list):
        raise BlockError("NOT_A_LIST", f"the stored value is {kind_of(old)}, not a list", retryable=False)
    return [*(old or []), value][-keep:]


def number(value: Json) -> float | int:
    """What a counter goes up by."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BlockError("NOT_A_NUMBER", f"field `value`: must be a number; this is {kind_of(value)}", retryable=False)
    return value
