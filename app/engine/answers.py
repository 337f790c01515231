"""What a block may answer: JSON of bounded size and depth, and waits that end."""

from __future__ import annotations

from app.engine.values import MAX_OUTPUT_DEPTH, MAX_VALUE_BYTES, encode, lost_number, nested_too_deep
from app.sdk import Block, BlockError, Json, Output, Wait

LONGEST_PLACE = 200


def checked(answer: Output | Wait, block: Block) -> bytes:
    """The encoded value of an answer. Raises BlockError, or any error where the block itself is wrong."""
    if isinstance(answer, Wait):
        _check_wait(answer, block)
    elif answer.response is not None and answer.response is not answer.value:
        _encoded(answer.response, "response")
    return _encoded(answer.value, "output")


def _check_wait(wait: Wait, block: Block) -> None:
    if not block.waits:
        raise ValueError("a block that waits must declare it")
    if wait.until is None and wait.signal is None:
        raise ValueError("a wait needs a moment or a signal")
    if wait.until is not None and wait.until.tzinfo is None:
        raise ValueError("the moment of a wait needs a time zone")
    if wait.signal is not None:
        _encoded(wait.signal.data, "question")


def _encoded(value: Json, what: str) -> bytes:
    encoded = encode(value)
    if len(encoded) > MAX_VALUE_BYTES:
        message = f"the {what} is {len(encoded):,} bytes; {MAX_VALUE_BYTES:,} are allowed"
        raise BlockError("OUTPUT_TOO_LARGE", message, retryable=False)
    if (place := lost_number(value, encoded)) is not None:
        where = f"at `{place[:LONGEST_PLACE]}`, " if place else ""
        message = f"the {what} holds, {where}a number that is not finite, so it cannot be written as JSON"
        raise BlockError("OUTPUT_NOT_FINITE", message, retryable=False)
    if nested_too_deep(value, encoded):
        message = f"the {what} is nested deeper than {MAX_OUTPUT_DEPTH} levels"
        raise BlockError("OUTPUT_TOO_DEEP", message, retryable=False)
    return encoded
