"""A language model on loopback that speaks the OpenAI chat protocol and says what a test tells it to say."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from tests.support.peer import Peer, Reply

USAGE = {"prompt_tokens": 11, "completion_tokens": 7}


class ModelServer(Peer):
    """Answers are given in the order in which they were told; when none is left, it repeats the last message."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: deque[dict[str, Any]] = deque()

    def says(self, text: str) -> None:
        """Answer with words."""
        self._messages.append({"role": "assistant", "content": text})

    def says_json(self, value: Any) -> None:
        """Answer with JSON in words."""
        self.says(json.dumps(value))

    def uses(self, tool: str, **arguments: Any) -> None:
        """Answer with the wish to use a tool."""
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"id": f"call_{len(self._messages)}", "type": "function", "function": function}
        self._messages.append({"role": "assistant", "content": None, "tool_calls": [call]})

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests so far."""
        return [seen.json() for seen in self.calls("/v1/chat/completions")]

    @property
    def address(self) -> str:
        """What an agent's `base_url` must be."""
        return f"{self.url}/v1"

    def reply(self, path: str, body: bytes) -> Reply:
        if path != "/v1/chat/completions":
            return Reply({"error": {"message": "no such path"}}, 404)
        if self._messages:
            message = self._messages.popleft()
        else:
            message = {"role": "assistant", "content": json.loads(body)["messages"][-1]["content"]}
        return Reply({"id": "chat-1", "choices": [{"index": 0, "message": message}], "usage": USAGE})
