"""Language models for tests: the real adapter, allowed to call loopback, with secrets of a test's choice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.adapters.llm import ExecutionModels, LanguageModels
from app.sdk import Arrival, Json, ModelRequest, ModelTool
from app.services.credentials import OpenedCredential
from app.services.execution_secrets import ExecutionSecrets
from app.services.model_keys import ExecutionKeys
from tests.support.model_server import ModelServer

KEY = OpenedCredential("KEY", "bearer", {"token": "sk-very-secret"})
TOKEN_MARKER = "[secret:0123:KEY]"


def loopback_models() -> LanguageModels:
    """Connections that may go to this machine."""
    return LanguageModels(("127.0.0.1",))


def lent(models: LanguageModels, base_url: str = "", api_key: str = "") -> ExecutionModels:
    """What an execution gets: a credential named KEY, and the operator's own model."""
    secrets = ExecutionSecrets({"KEY": KEY}, {TOKEN_MARKER: "KEY"}, {"model_base_url": base_url}, api_key)
    return models.lent_with(ExecutionKeys(secrets))


def asking(model: ModelServer, prompt: str = "Hello", **more: Any) -> ModelRequest:
    """A question for this server."""
    return ModelRequest("openai-compatible", model.address, "small", prompt, **more)


def tool(name: str, answer: Json = "done", schema: Json = None, **more: Any) -> tuple[ModelTool, list[Json]]:
    """A tool, and the arguments of its uses."""
    used: list[Json] = []

    async def call(arguments: dict[str, Json]) -> Json:
        used.append(arguments)
        return answer

    return ModelTool(name, f"Does {name}", schema or {"type": "object"}, call, **more), used


@asynccontextmanager
async def agent_on(context: Any, model: ModelServer) -> AsyncIterator[Any]:
    """A stage whose `ask` runs the agent against the model, and whose `go_on` tells it what a person decided."""
    models = loopback_models()
    own = {"base_url": model.address, "model": "small"}
    context.models = lent(models)
    context.ask = lambda value="Hello", **config: context.run("agent", {**own, **config}, value)
    context.go_on = lambda wait, payload, timed_out=False, **config: context.resume(
        "agent", {**own, **config}, "Hello", Arrival(wait.value, payload, timed_out)
    )
    yield context
    await models.close()
