"""The copilot's tools for one answer: those of the MCP door, bound to one workflow, and its own to propose and to ask.

What is not in this list, the copilot cannot do: nothing here deploys, arms, runs, sends or opens a credential.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.engine.graph import Graph, Problem, dump_graph
from app.engine.operations import Operation, RenameWorkflow
from app.sdk import Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool
from app.services.copilot.build_tools import told
from app.services.copilot.data import lines, marked, seen, without_secrets
from app.services.copilot.drafting import Drafting, Refused
from app.services.copilot.operation_schema import OPERATIONS
from app.services.copilot.practice import Practice, shown_to_model
from app.services.copilot.proposals import Proposal, Proposals
from app.services.errors import ServiceError
from app.services.executions import ExecutionDetail, Executions
from app.services.graphs import Graphs
from app.services.refusals import problem_json
from app.services.workflows import Workflow, Workflows

SHARED = ("search_block_types", "describe_block_type", "search_templates")
"""Tools of the other door that are about no workflow."""
WRITTEN_BY_OTHERS = {"search_templates": "templates"}
"""What those of them answer that is marked as data."""
MOST_STEPS = 60
MOST_PROBLEMS = 20
TEXT: dict[str, Json] = {"type": "string"}
INPUT: dict[str, Json] = {"type": "object", "description": "Sample input. Left out: the last real input, or the sample."}
Call = Callable[[Actor, Mapping[str, Json]], Awaitable[Json]]


@dataclass
class Bench:
    """What one answer works with, and what has come of it so far."""

    workflow: Workflow
    shares_values: bool
    credentials: Sequence[str]
    proposal: Proposal | None = None
    base: Workflow | None = None
    """The state of the workflow that the proposal was made for."""
    question: dict[str, Json] | None = None


class Benches:
    """Makes the tools of an answer."""

    def __init__(
        self,
        shared: Sequence[AgentTool],
        workflows: Workflows,
        executions: Executions,
        graphs: Graphs,
        drafting: Drafting,
        proposals: Proposals,
        practice: Practice,
    ) -> None:
        self._shared = [_marking(tool) for tool in shared if tool.name in SHARED]
        self._listing = next(tool for tool in shared if tool.name == "list_executions")
        self._workflows = workflows
        self._executions = executions
        self._graphs = graphs
        self._drafting = drafting
        self._proposals = proposals
        self._practice = practice

    def tools(self, actor: Actor, bench: Bench) -> list[AgentTool]:
        """The tools that this person's copilot may use here."""
        read, look, run, draft = "workflows.read", "executions.read", "workflows.run", "workflows.draft"
        own = [
            _tool("read_graph", "The workflow's blocks and edges; secrets are masked.", read, partial(self._read, bench), {}),
            _tool(
                "list_executions",
                "The newest executions of this workflow.",
                look,
                partial(self._list, bench),
                {"status": self._listing.schema["properties"]["status"]},
            ),
            _tool(
                "read_execution",
                "One execution of this workflow: what each block received and gave, and its error.",
                look,
                partial(self._execution, bench),
                {"executionId": TEXT},
                "executionId",
            ),
            _tool(
                "validate",
                "Checks operations on the workflow without proposing them.",
                draft,
                partial(self._validate, bench),
                {"operations": OPERATIONS},
                "operations",
            ),
            _tool(
                "simulate",
                "Runs the workflow, with operations done to it, on an input; nothing outside is called.",
                run,
                partial(self._simulate, bench),
                {"operations": OPERATIONS, "input": INPUT},
            ),
            _tool(
                "propose",
                "Shows the person what you would change. All of it at once: a later proposal replaces an earlier one.",
                draft,
                partial(self._propose, bench),
                {"summary": TEXT, "operations": OPERATIONS},
                "summary",
                "operations",
            ),
            _tool(
                "ask_user",
                "Asks the person, who answers in the next message. Then end your answer.",
                read,
                partial(self._ask, bench),
                {"question": TEXT, "options": {"type": "array", "items": TEXT, "maxItems": 6}},
                "question",
            ),
        ]
        return [tool for tool in (*self._shared, *own) if tool.is_for(actor)]

    # -- looking -----------------------------------------------------------------------------------------------------

    async def _read(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = await self._workflows.get(actor, bench.workflow.id)
        return marked("the workflow's own graph", self.graph(bench, found))

    def graph(self, bench: Bench, found: Workflow) -> dict[str, Json]:
        """A workflow's graph as the model sees it."""
        drawn = dump_graph(self._graphs.masked(found.graph))
        for block in drawn["blocks"]:
            block["config"] = without_secrets(block["config"])
            policy = block.get("policy")
            if policy and policy.get("pinned"):
                policy["pinned"] = {**policy["pinned"], "output": seen(policy["pinned"].get("output"), bench.shares_values)}
        problems = [problem_json(one) for one in found.problems[:MOST_PROBLEMS]]
        about = {"name": found.name, "description": found.description, "revision": found.revision}
        return {"annotations": [], **about, **drawn, "problems": problems}

    async def _list(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        return marked("past executions", await self._listing.call(actor, {**given, "flowId": bench.workflow.id}))

    async def _execution(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        detail = await self._executions.get(actor, given["executionId"])
        if detail.summary.workflow_id != bench.workflow.id:
            raise ServiceError("OTHER_WORKFLOW", "That execution is one of another workflow.", 404)
        return marked("an execution", self.execution(bench, detail))

    def execution(self, bench: Bench, detail: ExecutionDetail) -> dict[str, Json]:
        """An execution as the model sees it."""
        shares = bench.shares_values
        steps = [
            {
                "block": step.block_id,
                "name": step.block_name,
                "type": step.block_type,
                "status": step.status,
                "input": seen(step.input, shares),
                "output": None if step.status == "failed" else seen(step.output, shares),
                "error": step.error,
                "log": lines(step.log, shares),
                **({"round": step.iteration} if step.iteration else {}),
            }
            for step in detail.steps[:MOST_STEPS]
        ]
        found = {
            "id": detail.summary.id,
            "status": detail.summary.status,
            "revision": detail.summary.revision,
            "input": seen(detail.input, shares),
            "output": seen(detail.output, shares),
            "error": detail.error,
            "steps": steps,
        }
        return found if shares else found | {"values": "hidden: you see the names of fields and the kinds of values"}

    # -- trying ------------------------------------------------------------------------------------------------------

    async def _validate(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = await self._workflows.get(actor, bench.workflow.id)
        after, problems = self._drafted(found.graph, given["operations"])
        return {"valid": True, **marked("the checks", {"problems": _told_problems(problems), "blocks": len(after.blocks)})}

    async def _simulate(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = await self._workflows.get(actor, bench.workflow.id)
        graph = found.graph
        problems: Sequence[Problem] = found.problems
        if given.get("operations"):
            graph, problems = self._drafted(graph, given["operations"])
        result, source = await self._practice.rehearsed(
            actor, found, graph, problems, given.get("input"), bench.credentials
        )
        return marked("a simulation", {"input": source, **shown_to_model(result, bench.shares_values)})

    # -- proposing ---------------------------------------------------------------------------------------------------

    def _drafted(self, before: Graph, raw: Sequence[Json]) -> tuple[Graph, list[Problem]]:
        """The graph after operations, with what it still lacks. Raises 400 with what forbids it."""
        try:
            after = self._drafting.draft(before, raw).after
        except Refused as refused:
            raise ServiceError("DRAFT_REFUSED", str(refused), 400) from None
        self._refuse(self._graphs.check(after))
        return after, self._graphs.readiness(after)

    def _refuse(self, problems: Sequence[Problem]) -> None:
        if problems:
            message = "; ".join(problem.message for problem in problems[:5])
            raise ServiceError("DRAFT_REFUSED", f"The graph could not be saved so: {message}", 400, _told_problems(problems))

    async def _propose(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        actor.demand("workflows.draft")
        found = await self._workflows.get(actor, bench.workflow.id)
        try:
            draft = self._drafting.draft(found.graph, given["operations"])
        except Refused as refused:
            raise ServiceError("DRAFT_REFUSED", str(refused), 400) from None
        self._refuse(self._graphs.check(draft.after))
        await self._refuse_taken_name(actor, found, draft.operations)
        known = {(problem.code, problem.block_id, problem.field) for problem in found.problems}
        problems = self._graphs.readiness(draft.after)
        result, source = await self._practice.rehearsed(actor, found, draft.after, problems, None, bench.credentials)
        simulation = told(result) | {"input": source}
        bench.proposal = self._proposals.made(given["summary"], found.graph, draft, problems, simulation, found.name)
        bench.base = found
        new = [problem for problem in problems if (problem.code, problem.block_id, problem.field) not in known]
        shown = {
            "changes": [change.text for change in bench.proposal.changes],
            "problems": _told_problems(new or problems),
            "simulation": {"input": source, **shown_to_model(result, bench.shares_values)},
        }
        after = "The person decides. Say in a few words what this does and what to fill in by hand; do not repeat the list."
        return {"shown": True, **marked("what the person sees", shown), "next": after}

    async def _refuse_taken_name(self, actor: Actor, found: Workflow, operations: Sequence[Operation]) -> None:
        for operation in operations:
            if isinstance(operation, RenameWorkflow) and await self._workflows.free_name(actor, operation.name) != operation.name:
                whose = "This workflow is called" if operation.name == found.name else "There is already a workflow named"
                raise ServiceError("DRAFT_REFUSED", f"{whose} `{operation.name}`: choose another name, or none.", 400)

    async def _ask(self, bench: Bench, actor: Actor, given: Mapping[str, Json]) -> Json:
        bench.question = {"question": given["question"][:1_000], "options": [text[:200] for text in given.get("options", [])]}
        return {"asked": True, "next": "The person sees the question. End your answer now, in one short sentence."}


def _told_problems(problems: Sequence[Problem]) -> list[Json]:
    return [problem_json(problem) for problem in problems[:MOST_PROBLEMS]]


def _marking(tool: AgentTool) -> AgentTool:
    """A tool of the other door; what people wrote in its answers is marked as data."""
    source = WRITTEN_BY_OTHERS.get(tool.name)
    if source is None:
        return tool

    async def call(actor: Actor, given: Mapping[str, Json]) -> Json:
        return marked(source, await tool.call(actor, given))

    return replace(tool, call=call)


def _tool(name: str, words: str, action: str, call: Call, fields: Mapping[str, Json], *needed: str) -> AgentTool:
    schema: dict[str, Json] = {
        "type": "object", "properties": dict(fields), "required": list(needed), "additionalProperties": False,
    }  # fmt: skip
    return AgentTool(name, words, schema, action, call, reads_only=True)
