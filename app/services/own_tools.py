"""The platform's own tools for agents: looking at workflows and executions, building, running and repairing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.catalog import Catalog
from app.describe import documentation, manifest
from app.engine.graph import dump_graph
from app.engine.messages import iso
from app.sdk import Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool, Call
from app.services.errors import ServiceError
from app.services.executions import ExecutionDetail, Executions
from app.services.flows import Flow, FlowChange, Flows
from app.services.graphs import Graphs
from app.services.pages import Paging
from app.services.refusals import graph_refused, problem_json
from app.services.run_options import RunOptions
from app.services.workflows import Workflows

TEXT: dict[str, Json] = {"type": "string"}
FLOW: dict[str, Json] = {"type": "string", "description": "The flow's id or name."}
OBJECT: dict[str, Json] = {"type": "object"}
LIST: dict[str, Json] = {"type": "array", "items": {"type": "object"}}


class OwnTools:
    def __init__(self, flows: Flows, workflows: Workflows, executions: Executions, graphs: Graphs, catalog: Catalog) -> None:
        self._flows = flows
        self._workflows = workflows
        self._executions = executions
        self._graphs = graphs
        self._catalog = catalog

    def list(self) -> Sequence[AgentTool]:
        read, write, run, look = "workflows.read", "workflows.write", "workflows.run", "executions.read"
        page = {"page": {"type": "integer", "minimum": 0}, "q": TEXT}
        drawn = {"blocks": LIST, "edges": LIST}
        return [
            _tool("list_flows", "Lists the flows of the workspace with status and mode.", read, self._list_flows, page),
            _tool("get_flow", "A flow's summary, its steps and its latest execution.", read, self._get_flow, {"flowId": FLOW}),
            _tool(
                "trigger_run",
                "Starts a flow and returns the execution's id; mode simulation acts on nothing.",
                run,
                self._trigger_run,
                {"flowId": FLOW, "input": OBJECT, "mode": {"enum": ["live", "simulation"]}},
                "flowId",
            ),
            _tool(
                "get_execution",
                "One execution with the status, output and timing of each step.",
                look,
                self._get_execution,
                {"executionId": TEXT},
            ),
            _tool("list_block_types", "Every block type with what it does.", "blocks.read", self._list_types, {}),
            _tool(
                "describe_block_type",
                "A block type's configuration schema, ports and examples.",
                "blocks.read",
                self._describe_type,
                {"type": TEXT},
            ),
            _tool("read_graph", "A flow's blocks and edges, secrets masked.", read, self._read_graph, {"flowId": FLOW}),
            _tool(
                "create_flow",
                "Makes a flow, from YAML or empty.",
                write,
                self._create_flow,
                {"name": TEXT, "description": TEXT, "yaml": TEXT},
                "name",
            ),
            _tool(
                "write_graph",
                "Replaces a flow's blocks and edges; answers what still keeps it from running. A masked secret stays.",
                write,
                self._write_graph,
                {"flowId": FLOW, **drawn, "revision": {"type": "integer"}},
                "flowId",
                "blocks",
                "edges",
            ),
            _tool("validate_graph", "Checks blocks and edges; stores nothing.", read, self._validate, drawn, "blocks", "edges"),
            _tool(
                "execute_flow",
                "Runs a flow and waits for its end.",
                run,
                self._execute,
                {"flowId": FLOW, "input": OBJECT},
                "flowId",
            ),
        ]

    async def _list_flows(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        page = await self._flows.list(actor, Paging(given.get("page", 0), 100, given.get("q", "")))
        flows = [
            {
                "id": found.summary.id,
                "name": found.summary.name,
                "description": found.summary.description,
                "status": found.summary.state,
                "mode": "live",
                "enabled": found.summary.enabled,
                "lastStatus": found.summary.last_status,
            }
            for found in page.items
        ]
        return {"flows": flows, "total": page.total, "page": page.page, "pages": page.pages}

    async def _get_flow(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        flow = await self._flows.get(actor, given["flowId"])
        found = flow.workflow
        latest = await self._executions.get(actor, found.last_execution_id) if found.last_execution_id else None
        return {
            "blueprint": {
                "id": found.id,
                "name": found.name,
                "summary": found.description or f"{len(found.graph.blocks)} blocks, {len(found.graph.edges)} edges",
                "status": found.state,
                "mode": "live",
                "enabled": found.enabled,
                "revision": found.revision,
                "yaml": flow.text,
                "problems": [problem_json(problem) for problem in found.problems],
            },
            "steps": [
                {
                    "id": block.id,
                    "name": block.name,
                    "type": block.type,
                    "enabled": block.enabled,
                    "after": [edge.source for edge in found.graph.edges if edge.target == block.id],
                }
                for block in found.graph.blocks
            ],
            "latestExecution": None if latest is None else shown_execution(latest),
        }

    async def _trigger_run(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        options = RunOptions(mode=given.get("mode", "live"))
        started = await self._executions.execute(
            actor, given["flowId"], given.get("input", {}), trigger="mcp", options=options, durably=True
        )
        return {"executionId": started.execution_id, "status": "queued"}

    async def _execute(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        started = await self._executions.execute(actor, given["flowId"], given.get("input", {}), trigger="mcp")
        await self._executions.ended(started.execution_id, started.handle)
        return shown_execution(await self._executions.get(actor, started.execution_id))

    async def _get_execution(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        return shown_execution(await self._executions.get(actor, given["executionId"]))

    async def _list_types(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        types = [
            {"type": block.type, "title": block.title, "category": block.category, "description": block.description}
            for block in self._catalog
        ]
        return {"types": types}

    async def _describe_type(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        block = self._catalog.get(given["type"])
        if block is None:
            raise ServiceError("UNKNOWN_BLOCK_TYPE", f"Unknown block type `{given['type'][:100]}`.", 400)
        page = documentation(block)
        return manifest(block) | {name: page[name] for name in ("paragraphs", "examples")}

    async def _read_graph(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = (await self._flows.get(actor, given["flowId"])).workflow
        problems = [problem_json(problem) for problem in found.problems]
        return {"revision": found.revision, **dump_graph(self._graphs.masked(found.graph)), "problems": problems}

    async def _create_flow(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        change = FlowChange(name=given["name"], description=given.get("description"), text=given.get("yaml"))
        return _made(await self._flows.create(actor, change))

    async def _write_graph(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        actor.demand("workflows.write")
        old = (await self._flows.get(actor, given["flowId"])).workflow
        graph, problems = self._graphs.parse({"blocks": given["blocks"], "edges": given["edges"]})
        if problems:
            raise graph_refused(problems)
        raw = dump_graph(self._graphs.with_secrets_of(graph, old.graph))
        saved = await self._workflows.put_graph(actor, old.id, raw, given.get("revision", old.revision), "Written by an agent")
        return {"revision": saved.revision, "problems": [problem_json(problem) for problem in saved.problems]}

    async def _validate(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        actor.demand("workflows.read")
        graph, problems = self._graphs.parse({"blocks": given["blocks"], "edges": given["edges"]})
        found = problems or self._graphs.readiness(graph)
        return {"valid": not problems, "problems": [problem_json(problem) for problem in found]}


def _tool(name: str, words: str, action: str, call: Call, fields: Mapping[str, Json], *needed: str) -> AgentTool:
    """Where nothing is named as needed, a single field is."""
    seeds = ("list_flows", "get_flow", "trigger_run", "get_execution")
    required = list(needed) or (list(fields) if len(fields) == 1 else [])
    schema: dict[str, Json] = {"type": "object", "properties": dict(fields), "required": required, "additionalProperties": False}
    reads_only = action.endswith(".read")
    return AgentTool(name, words, schema, action, call, reads_only=reads_only, by_mcp=name in seeds)


def _made(flow: Flow) -> dict[str, Json]:
    found = flow.workflow
    return {
        "id": found.id,
        "name": found.name,
        "revision": found.revision,
        "problems": [problem_json(problem) for problem in found.problems],
    }


def shown_execution(detail: ExecutionDetail) -> dict[str, Json]:
    """One execution as agents read it."""
    summary = detail.summary
    return {
        "id": summary.id,
        "flowId": summary.workflow_id,
        "status": summary.status,
        "mode": summary.mode,
        "trigger": summary.trigger,
        "input": detail.input,
        "output": detail.output,
        "error": detail.error,
        "durationMs": summary.duration_ms,
        "steps": [
            {
                "id": view.block_id,
                "name": view.block_name,
                "type": view.block_type,
                "status": view.status,
                "output": view.output,
                "error": view.error,
                "startedAt": None if view.started_at is None else iso(view.started_at),
                "durationMs": None if view.duration_ms is None else round(view.duration_ms),
                "log": list(view.log),
            }
            for view in detail.steps
        ],
    }
