"""The workflows behind an MCP channel, as tools for agents (contract.md G9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from app.db.channels import ChannelRow
from app.db.workflows import WorkflowRow
from app.formats.tasks import block_id
from app.sdk import Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool, check_arguments
from app.services.channels import Channels, RouteSpec
from app.services.doors import Doors
from app.services.errors import ServiceError
from app.services.hook_answers import wait_for_answer
from app.services.offered_tools import schema_of


class ChannelTools:
    def __init__(self, channels: Channels, doors: Doors) -> None:
        self._channels = channels
        self._doors = doors

    async def list(self, row: ChannelRow) -> Sequence[AgentTool]:
        """One tool for each workflow behind each route, called by the route's name, else by the workflow's."""
        tools: dict[str, AgentTool] = {}
        for route in self._channels.routes_of(row):
            for target in await self._channels.targets(row, route):
                alone = route.name and len(route.targetFlowIds) == 1
                name = block_id((route.name if alone else target.name).replace(".", "-"), tools)[:64]
                tools[name] = await self._tool(name, route, target)
        return list(tools.values())

    async def call(self, row: ChannelRow, name: str, arguments: Json) -> Json:
        """Run the workflow behind a tool and wait for its answer. Raises 404, and 400 for arguments that do not fit."""
        found = next((tool for tool in await self.list(row) if tool.name == name), None)
        if found is None:
            raise ServiceError("TOOL_NOT_FOUND", f"This channel has no tool `{name[:100]}`.", 404)
        return await found.call(NOBODY, check_arguments(found, arguments))

    async def _tool(self, name: str, route: RouteSpec, target: WorkflowRow) -> AgentTool:
        words = target.description or f"Runs the workflow {target.name}."
        schema = schema_of(await self._doors.variables(target))
        run = partial(self._run, route, target)
        return AgentTool(name, words, schema, "workflows.run", run, reads_only=False)

    async def _run(self, route: RouteSpec, target: WorkflowRow, _: Actor, arguments: Mapping[str, Json]) -> Json:
        is_async = route.responseMode == "async"
        started = await self._doors.start(target, dict(arguments), None, "mcp", durably=is_async)
        if is_async:
            return {"status": "queued", "executionId": started.execution_id}
        found = await wait_for_answer(started, route.timeoutSeconds)
        return found.response["body"] if found.ended is None else found.ended.output


NOBODY = Actor("", "", "", "", "viewer")
"""Whoever knows a channel's token is no member; the channel itself says what may be run."""
