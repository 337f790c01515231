"""A workflow's text in any of the three YAML forms, and the graph that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from app.engine.graph import Graph, dump_graph
from app.formats.forms import Form, GraphDocument, ListedDocument, NodeDocument, TaskDocument
from app.formats.tasks import START, CannotExpress, Task, TaskFlow, block_id, from_graph, split_source, to_graph
from app.formats.text import NotReadable, Place, Read, TextProblem
from app.sdk import Json
from app.sdk.lazy import lazy

if TYPE_CHECKING:
    from app.formats import yaml
else:
    yaml = lazy("app.formats.yaml")

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Document:
    """What a text says. `places` tells where each block stands in it."""

    form: Form
    name: str
    namespace: str
    description: str
    timeout_ms: int | None
    graph: dict[str, Json]
    read: Read
    places: Mapping[str, Place] = field(default_factory=dict)

    def problem(self, message: str, block: str | None, config_field: str | None) -> TextProblem:
        """A problem of the graph at its place in the text."""
        place = self.places.get(block or "", ())
        inner = {"tasks": "properties"}.get(self.form, "config")
        exact = (*place, inner, *(int(part) if part.isdigit() else part for part in (config_field or "").split(".")))
        return self.read.problem(exact if exact in self.read.lines else place, message)


def read_document(text: str) -> Document:
    """Read a workflow in any of the three forms. Raises NotReadable with every problem of form."""
    read = yaml.read_yaml(text)
    raw = read.value
    if not isinstance(raw, dict):
        raise NotReadable([read.problem((), "a workflow is an object with a name and tasks")])
    if "tasks" in raw:
        tasks = _checked(TaskDocument, read)
        return _listed("tasks", tasks, _of_tasks(tasks), read)
    if "nodes" in raw:
        nodes = _checked(NodeDocument, read)
        return _listed("nodes", nodes, _of_nodes(nodes), read)
    if "blocks" in raw:
        found = _checked(GraphDocument, read)
        places = {str(block.get("id")): ("blocks", number) for number, block in enumerate(found.blocks)}
        graph = found.model_dump(include={"blocks", "edges", "annotations"}, exclude_none=True)
        return Document("graph", found.name, found.namespace, found.description, found.timeout_ms, graph, read, places)
    raise NotReadable([read.problem((), "`tasks`, `nodes` or `blocks` is needed")])


def _checked(model: type[T], read: Read) -> T:
    try:
        return model.model_validate(read.value)
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            place = tuple(item["loc"])
            words = {"missing": "is needed", "extra_forbidden": "is not a known field"}.get(item["type"], item["msg"])
            problems.append(read.problem(place, f"`{'.'.join(map(str, place))}` {words}"))
        raise NotReadable(problems[:200]) from None


def _of_tasks(document: TaskDocument) -> list[tuple[Task, Place]]:
    given = {task.id for task in document.tasks if task.id}
    ids: list[str] = []
    for task in document.tasks:
        ids.append(task.id or block_id(task.name, {*ids, *given, START}))
    by_name = {task.name: id for task, id in reversed(list(zip(document.tasks, ids, strict=True)))}
    by_name |= {id: id for id in (*ids, START, *(trigger.id or "" for trigger in document.triggers))}
    found: list[tuple[Task, Place]] = []
    for number, (task, id) in enumerate(zip(document.tasks, ids, strict=True)):
        named = ids[number - 1 : number] if task.depends_on is None else task.depends_on
        after = tuple(_named(source, by_name) for source in named)
        approval = task.needs_approval or None
        made = Task(id, task.name, task.type, task.properties, after, task.policy(), task.enabled, approval)
        found.append((made, ("tasks", number)))
    return found


def _named(source: str, by_name: Mapping[str, str]) -> str:
    """A dependency by id; tasks may be called by their names."""
    name, port = split_source(source, by_name.keys())
    known = by_name.get(name, name)
    return known if port == "output" else f"{known}:{port}"


def _of_nodes(document: NodeDocument) -> list[tuple[Task, Place]]:
    return [
        (
            Task(
                node.id,
                node.name or node.id,
                node.type,
                node.config,
                tuple(node.depends_on),
                node.policy(),
                node.enabled,
                node.needs_approval or None,
            ),
            ("nodes", number),
        )
        for number, node in enumerate(document.nodes)
    ]


def _listed(form: Form, document: ListedDocument, tasks: list[tuple[Task, Place]], read: Read) -> Document:
    triggers: list[tuple[Task, Place]] = []
    if document.variables is not None:
        triggers.append((Task(START, "Start", "starter", {"variables": _variables(document.variables)}), ("variables",)))
    taken = {START, *(task.id for task, _ in tasks)}
    for number, trigger in enumerate(document.triggers):
        id = trigger.id or block_id(trigger.type, taken)
        taken.add(id)
        triggers.append((Task(id, trigger.name, trigger.type, trigger.config), ("triggers", number)))
    known = {task.id for task, _ in (*triggers, *tasks)}
    places = {task.id: place for task, place in (*triggers, *tasks)}
    problems = [
        read.problem((*places[task.id], "depends_on"), f"`{task.id}` depends on `{source}`, which is not there")
        for task, _ in tasks
        for source in task.after
        if split_source(source, known)[0] not in known
    ]
    if problems:
        raise NotReadable(problems)
    graph = to_graph(TaskFlow(tuple(task for task, _ in triggers), tuple(task for task, _ in tasks)))
    head = (document.name, document.namespace, document.description, document.timeout_ms)
    return Document(form, *head, graph, read, places)


def _variables(given: list[dict[str, Json]] | dict[str, Json]) -> list[Json]:
    if isinstance(given, list):
        return list(given)
    return [{"name": name, "type": "any", "default": value} for name, value in given.items()]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the steps."""

    name: str
    namespace: str = ""
    description: str = ""
    timeout_ms: int | None = None

    def fields(self) -> dict[str, Json]:
        found: dict[str, Json] = {"name": self.name, "namespace": self.namespace, "description": self.description}
        return {name: value for name, value in found.items() if value} | (
            {} if self.timeout_ms is None else {"timeout_ms": self.timeout_ms}
        )


