"""A conversation with a language model that may use tools, over any OpenAI-compatible /chat/completions address."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.sdk import BlockError, Context, HttpRequest, Json
from blocks.core._fields import as_text, cut
from blocks.core._schema import mismatch

Message = dict[str, Json]
REQUEST_SECONDS = 120.0
MAX_TOOL_TEXT = 100_000
NOT_CONFIGURED = (
    "No language model is set. Either fill in this block's Address and Model (with a Credential for its key), or have the "
    "operator start Blockyard with BLOCKYARD_MODEL_BASE_URL, BLOCKYARD_MODEL and BLOCKYARD_MODEL_API_KEY"
)


@dataclass(frozen=True, slots=True)
class Model:
    """Which model is asked, where, and how."""

    base_url: str
    name: str
    credential: str
    trusted: bool
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may ask for; `call` receives the arguments and answers JSON."""

    name: str
    description: str
    parameters: dict[str, Json]
    call: Callable[[dict[str, Json]], Awaitable[Json]]

    def declaration(self) -> Json:
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


@dataclass(slots=True)
class Usage:
    """What the conversation cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0

    def add(self, reported: Json) -> None:
        counts = reported if isinstance(reported, dict) else {}
        self.input_tokens += int(counts.get("prompt_tokens") or 0)
        self.output_tokens += int(counts.get("completion_tokens") or 0)
        self.requests += 1


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's last word, its data when a schema was given, and the cost."""

    text: str
    data: Json
    usage: Usage


def choose_model(
    settings: Mapping[str, str], base_url: str, name: str, credential: str, temperature: float | None, max_tokens: int | None
) -> Model:
    """The block's own model, or where it names none the operator's. BlockError MODEL_NOT_CONFIGURED when there is neither."""
    address = base_url or settings.get("model_base_url", "")
    chosen = name or settings.get("model", "")
    if not address or not chosen:
        raise BlockError("MODEL_NOT_CONFIGURED", NOT_CONFIGURED)
    return Model(address.rstrip("/"), chosen, credential if base_url else "", not base_url, temperature, max_tokens)


@dataclass(slots=True)
class Conversation:
    """One run of an agent: asks, uses tools, asks again, until the model answers in words."""

    context: Context
    model: Model
    tools: Sequence[Tool] = ()
    output_schema: dict[str, Json] | None = None
    max_steps: int = 8
    usage: Usage = field(default_factory=Usage)

    async def run(self, system_prompt: str, prompt: str) -> Answer:
        """Lead the conversation. BlockError names a model that fails, answers nonsense or never comes to an end."""
        messages: list[Message] = [{"role": "system", "content": system_prompt}] if system_prompt else []
        messages.append({"role": "user", "content": prompt})
        repaired = False
        while True:
            message = await self._ask(messages)
            messages.append(message)
            if message.get("tool_calls"):
                for call in message["tool_calls"]:
                    messages.append(await self._use(call))
                continue
            text = as_text(message.get("content"))
            if self.output_schema is None:
                return Answer(text, None, self.usage)
            data, problem = read_data(text, self.output_schema)
            if problem is None:
                return Answer(text, data, self.usage)
            if repaired:
                message_text = f"The model's answer does not fit the output schema: {problem}"
                raise BlockError("MODEL_ANSWER", message_text, details={"text": cut(text)})
            repaired = True
            self.context.log(f"The answer does not fit the schema ({problem}); asking once more")
            messages.append({"role": "user", "content": f"{problem}. Answer again with nothing but JSON that fits the schema."})

    async def _ask(self, messages: list[Message]) -> Message:
        if self.usage.requests >= self.max_steps:
            raise BlockError("MAX_STEPS", f"The model did not come to an answer within {self.max_steps} steps")
        response = await self.context.http.send(self._request(messages))
        if response.status_code >= 400:
            hint = "; check the credential" if response.status_code in (401, 403) else ""
            message = f"The model's server answered {response.status_code}{hint}: {cut(response.text, 300)}"
            raise BlockError("MODEL_STATUS", message, details={"status_code": response.status_code})
        try:
            answer = json.loads(response.text)
            message = answer["choices"][0]["message"]
            calls = _tool_calls(message)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise BlockError("MODEL_ANSWER", "The model's server answered something that is not a chat completion") from None
        self.usage.add(answer.get("usage"))
        return {"role": "assistant", "content": message.get("content")} | ({"tool_calls": calls} if calls else {})

    def _request(self, messages: list[Message]) -> HttpRequest:
        body: dict[str, Any] = {"model": self.model.name, "messages": messages}
        if self.tools:
            body["tools"] = [tool.declaration() for tool in self.tools]
        if self.output_schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": self.output_schema}}
        if self.model.temperature is not None:
            body["temperature"] = self.model.temperature
        if self.model.max_tokens is not None:
            body["max_tokens"] = self.model.max_tokens
        url = f"{self.model.base_url}/chat/completions"
        return HttpRequest(
            "POST", url, json=body, timeout=REQUEST_SECONDS, credential=self.model.credential, trusted=self.model.trusted
        )

    async def _use(self, call: Message) -> Message:
        name = call["function"]["name"]
        tool = next((tool for tool in self.tools if tool.name == name), None)
        if tool is None:
            result: Json = {"error": f"There is no tool {name}"}
        elif (arguments := _arguments(call["function"]["arguments"])) is None:
            result = {"error": "The arguments must be a JSON object"}
        else:
            self.context.log(f"Uses {name}")
            result = await tool.call(arguments)
        return {"role": "tool", "tool_call_id": call["id"], "content": cut(as_text(result), MAX_TOOL_TEXT)}


def read_data(text: str, schema: dict[str, Json]) -> tuple[Json, str | None]:
    """The JSON in a model's answer, which may stand in a code fence, and what is wrong with it."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.partition("\n")[2].rpartition("```")[0]
    try:
        data = json.loads(bare)
    except (ValueError, RecursionError):
        return None, "the answer is not JSON"
    return data, mismatch(data, schema)


def tool_name(text: str, taken: Sequence[str]) -> str:
    """A name that models accept for a tool, and that no other tool has."""
    plain = "".join(character if character.isascii() and character.isalnum() else "_" for character in text)[:50] or "tool"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def _tool_calls(message: Message) -> list[Message]:
    return [
        {
            "id": str(call["id"]),
            "type": "function",
            "function": {"name": str(call["function"]["name"]), "arguments": str(call["function"].get("arguments") or "{}")},
        }
        for call in message.get("tool_calls") or ()
    ]


def _arguments(text: str) -> dict[str, Json] | None:
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
