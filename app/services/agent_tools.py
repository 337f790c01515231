"""What agents may use: the platform's own tools, and deployed workflows that are offered as tools (contract.md A034-A037)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.adapters.json_schema import Schema
from app.sdk import BlockError, Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid
from app.services.permissions import PERMISSIONS

Call = Callable[[Actor, Mapping[str, Json]], Awaitable[Json]]
MCP_SCOPE = "mcp"


@dataclass(frozen=True, slots=True)
class AgentTool:
    """One tool. `action` is what using it needs; with `by_mcp`, the scope `mcp` is enough for a key."""

    name: str
    description: str
    schema: Mapping[str, Json]
    action: str
    call: Call
    reads_only: bool = True
    by_mcp: bool = False

    def actor_for(self, actor: Actor) -> Actor:
        """The same actor with the scope that using this tool needs, where the scope `mcp` stands for it."""
        if not self.by_mcp or actor.scopes is None or MCP_SCOPE not in actor.scopes:
            return actor
        return replace(actor, scopes=actor.scopes | {"flows:read", "flows:run", "executions:read"})

    def is_for(self, actor: Actor) -> bool:
        return self.action in PERMISSIONS and self.actor_for(actor).allows(self.action)


class AgentTools:
    def __init__(self, own: Sequence[AgentTool], offered: Callable[[Actor], Awaitable[Sequence[AgentTool]]]) -> None:
        self._own = {tool.name: tool for tool in own}
        self._offered = offered

    async def list(self, actor: Actor) -> Sequence[AgentTool]:
        """The tools that this actor may use; the platform's own come first, and their names are not given away."""
        actor.demand("mcp.use")
        others = [tool for tool in await self._offered(actor) if tool.name not in self._own]
        return [tool for tool in (*self._own.values(), *others) if tool.is_for(actor)]

    async def call(self, actor: Actor, name: str, arguments: Json) -> Json:
        """Use a tool. Raises 404 for one that is not there or not for this actor, 400 for arguments that do not fit."""
        found = next((tool for tool in await self.list(actor) if tool.name == name), None)
        if found is None:
            raise ServiceError("TOOL_NOT_FOUND", f"There is no tool `{name[:100]}` that you may use.", 404)
        return await found.call(found.actor_for(actor), check_arguments(found, arguments))


def check_arguments(tool: AgentTool, arguments: Json) -> dict[str, Json]:
    """What a tool is given. Raises 400 for what does not fit its schema."""
    given = {} if arguments is None else arguments
    if not isinstance(given, dict):
        raise invalid("`arguments` must be an object.", [{"field": "arguments", "message": "must be an object"}])
    try:
        problem = Schema(tool.schema, f"tool `{tool.name}`").problem(given)
    except BlockError as error:
        problem = error.message
    if problem is not None:
        raise invalid(f"The arguments of `{tool.name}` do not fit: {problem}.", [{"field": "arguments", "message": problem}])
    return given
