"""Failures inside a container: as data, and as failures of the container itself."""

from __future__ import annotations

from app.sdk import BlockError, Json

LONGEST_MS = 86_400_000
"""How long a container may take by itself: a day. What is inside has its own limits."""


def failure(error: BlockError) -> dict[str, Json]:
    """A failure in the shape that error handles give: `{error: {code, message}}`, with details where there are any."""
    details = {} if error.details is None else {"details": error.details}
    return {"error": {"code": error.code, "message": error.message, **details}}


def placed(error: BlockError, place: str) -> BlockError:
    """The same failure with its place in front, for example `item 3`."""
    return BlockError(
        error.code,
        f"{place}: {error.message}",
        details=error.details,
        log=error.log,
        retryable=error.retryable,
        retry_after=error.retry_after,
    )
