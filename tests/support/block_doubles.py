"""What single blocks are given instead of a server's services: each does as it is told and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sdk import Json, SandboxResult, WorkflowResult


class Workflows:
    """Other workflows: each a function from variables to a result."""

    def __init__(self, **workflows: Callable[[Mapping[str, Json]], WorkflowResult]) -> None:
        self._workflows = workflows
        self.runs: list[tuple[str, dict[str, Json], str]] = []

    async def run(self, workflow: str, variables: Mapping[str, Json], key: str) -> WorkflowResult:
        self.runs.append((workflow, dict(variables), key))
        return self._workflows[workflow](variables)

    async def start(self, workflow: str, variables: Mapping[str, Json], key: str) -> str:
        self.runs.append((workflow, dict(variables), key))
        return self._workflows[workflow](variables).execution_id


class Platform:
    """The studio's services: remembers what was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, Json]] = []

    async def call(self, resource: str, operation: str, resource_id: str, body: Json) -> Json:
        self.calls.append((resource, operation, resource_id, body))
        return {"done": operation}


class Answers:
    """A sandbox that answers what it is told to and remembers what it was given."""

    def __init__(self, value: Json, *printed: str) -> None:
        self._result = SandboxResult(value, printed)
        self.runs: list[tuple[str, dict[str, Json]]] = []

    async def run(self, source: str, names: Mapping[str, Json]) -> SandboxResult:
        self.runs.append((source, dict(names)))
        return self._result


class State:
    """The workspace's memory, with a clock that the test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._values: dict[tuple[str, str], tuple[Json, float]] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    async def get(self, namespace: str, key: str) -> Json:
        value, until = self._values.get((namespace, key), (None, 0.0))
        return value if until > self.seconds else None

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None:
        self._values[namespace, key] = (value, self.seconds + (float("inf") if ttl is None else ttl))

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        if await self.get(namespace, key) is not None:
            return False
        await self.set(namespace, key, value, ttl)
        return True

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        if await self.get(namespace, key) != expected:
            return False
        await self.set(namespace, key, value, ttl)
        return True

    async def delete(self, namespace: str, key: str) -> bool:
        known = await self.get(namespace, key) is not None
        self._values.pop((namespace, key), None)
        return known

    async def keys(self, namespace: str, prefix: str = "", limit: int = 100) -> list[str]:
        found = sorted(key for space, key in self._values if space == namespace and key.startswith(prefix))
        return [key for key in found if await self.get(namespace, key) is not None][:limit]

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        level, since = self._buckets.get((namespace, key), (float(burst), self.seconds))
        level = min(float(burst), level + (self.seconds - since) * rate)
        taken = level >= 1
        self._buckets[namespace, key] = (level - taken, self.seconds)
        return 0.0 if taken else (1 - level) / rate

    def used(self) -> list[tuple[str, str]]:
        """Namespace and key of everything that is remembered."""
        return [*self._values, *self._buckets]


@dataclass
class Peer:
    """A scripted HTTP server on loopback; answers in order and keeps what it received."""

    port: int = 0
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(
        self, body: Json = None, status: int = 200, headers: dict[str, str] | None = None, raw: bytes | None = None
    ) -> None:
        content = json.dumps(body).encode() if raw is None else raw
        self.script.append((status, headers or {"Content-Type": "application/json"}, content))

    def says(self, text: str | None, *calls: tuple[str, Json]) -> None:
        """The next answer of a language model: words, or calls of tools."""
        tool_calls = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for number, (name, arguments) in enumerate(calls)
        ]
        message = {"role": "assistant", "content": text, **({"tool_calls": tool_calls} if calls else {})}
        self.answers({"choices": [{"message": message}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                self.requests.append({"method": method, "target": target, "headers": headers, "body": body.decode()})
                status, answer_headers, content = self.script.pop(0)
                fields = {**answer_headers, "Content-Length": str(len(content))}
                written = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{written}\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def sent(self, number: int = -1) -> Any:
        """The JSON body of a request."""
        return json.loads(self.requests[number]["body"])
