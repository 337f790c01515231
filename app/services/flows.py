"""Workflows as the contract's other surfaces see them: with a namespace, a folder, and written as YAML (contract.md C26, G12)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from app.catalog import Catalog
from app.db import flows as queries
from app.db.flows import DetailsRow
from app.db.session import Database
from app.engine.graph import Graph, dump_graph
from app.formats.documents import Document, Head, first_expressible, read_document, write_document
from app.formats.forms import Form
from app.formats.tasks import CannotExpress, hidden_blocks, keep_layout
from app.formats.text import NotReadable, TextProblem
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.graphs import Graphs
from app.services.pages import Page, Paging
from app.services.refusals import checked_description, checked_name, graph_refused
from app.services.texts import is_line
from app.services.workflow_settings import SettingsOfWorkflows, WorkflowSettings, parse_settings
from app.services.workflows import Workflow, Workflows, WorkflowSummary

MAX_LABEL = 100
REMEMBERED = 50
"""How many texts are remembered; a revision never changes, so neither does its text."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow with what stands beside it. `text` is its YAML, secrets masked."""

    workflow: Workflow
    details: DetailsRow
    text: str
    tasks_total: int


@dataclass(frozen=True, slots=True)
class ListedFlow:
    summary: WorkflowSummary
    details: DetailsRow


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a text, and what still keeps it from running."""

    errors: Sequence[TextProblem]
    warnings: Sequence[TextProblem]
    name: str = ""


@dataclass(frozen=True, slots=True)
class FlowChange:
    """What of a flow is to change; None leaves a thing as it is. `group_id` empty takes it out of its folder."""

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    namespace: str | None = None
    category: str | None = None
    group_id: str | None = None
    text: str | None = None


class Flows:
    def __init__(
        self, database: Database, workflows: Workflows, settings: SettingsOfWorkflows, graphs: Graphs, catalog: Catalog
    ) -> None:
        self._database = database
        self._settings = settings
        self._workflows = workflows
        self._graphs = graphs
        self._triggers = catalog.triggers
        self._texts: OrderedDict[Hashable, str] = OrderedDict()

    # -- looking -------------------------------------------------------------------------------------------------

    async def list(self, actor: Actor, paging: Paging) -> Page[ListedFlow]:
        page = await self._workflows.list(actor, paging)
        async with self._database.read() as connection:
            known = await queries.details(connection, actor.workspace_id, [summary.id for summary in page.items])
        items = [ListedFlow(one, known.get(one.id) or DetailsRow(one.id, actor.workspace_id)) for one in page.items]
        return Page(items, page.total, page.page, page.size)

    async def get(self, actor: Actor, id_or_name: str, forms: Sequence[Form] = ("tasks",), *, exactly: bool = False) -> Flow:
        """One flow with its YAML in the first of the forms that can express it.

        Raises 404, and 409 with the reason when it must be `exactly` the first form and that cannot express it.
        """
        try:
            found = await self._workflows.get(actor, id_or_name)
        except ServiceError as error:
            raise _as_flow(error, id_or_name) from None
        return await self.of(actor, found, forms, exactly=exactly)

    async def of(self, actor: Actor, found: Workflow, forms: Sequence[Form] = ("tasks",), *, exactly: bool = False) -> Flow:
        """What stands beside a workflow, and its YAML."""
        async with self._database.read() as connection:
            known = await queries.details(connection, actor.workspace_id, [found.id], with_text=True)
        details = known.get(found.id) or DetailsRow(found.id, actor.workspace_id)
        hidden = hidden_blocks(found.graph, self._triggers)
        total = sum(block.enabled and block.id not in hidden for block in found.graph.blocks)
        if details.text is not None and details.text_revision == found.revision and not exactly:
            return Flow(found, details, details.text, total)
        masked = self._graphs.masked(found.graph)
        head = Head(found.name, details.namespace, found.description, found.settings.deadline_ms)
        key = (found.id, found.revision, head, tuple(forms), exactly)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = await self._written(head, masked, forms, exactly=exactly)
            while len(self._texts) > REMEMBERED:
                self._texts.popitem(last=False)
        return Flow(found, details, text, total)

    async def _written(self, head: Head, graph: Graph, forms: Sequence[Form], *, exactly: bool) -> str:
        """Writing a large graph takes seconds, so it is done beside everything else, and remembered."""
        try:
            if exactly:
                return await asyncio.to_thread(write_document, forms[0], head, graph, self._triggers)
            return await asyncio.to_thread(first_expressible, forms, head, graph, self._triggers)
        except CannotExpress as error:
            raise _too_narrow(forms[0], error) from None

    async def check(self, actor: Actor, text: str) -> Checked:
        """Look at a text; nothing is run or stored."""
        actor.demand("workflows.read")
        try:
            document = await asyncio.to_thread(read_document, text)
        except NotReadable as error:
            return Checked(error.problems, ())
        graph, problems = self._graphs.parse(document.graph)
        errors = [document.problem(problem.message, problem.block_id, problem.field) for problem in problems]
        try:
            checked_name(document.name)
        except ServiceError as error:
            errors.append(document.read.problem(("name",), error.message))
        if errors:
            return Checked(errors, (), document.name)
        missing = self._graphs.readiness(graph)
        warnings = [document.problem(problem.message, problem.block_id, problem.field) for problem in missing]
        return Checked((), warnings, document.name)

    # -- changing ------------------------------------------------------------------------------------------------

    async def create(self, actor: Actor, given: FlowChange) -> Flow:
        """A new flow, from YAML or empty. Raises 400 with every problem and its line, 409 when the name is taken."""
        actor.demand("workflows.write")
        document = None if given.text is None else await self._read(given.text)
        name = given.name or (document.name if document else "")
        graph = self._parsed(document, Graph()) if document else Graph()
        details = await self._details(actor, given, DetailsRow("", actor.workspace_id, document.namespace if document else ""))
        settings = WorkflowSettings(deadline_ms=document.timeout_ms if document else None)
        description = given.description or (document.description if document else "")
        created = await self._workflows.create(actor, name, description, graph, settings=settings)
        await self._put_details(replace(details, workflow_id=created.id), given.text, graph, created.revision)
        if given.enabled is False:
            await self._workflows.update(actor, created.id, enabled=False)
        return await self.get(actor, created.id)

    async def update(self, actor: Actor, id_or_name: str, change: FlowChange, if_match: int | None = None) -> Flow:
        """Change a flow; a new text makes a revision, the rest does not (contract.md C8).

        Raises 409 with the reason when the text's form is too narrow for the graph that is there, 412 when it is stale.
        """
        actor.demand("workflows.write")
        if change.name is not None:
            checked_name(change.name)
        checked_description(change.description or "")  # before anything is written
        document = None if change.text is None else await self._read(change.text)
        flow = await self.get(actor, id_or_name)
        found = flow.workflow
        details = await self._details(actor, change, flow.details)
        if document is not None:
            graph = self._fitting(document, flow)
            based_on = if_match or found.revision
            saved = await self._workflows.put_graph(actor, found.id, dump_graph(graph), based_on, "Written as YAML")
            await self._put_details(details, change.text, graph, saved.revision)
            await self._set_deadline(actor, found, document.timeout_ms)
        else:
            await self._put_details(details, flow.details.text, Graph(), flow.details.text_revision)
        if (change.name, change.description, change.enabled) != (None, None, None):
            await self._workflows.update(
                actor, found.id, name=change.name, description=change.description, enabled=change.enabled
            )
        return await self.get(actor, found.id)

    async def _set_deadline(self, actor: Actor, found: Workflow, timeout_ms: int | None) -> None:
        if timeout_ms != found.settings.deadline_ms:
            changed = found.settings.model_copy(update={"deadline_ms": timeout_ms})
            await self._settings.put(actor, found.id, changed.model_dump(mode="json"))

    def _fitting(self, document: Document, flow: Flow) -> Graph:
        """The graph that a text stands for, with the layout and the secrets of the one that is there."""
        old = flow.workflow.graph
        if document.form != "graph":
            try:
                write_document(document.form, Head(document.name), old, self._triggers)
            except CannotExpress as error:
                raise _too_narrow(document.form, error) from None
        return self._parsed(document, old)

    def _parsed(self, document: Document, old: Graph) -> Graph:
        raw = document.graph if document.form == "graph" else keep_layout(document.graph, old)
        graph, problems = self._graphs.parse(raw)
        if problems:
            raise _refused([document.problem(problem.message, problem.block_id, problem.field) for problem in problems])
        return self._graphs.with_secrets_of(graph, old)

    async def _read(self, text: str) -> Document:
        try:
            return await asyncio.to_thread(read_document, text)
        except NotReadable as error:
            raise _refused(error.problems) from None

    async def _details(self, actor: Actor, change: FlowChange, old: DetailsRow) -> DetailsRow:
        for name, label in (("namespace", change.namespace), ("category", change.category)):
            if label is not None and (len(label) > MAX_LABEL or not is_line(label)):
                message = f"may have {MAX_LABEL} printable characters"
                raise invalid(f"`{name}` {message}.", [{"field": name, "message": message}])
        if change.group_id:
            async with self._database.read() as connection:
                known = await queries.group(connection, actor.workspace_id, change.group_id)
            if known is None:
                raise invalid(f"There is no group `{change.group_id[:100]}`.", [{"field": "groupId", "message": "is not there"}])
        return replace(
            old,
            namespace=old.namespace if change.namespace is None else change.namespace,
            category=old.category if change.category is None else change.category,
            group_id=old.group_id if change.group_id is None else change.group_id or None,
        )

    async def _put_details(self, details: DetailsRow, text: str | None, graph: Graph, revision: int | None) -> None:
        """The text is kept as it was written, comments and all, unless it holds a secret."""
        if text is not None and self._graphs.masked(graph) != graph:
            text = None
        async with self._database.write() as connection:
            await queries.put_details(connection, replace(details, text=text, text_revision=revision if text else None))

    # -- as a file -----------------------------------------------------------------------------------------------

    async def export(self, actor: Actor, id_or_name: str) -> dict[str, Json]:
        """Everything that makes a flow, without secrets."""
        flow = await self.get(actor, id_or_name)
        found = flow.workflow
        return {
            "format": "blockyard.workflow",
            "version": 1,
            "name": found.name,
            "namespace": flow.details.namespace,
            "category": flow.details.category,
            "description": found.description,
            "settings": found.settings.model_copy(update={"error_workflow": ""}).model_dump(mode="json"),
            **dump_graph(self._graphs.masked(found.graph)),
        }

    async def take_in(self, actor: Actor, content: dict[str, Json]) -> Flow:
        """A new flow from an export: new ids, a free name, secrets of its own. Raises 400 naming the field."""
        actor.demand("workflows.write")
        if content.get("format", "blockyard.workflow") != "blockyard.workflow" or content.get("version", 1) != 1:
            raise invalid("This is not an export of a workflow.", [{"field": "format", "message": "is not known"}])
        for name in ("name", "namespace", "category", "description"):
            if not isinstance(content.get(name, ""), str):
                raise invalid(f"`{name}` must be a text.", [{"field": name, "message": "must be a text"}])
        graph, problems = self._graphs.parse({key: content.get(key, []) for key in ("blocks", "edges", "annotations")})
        if problems:
            raise graph_refused(problems)
        given = FlowChange(namespace=content.get("namespace", ""), category=content.get("category", ""))
        details = await self._details(actor, given, DetailsRow("", actor.workspace_id))
        settings = WorkflowSettings() if content.get("settings") is None else parse_settings(content["settings"])
        name = await self._workflows.free_name(actor, checked_name(content.get("name", "")))
        fresh = self._graphs.minted(self._graphs.with_secrets_of(graph, Graph()))
        created = await self._workflows.create(actor, name, content.get("description", ""), fresh, settings=settings)
        await self._put_details(replace(details, workflow_id=created.id), None, Graph(), None)
        return await self.get(actor, created.id)


def _as_flow(error: ServiceError, identifier: str) -> ServiceError:
    """The other surfaces call it a flow (contract.md A062)."""
    return not_found("flow", identifier) if error.code == "WORKFLOW_NOT_FOUND" else error


def _refused(problems: Sequence[TextProblem]) -> ServiceError:
    first = problems[0]
    more = f" ({len(problems) - 1} more problems in details)" if len(problems) > 1 else ""
    details = [{"field": problem.path, "line": problem.line, "message": problem.message} for problem in problems[:500]]
    code = "UNKNOWN_BLOCK_TYPE" if first.message.startswith("Unknown block type") else "VALIDATION_ERROR"
    return ServiceError(code, f"{first.message} (line {first.line}){more}", 400, details)


def _too_narrow(form: Form, error: CannotExpress) -> ServiceError:
    words = {"tasks": "a task list", "nodes": "nodes with `depends_on`", "graph": "a graph"}[form]
    message = f"This workflow cannot be expressed as {words}: {error}. Use the complete form instead."
    return ServiceError("FORM_TOO_NARROW", message, 409)
