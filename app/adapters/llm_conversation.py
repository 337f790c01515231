"""One conversation on pydantic-ai: asks, runs tools, watches the budget, and stops where people must decide first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import httpx2
from pydantic_ai import Agent, AgentRun
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.messages import (
    ModelRequest as ToModel,
)
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, ToolDenied
from pydantic_ai.usage import RunUsage, UsageLimits

from app.adapters.llm_budget import check_spent, check_step, counted
from app.adapters.llm_clients import address, client, key_header
from app.adapters.llm_failures import block_error
from app.adapters.llm_keys import Keys, Signer
from app.adapters.llm_masking import Mask, MaskedStream
from app.adapters.llm_output import Wanted
from app.adapters.llm_tools import ATTEMPTS, Tools
from app.adapters.llm_transport import CheckedBridge
from app.sdk import BlockError, Json, McpServer, ModelAnswer, ModelRequest, ModelTool, ModelTurn, ModelUsage, PendingTool

UNLIMITED = UsageLimits(request_limit=None)
"""Our own budget is checked instead: it also knows prices."""


Connect: TypeAlias = Callable[
    [AsyncExitStack, McpServer, httpx.AsyncBaseTransport, Signer, Sequence[str]], Awaitable[list[ModelTool]]
]
"""Opens an MCP server until the stack closes, and tells its tools."""


@dataclass(frozen=True, slots=True)
class Libraries:
    """What was loaded for this conversation: the provider's models, and the client of MCP servers when it has any."""

    model: Callable[[ModelRequest, httpx2.AsyncClient], Model]
    connect: Connect | None


