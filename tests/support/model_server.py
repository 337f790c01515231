"""A language model on loopback that speaks the OpenAI chat protocol and says what a test tells it to say.

Asked for a stream it streams, in small pieces, as real servers do; `streams = False` makes it answer in one piece.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

from tests.support.peer import Peer, Reply

USAGE = {"prompt_tokens": 11, "completion_tokens": 7}
PIECE = 7
EVENTS = {"Content-Type": "text/event-stream"}


class ModelServer(Peer):
    """Answers are given in the order in which they were told; when none is left, it repeats the last message."""

    def __init__(self) -> None:
        self._messages: deque[dict[str, Any] | Reply] = deque()
        self._numbers = count()
        self._cut = False
        self.streams = True
        self.piece = PIECE
        """How many characters come with one event of a stream."""
        super().__init__()

    def says(self, text: str) -> None:
        """Answer with words."""
        self._messages.append({"role": "assistant", "content": text})

    def says_json(self, value: Any) -> None:
        """Answer with JSON in words."""
        self.says(json.dumps(value))

    def uses(self, tool: str, **arguments: Any) -> None:
        """Answer with the wish to use a tool."""
        self.uses_all((tool, arguments))

    def uses_all(self, *wishes: tuple[str, Any]) -> None:
        """Answer with the wish to use several tools at once; arguments may also be text, to be sent as it is."""
        calls = [
            {
                "id": f"call_{next(self._numbers)}",
                "type": "function",
                "function": {"name": tool, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for tool, given in wishes
        ]
        self._messages.append({"role": "assistant", "content": None, "tool_calls": calls})

    def refuses(self, reason: str) -> None:
        """Answer with a refusal, as the protocol has it."""
        self._messages.append({"role": "assistant", "content": None, "refusal": reason})

    def answers(self, body: Any, status: int = 200, **headers: str) -> None:
        """Answer with any JSON, or text, and any status."""
        self._messages.append(Reply(body, status, {name.replace("_", "-"): text for name, text in headers.items()}))

    def is_slow(self, text: str, seconds: float) -> None:
        """Answer with words after a while."""
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        self._messages.append(Reply({"choices": [choice]}, delay=seconds))

    def stops_early(self, text: str) -> None:
        """Stream these words and end the stream without saying that it is the end."""
        self._messages.append({"role": "assistant", "content": text, "cut": True})

    def hangs_up(self, text: str) -> None:
        """Begin to stream these words, then break the connection."""
        self.stops_early(text)
        self._cut = True

    def recovers(self) -> None:
        """Break no further connection."""
        self._cut = False

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests so far."""
        return [seen.json() for seen in self.seen if self.serves(seen.path.partition("?")[0])]

    @property
    def address(self) -> str:
        """What an agent's `base_url` must be."""
        return f"{self.url}/v1"

    def serves(self, path: str) -> bool:
        """Whether conversations come to this path."""
        return path == "/v1/chat/completions"

    def streamed(self, message: dict[str, Any]) -> str:
        """A message as the events of a stream."""
        events = _events(message, _reason(message), self.piece)
        return "".join(event for event in events if not message.get("cut") or '"content"' in event or '"role"' in event)

    def reply(self, path: str, body: bytes) -> Reply:
        if path == "/v1/embeddings" and path not in self.replies:
            return Reply(_embedded(json.loads(body)))
        if path in self.replies:
            return self.replies[path]
        if not self.serves(path):
            return Reply({"error": {"message": "no such path"}}, 404)
        asked = json.loads(body)
        message = self._next(asked)
        if isinstance(message, Reply):
            return message
        if asked.get("stream") and self.streams:
            return Reply(self.streamed(message), headers=EVENTS)
        choice = {"index": 0, "message": message, "finish_reason": _reason(message)}
        return Reply(
            {"id": "chat-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
        )

    def _next(self, asked: dict[str, Any]) -> dict[str, Any] | Reply:
        """What was told to be said now."""
        if self._messages:
            return self._messages.popleft()
        return {"role": "assistant", "content": asked["messages"][-1]["content"]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self
        base: Any = super()._handler()

        class Handler(base):  # type: ignore[misc]
            def end_headers(self) -> None:
                if server._cut:
                    self.close_connection = True
                super().end_headers()

            def send_header(self, name: str, value: str) -> None:
                # A promise of more than comes: the client sees the connection break in the middle.
                longer = str(int(value) + 1000) if server._cut and name == "Content-Length" else value
                super().send_header(name, longer)

        return Handler


def _reason(message: dict[str, Any]) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def _embedded(asked: dict[str, Any]) -> dict[str, Any]:
    """A vector for each text: how often it has each of the letters a to e. The last comes first, as servers may."""
    texts = asked["input"]
    data = [
        {"object": "embedding", "index": number, "embedding": [float(text.count(letter)) for letter in "abcde"]}
        for number, text in enumerate(texts)
    ]
    return {"object": "list", "data": data[::-1], "model": asked["model"], "usage": {"prompt_tokens": len(texts)}}


def _events(message: dict[str, Any], reason: str, piece: int) -> Iterator[str]:
    yield _event({"role": "assistant", "content": ""})
    for name in ("content", "refusal"):
        text = message.get(name) or ""
        for start in range(0, len(text), piece):
            yield _event({name: text[start : start + piece]})
    for index, call in enumerate(message.get("tool_calls") or ()):
        arguments = call["function"]["arguments"]
        yield _event({"tool_calls": [{**call, "index": index, "function": {"name": call["function"]["name"], "arguments": ""}}]})
        for start in range(0, len(arguments), piece):
            yield _event({"tool_calls": [{"index": index, "function": {"arguments": arguments[start : start + piece]}}]})
    yield _event({}, reason)
    yield _event(None, usage=USAGE)
    yield "data: [DONE]\n\n"


def _event(delta: dict[str, Any] | None, reason: str | None = None, usage: Any = None) -> str:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    chunk = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"
