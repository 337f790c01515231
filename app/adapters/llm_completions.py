"""Chat completions as many servers write them, made complete: the libraries insist on fields that some leave out."""

from __future__ import annotations

import json
from typing import Any

from app.sdk import BlockError

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def completed(body: bytes, host: str) -> dict[str, Any]:
    """The chat completion in an answer, with every field. BlockError MODEL_ANSWER when it is none."""
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message = {"role": "assistant", "content": None, **choice["message"]}
        calls = [_call(number, call) for number, call in enumerate(message.get("tool_calls") or ())]
        usage = answer.get("usage")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BlockError("MODEL_ANSWER", f"The model's server {host} answered something that is not a chat completion") from None
    if calls:
        message["tool_calls"] = calls
    else:
        message.pop("tool_calls", None)
    reason = choice.get("finish_reason") or ("tool_calls" if calls else "stop")
    return {
        "id": answer.get("id") or "answer",
        "object": "chat.completion",
        "created": answer.get("created") or 0,
        "model": answer.get("model") or "unnamed",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": _usage(usage) if isinstance(usage, dict) else None,
    }


def as_events(answer: dict[str, Any]) -> bytes:
    """The server-sent events that say what a completion says, for a client that asked for a stream."""
    [choice] = answer["choices"]
    message = choice["message"]
    calls = [{"index": number, **call} for number, call in enumerate(message.get("tool_calls") or ())]
    delta = {**message, **({"tool_calls": calls} if calls else {})}
    said = {"index": 0, "delta": delta, "finish_reason": choice["finish_reason"]}
    chunk = {**answer, "object": "chat.completion.chunk", "choices": [said]}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()


def _call(number: int, call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "id": call.get("id") or f"call_{number}",
        "type": "function",
        "function": {"name": function["name"], "arguments": text},
    }


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    counts = {name: usage.get(name) or 0 for name in COUNTS}
    counts["total_tokens"] = counts["total_tokens"] or counts["prompt_tokens"] + counts["completion_tokens"]
    return {**usage, **counts}