class Conversation:
    """Leads one conversation; `checked` and `trusted` are the transports of the egress client."""

    def __init__(
        self,
        request: ModelRequest,
        keys: Keys,
        checked: httpx.AsyncBaseTransport,
        trusted: httpx.AsyncBaseTransport,
        libraries: Libraries,
    ) -> None:
        served_at = address(request)
        if "[secret:" in served_at:
            raise BlockError("BAD_URL", "field `base_url`: a secret cannot be part of a model's address; use a credential")
        signer = keys.signer(served_at, request.credential, key_header(request), request.trusted)
        self._request = request
        self._keys = keys
        self._libraries = libraries
        self._checked = checked
        self._bridge = CheckedBridge(trusted if signer.trusted else checked, signer, "The model's server", strict=True)
        self._place = f"The model's server ({urlsplit(served_at).hostname})"
        self._wanted = Wanted(request)
        self._mask = Mask(signer.used)

    async def run(self) -> ModelAnswer:
        """The model's answer. Every failure is a BlockError."""
        try:
            async with AsyncExitStack() as stack:
                http = await stack.enter_async_context(client(self._bridge))
                model = self._libraries.model(self._request, http)
                tools = Tools(await self._tools(stack), self._request.log, self._mask)
                async with self._agent(model, tools).iter(**self._start()) as run:
                    return await self._follow(run, tools)
        except BlockError:
            raise
        except Exception as error:
            problem = self._wanted.problem if self._request.output_schema is not None else None
            raise block_error(error, self._bridge.failure, self._place, problem) from None

    def _agent(self, model: Model, tools: Tools) -> Agent[None, Any]:
        settings = ModelSettings()
        if self._request.temperature is not None:
            settings["temperature"] = self._request.temperature
        if self._request.max_tokens is not None:
            settings["max_tokens"] = self._request.max_tokens
        told = [text for text in (self._request.system_prompt, self._wanted.instructions(model)) if text]
        agent: Agent[None, Any] = Agent(
            model,
            output_type=self._wanted.type(model),
            instructions="\n\n".join(told) or None,
            deps_type=type(None),
            name="agent",
            model_settings=settings,
            retries={"tools": ATTEMPTS, "output": self._request.repairs},
            toolsets=[tools],
        )
        self._wanted.watch(agent)
        return agent

    async def _tools(self, stack: AsyncExitStack) -> list[ModelTool]:
        tools = list(self._request.tools)
        connect = self._libraries.connect
        if connect is None:
            return tools
        for server in self._request.servers:
            signer = self._keys.signer(server.url, server.credential, "", trusted=False)
            taken = [tool.name for tool in tools]
            tools += await connect(stack, server, self._checked, signer, taken)
        return tools

    def _start(self) -> dict[str, Any]:
        """The arguments of a fresh conversation, or of one that goes on where it stopped for people."""
        kept = self._request.resume
        if kept is None:
            history = [_message(turn) for turn in self._request.history]
            return {"user_prompt": _said(self._request), "message_history": history, "usage_limits": UNLIMITED}
        spent = RunUsage(**kept["usage"])
        return {
            "message_history": ModelMessagesTypeAdapter.validate_python(kept["messages"]),
            "deferred_tool_results": self._decisions(kept["pending"]),
            "usage": spent,
            "usage_limits": UNLIMITED,
        }

    def _decisions(self, pending: Sequence[str]) -> DeferredToolResults:
        results = DeferredToolResults()
        for call_id in pending:
            decision = self._request.decisions.get(call_id)
            if decision is not None and decision.approved:
                results.approvals[call_id] = True
            else:
                note = decision.note if decision is not None else ""
                results.approvals[call_id] = ToolDenied(f"A person did not allow this. {note}".strip())
        return results

    async def _follow(self, run: AgentRun[None, Any], tools: Tools) -> ModelAnswer:
        limits = self._request.limits
        async for node in run:
            if Agent.is_model_request_node(node):
                self._tell_misused(node.request)
                check_step(counted(run.usage, limits), limits)
                if self._request.stream is not None:
                    await self._show(node, run, MaskedStream(self._request.stream, self._mask))
            elif Agent.is_call_tools_node(node):
                self._check_whole(node.model_response)
                self._tell_spent(counted(run.usage, limits))
                check_spent(counted(run.usage, limits), limits)
        result = run.result
        if result is None:
            raise BlockError("MODEL_ANSWER", f"{self._place} gave no answer")
        usage = counted(run.usage, limits)
        if isinstance(result.output, DeferredToolRequests):
            return self._parked(result.output, run, usage, tools)
        data = None if self._request.output_schema is None else result.output
        return ModelAnswer(self._mask.text(_last_text(run.all_messages())), self._mask(data), usage)

    def _tell_misused(self, request: ToModel) -> None:
        """What the model is asked to do better."""
        if self._request.misused is not None:
            for part in request.parts:
                if isinstance(part, ToolReturnPart) and part.outcome == "retried":
                    self._request.misused(part.tool_name, self._mask.text(_reason(part.content)))

    def _tell_spent(self, usage: ModelUsage) -> None:
        if self._request.spent is not None:
            self._request.spent(usage)

    def _check_whole(self, response: ModelResponse) -> None:
        """A stream that ended without saying why was cut off: it must not pass for an answer."""
        if response.finish_reason is None and not (response.provider_details or {}).get("finish_reason"):
            raise BlockError("CONNECTION", f"{self._place} ended the stream in the middle of its answer")

    async def _show(self, node: Any, run: AgentRun[None, Any], shown: MaskedStream) -> None:
        async with node.stream(run.ctx) as events:
            async for event in events:
                shown.add(_text(event))
        shown.end()

    def _parked(self, wanted: DeferredToolRequests, run: AgentRun[None, Any], usage: ModelUsage, tools: Tools) -> ModelAnswer:
        pending = tuple(
            PendingTool(call.tool_call_id, call.tool_name, tools.description(call.tool_name), self._mask(call.args_as_dict()))
            for call in wanted.approvals
        )
        spent = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "requests": usage.requests}
        kept: Json = {
            "messages": self._mask(ModelMessagesTypeAdapter.dump_python(run.all_messages(), mode="json")),
            "pending": [call.id for call in pending],
            "usage": spent,
        }
        return ModelAnswer("", None, usage, pending, kept)


def _said(request: ModelRequest) -> str | list[str | BinaryContent]:
    """The prompt, with the images that belong to it."""
    if not request.images:
        return request.prompt
    return [request.prompt, *(BinaryContent(image.content, media_type=image.media_type) for image in request.images)]


def _message(turn: ModelTurn) -> ModelMessage:
    if turn.role == "user":
        return ToModel(parts=[UserPromptPart(turn.text)])
    return ModelResponse(parts=[TextPart(turn.text)])


def _text(event: object) -> str:
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _reason(content: Any) -> str:
    """Why a use of a tool was refused, in words."""
    if not isinstance(content, list):
        return str(content)
    return "; ".join(str(detail.get("msg", "")) for detail in content[:3] if isinstance(detail, dict))


def _last_text(messages: Sequence[ModelMessage]) -> str:
    last = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
    return "" if last is None else "".join(part.content for part in last.parts if isinstance(part, TextPart))
