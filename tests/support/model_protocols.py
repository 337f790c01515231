"""Scripted models that speak the protocols of Anthropic and of Google, with streams as theirs are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.model_server import EVENTS, ModelServer
from tests.support.peer import Reply

USED = {"input_tokens": 11, "output_tokens": 1}


class AnthropicServer(ModelServer):
    """`POST /v1/messages`."""

    @property
    def address(self) -> str:
        return self.url

    def serves(self, path: str) -> bool:
        return path == "/v1/messages"

    def streamed(self, message: dict[str, Any]) -> str:
        events = list(self._said(message))
        if message.get("cut"):
            events = [(name, event) for name, event in events if name not in ("message_delta", "message_stop")]
        return "".join(f"event: {name}\ndata: {json.dumps({'type': name} | event)}\n\n" for name, event in events)

    def _said(self, message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        about: dict[str, Any] = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_sequence": None,
        }  # fmt: skip
        yield "message_start", {"message": about | {"stop_reason": None, "usage": USED}}
        index = 0
        if message.get("content"):
            yield from self._block(index, {"type": "text", "text": ""}, "text_delta", "text", message["content"])
            index += 1
        for call in message.get("tool_calls") or ():
            begun = {"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": {}}
            arguments = call["function"]["arguments"]
            yield from self._block(index, begun, "input_json_delta", "partial_json", arguments)
            index += 1
        delta: dict[str, Any] = {"stop_reason": "tool_use" if message.get("tool_calls") else "end_turn", "stop_sequence": None}
        if message.get("refusal"):
            delta |= {"stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": message["refusal"]}}
        yield "message_delta", {"delta": delta, "usage": {"output_tokens": 7}}
        yield "message_stop", {}

    def _block(
        self, index: int, begun: dict[str, Any], kind: str, name: str, text: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "content_block_start", {"index": index, "content_block": begun}
        for start in range(0, len(text), self.piece):
            yield "content_block_delta", {"index": index, "delta": {"type": kind, name: text[start : start + self.piece]}}
        yield "content_block_stop", {"index": index}


class GoogleServer(ModelServer):
    """`POST /v1beta/models/<model>:streamGenerateContent`."""

    @property
    def address(self) -> str:
        return self.url

    def serves(self, path: str) -> bool:
        return path.endswith((":streamGenerateContent", ":generateContent"))

    def reply(self, path: str, body: bytes) -> Reply:
        if not self.serves(path):
            return super().reply(path, body)
        message = self._next({"messages": [{"content": "There is nothing left to say."}]})
        if isinstance(message, Reply):
            return message
        return Reply(self.streamed(message), headers=EVENTS)

    def streamed(self, message: dict[str, Any]) -> str:
        return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in self._said(message))

    def _said(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        text = message.get("content") or ""
        for start in range(0, len(text), self.piece):
            yield _chunk([{"text": text[start : start + self.piece]}])
        if message.get("cut"):
            return
        reason = "STOP"
        for call in message.get("tool_calls") or ():
            try:
                arguments = json.loads(call["function"]["arguments"])
            except ValueError:
                reason = "MALFORMED_FUNCTION_CALL"
            else:
                yield _chunk([{"functionCall": {"name": call["function"]["name"], "args": arguments}}])
        if message.get("refusal"):
            reason = "SAFETY"
        yield _chunk([], reason)


def _chunk(parts: list[dict[str, Any]], reason: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    used = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}
    return {"candidates": [candidate], "usageMetadata": used, "modelVersion": "m", "responseId": "r"}
