"""From an exception of the model library to the BlockError that a person can act on. Nothing that was said is repeated."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UserError,
)

from app.sdk import BlockError

MAX_REASON = 300


def block_error(error: BaseException, failure: BlockError | None, place: str, problem: str | None) -> BlockError:
    """What went wrong. `failure`: what the transport saw. `problem`: how the last answer differed from the schema."""
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, BlockError):
            return cause
    if failure is not None:
        return failure
    for cause in chain:
        found = _known(cause, place, problem)
        if found is not None:
            return found
    return BlockError("MODEL_ANSWER", f"The conversation with {place} failed: {type(chain[-1]).__name__}")


def _known(error: BaseException, place: str, problem: str | None) -> BlockError | None:
    match error:
        case ContentFilterError():
            reason = error.message.partition("Refusal: ")[2].strip("'\"")[:MAX_REASON]
            message = "The model refused to answer" + (f": {reason}" if reason else "; its provider's filter says no")
            return BlockError("MODEL_REFUSED", message, retryable=False)
        case OutputTokenLimitExceeded():
            message = "The model reached its longest answer before it was done; raise `max_tokens`"
            return BlockError("MODEL_ANSWER", message, details={"field": "max_tokens"}, retryable=False)
        case UnexpectedModelBehavior():
            return BlockError("MODEL_ANSWER", _unexpected(str(error), place, problem))
        case ModelAPIError():
            if "finish_reason" in str(error):
                return BlockError("CONNECTION", f"{place} ended the stream in the middle of its answer")
            return BlockError("MODEL_ANSWER", f"{place} answered something that is not a chat completion")
        case UserError():
            return BlockError("MODEL_REQUEST", f"This cannot be asked of the model: {str(error)[:MAX_REASON]}", retryable=False)
    return None


def _unexpected(text: str, place: str, problem: str | None) -> str:
    if "output retries" in text.lower():
        if problem is None:
            return "The model answered with nothing, twice"
        return f"The model's answer does not fit the output schema: {problem}"
    if "retries" in text:
        return "The model used a tool wrongly again and again"
    return f"{place} answered something that is not a chat completion"


def _chain(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions
        pending += [cause for cause in (current.__cause__, current.__context__) if cause is not None]
