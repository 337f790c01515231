"""Deployed workflows that are offered to agents as tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from app.db import listeners as queries
from app.db.memory import Memory
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.program import Step
from app.hosts.handles import WorkflowBroken
from app.sdk import Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool
from app.services.executions import new_execution
from app.services.hook_answers import wait_for_answer
from app.services.lending import Programs
from app.services.starts import Starts

TRIGGER = "trigger.mcp_tool"
TYPES: Mapping[str, str] = {
    "text": "string",
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "object": "object",
    "array": "array",
}


class OfferedTools:
    def __init__(self, database: Database, programs: Programs, starts: Starts, wait_seconds: float) -> None:
        self._database = database
        self._programs = programs
        self._starts = starts
        self._wait_seconds = wait_seconds
        self._known = Memory(database, self._find)

    async def list(self, actor: Actor) -> Sequence[AgentTool]:
        """One tool for each name; where two workflows offer the same, the one whose name comes first."""
        return await self._known.get(actor.workspace_id)

    async def _find(self, workspace_id: str) -> Sequence[AgentTool]:
        async with self._database.read() as connection:
            rows = await queries.deployed(connection, workspace_id)
        tools: dict[str, AgentTool] = {}
        for row, graph in sorted(rows, key=lambda found: found[0].name):
            if TRIGGER.encode() in graph:
                for tool in await self._of_workflow(row):
                    tools.setdefault(tool.name, tool)
        return list(tools.values())

    async def _of_workflow(self, row: WorkflowRow) -> Sequence[AgentTool]:
        try:
            program = (await self._programs.load(row.id, row.deployed_revision or row.revision)).program
        except (LookupError, WorkflowBroken):
            return ()
        return [self._tool(row, step) for step in program.triggers if step.enabled and step.block.type == TRIGGER]

    def _tool(self, row: WorkflowRow, step: Step) -> AgentTool:
        config = step.config.raw
        words = str(config.get("description") or row.description or f"Runs the workflow {row.name}.")
        schema = schema_of(config.get("variables") or ())
        run = partial(self._run, row, step.id)
        return AgentTool(str(config.get("tool")), words, schema, "workflows.run", run, reads_only=False, by_mcp=True)

    async def _run(self, row: WorkflowRow, block_id: str, actor: Actor, arguments: Mapping[str, Json]) -> Json:
        """Run the deployed revision and wait for what it answers."""
        actor.demand("workflows.run")
        new = new_execution(
            row, row.deployed_revision or row.revision, block_id, "mcp", actor.user_id, dict(arguments)
        )
        found = await wait_for_answer(await self._starts.start(row, new), self._wait_seconds)
        return found.response["body"] if found.ended is None else found.ended.output


def schema_of(variables: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """The JSON Schema of declared variables."""
    properties: dict[str, Json] = {}
    for variable in variables:
        shape: dict[str, Json] = {}
        if variable.get("type", "text") in TYPES:
            shape["type"] = TYPES[str(variable.get("type", "text"))]
        if variable.get("description"):
            shape["description"] = variable["description"]
        if variable.get("default") is not None:
            shape["default"] = variable["default"]
        properties[str(variable.get("name"))] = shape
    needed = [str(variable["name"]) for variable in variables if variable.get("required") and variable.get("default") is None]
    return {"type": "object", "properties": properties, "required": needed}