def write_document(form: Form, head: Head, graph: Graph, trigger_types: Collection[str]) -> str:
    """The workflow as text in one of the forms. Raises CannotExpress with the reason."""
    if form == "graph":
        return yaml.write_yaml({"version": 1, **head.fields(), **dump_graph(graph)})
    flow = from_graph(graph, trigger_types)
    body = _dumped_tasks(flow) if form == "tasks" else {"nodes": [_dumped_node(task) for task in flow.tasks]}
    return yaml.write_yaml({**head.fields(), **_starts(flow), **body})


def first_expressible(forms: Collection[Form], head: Head, graph: Graph, trigger_types: Collection[str]) -> str:
    """The workflow as text in the first of the forms that can express it; the complete form always can."""
    for form in forms:
        try:
            return write_document(form, head, graph, trigger_types)
        except CannotExpress:
            continue
    return write_document("graph", head, graph, trigger_types)


def _starts(flow: TaskFlow) -> dict[str, Json]:
    found: dict[str, Json] = {}
    triggers: list[Json] = []
    for trigger in flow.triggers:
        if trigger.policy or not trigger.enabled:
            raise CannotExpress(f"block `{trigger.id}`, where the workflow starts, is disabled or has a policy")
        is_plain = trigger.id == START and trigger.type == "starter" and trigger.name == "Start"
        if is_plain and not triggers and trigger.config.keys() == {"variables"}:
            found["variables"] = trigger.config["variables"]
        else:
            named = {"name": trigger.name} if trigger.name else {}
            triggers.append({"id": trigger.id, **named, "type": trigger.type, "config": trigger.config})
    return found | ({"triggers": triggers} if triggers else {})


def _common(task: Task) -> dict[str, Json]:
    found = dict(task.policy)
    if task.approval:
        found["needs_approval"] = task.approval
    return found if task.enabled else found | {"enabled": False}


def _dumped_tasks(flow: TaskFlow) -> dict[str, Json]:
    dumped: list[Json] = []
    ids: list[str] = []
    for task in flow.tasks:
        name = task.name or task.id
        entry: dict[str, Json] = {"name": name}
        if block_id(name, {*ids, START}) != task.id:
            entry["id"] = task.id
        entry |= {"type": task.type, "properties": task.config}
        if task.after != ((ids[-1],) if ids else ()):
            entry["depends_on"] = list(task.after)
        dumped.append(entry | _common(task))
        ids.append(task.id)
    return {"tasks": dumped}


def _dumped_node(task: Task) -> dict[str, Json]:
    named = {"name": task.name} if task.name not in ("", task.id) else {}
    after = {"depends_on": list(task.after)} if task.after else {}
    return {"id": task.id, **named, "type": task.type, "config": task.config, **after, **_common(task)}
