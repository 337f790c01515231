"""A server that was asked for a stream and answered in one piece: its chat completion as the one event of a stream."""

from __future__ import annotations

import json
from typing import Any

from app.sdk import BlockError


def as_events(body: bytes, host: str) -> bytes:
    """The server-sent events that say what a chat completion says. BlockError MODEL_ANSWER when it is none."""
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message = dict(choice["message"])
        calls = [{"index": number, **call} for number, call in enumerate(message.pop("tool_calls", None) or ())]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        message_text = f"The model's server {host} answered something that is not a chat completion"
        raise BlockError("MODEL_ANSWER", message_text) from None
    delta: dict[str, Any] = {**message, **({"tool_calls": calls} if calls else {})}
    reason = choice.get("finish_reason") or ("tool_calls" if calls else "stop")
    chunk = {
        "id": answer.get("id") or "answer",
        "object": "chat.completion.chunk",
        "created": answer.get("created") or 0,
        "model": answer.get("model") or "",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        "usage": answer.get("usage"),
    }
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
