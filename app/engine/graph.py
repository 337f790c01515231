"""What a person drew: blocks, edges and annotations, frozen, and their JSON form (contract.md, G24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal

from pydantic import ValidationError

from app.engine.annotations import MAX_ANNOTATIONS, Annotation, AnnotationForm, dump_annotation
from app.engine.graph_forms import BlockForm, EdgeForm, OnError, PolicyForm
from app.sdk import Json

Severity = Literal["error", "incomplete", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a graph. An `error` refuses a save, an `incomplete` refuses a run, a `warning` neither."""

    code: str
    message: str
    block_id: str | None = None
    field: str | None = None
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and when a failed attempt is repeated; `attempts` counts the first one."""

    attempts: int = 1
    delay_ms: int = 1_000
    factor: float = 2.0
    max_delay_ms: int = 60_000
    jitter: float = 0.1
    never_for: tuple[str, ...] = ()
    """Error codes that are not tried again."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A fixed answer that stands in for running the block."""

    output: Json = None
    port: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """How one block is run. `timeout_ms` is for one attempt, None means the block type's own."""

    timeout_ms: int | None = None
    total_timeout_ms: int | None = None
    on_error: OnError = "fail"
    retry: Retry = Retry()
    run_if: str = ""
    cache_ttl_ms: int | None = None
    pinned: Pin | None = None


@dataclass(frozen=True, slots=True)
class GraphBlock:
    id: str
    type: str
    name: str
    x: float = 0
    y: float = 0
    config: dict[str, Json] = field(default_factory=dict)
    enabled: bool = True
    notes: str = ""
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Edge:
    id: str
    source: str
    target: str
    source_handle: str = "output"
    target_handle: str = "input"


@dataclass(frozen=True, slots=True)
class Graph:
    blocks: tuple[GraphBlock, ...] = ()
    edges: tuple[Edge, ...] = ()
    annotations: tuple[Annotation, ...] = ()


LISTS = ("blocks", "edges", "annotations")


def parse_graph(raw: Json, canonical: Callable[[str], str]) -> tuple[Graph, list[Problem]]:
    """The graph in `{blocks, edges, annotations?}`, with every problem of form found; a part with a problem is left out.

    `canonical` turns an alias of a block type into its name and leaves unknown types as they are.
    """
    if not isinstance(raw, dict):
        return Graph(), [Problem("VALIDATION_ERROR", "A graph is an object with blocks and edges.")]
    problems = [
        Problem("VALIDATION_ERROR", f"Unknown field `{key}` in the graph.", field=str(key)) for key in raw if key not in LISTS
    ]
    for key in ("blocks", "edges"):
        if not isinstance(raw.get(key), list):
            problems.append(Problem("VALIDATION_ERROR", f"`{key}` is needed and must be a list.", field=key))
    if not isinstance(raw.get("annotations", []), list):
        problems.append(Problem("VALIDATION_ERROR", "`annotations` must be a list.", field="annotations"))
    if any(problem.field in LISTS for problem in problems):
        return Graph(), problems
    blocks = [_parse_block(item, number, canonical, problems) for number, item in enumerate(raw["blocks"])]
    edges = [_parse_edge(item, number, problems) for number, item in enumerate(raw["edges"])]
    annotations = _parse_annotations(raw.get("annotations", []), problems)
    return Graph(tuple(b for b in blocks if b), tuple(e for e in edges if e), annotations), problems


def _parse_annotations(items: list[Json], problems: list[Problem]) -> tuple[Annotation, ...]:
    if len(items) > MAX_ANNOTATIONS:
        message = f"A graph may have {MAX_ANNOTATIONS:,} notes and frames; this one has {len(items):,}."
        problems.append(Problem("TOO_MANY_ANNOTATIONS", message, field="annotations"))
        return ()
    found: dict[str, Annotation] = {}
    for number, item in enumerate(items):
        try:
            annotation = AnnotationForm.model_validate(item).annotation()
        except ValidationError as error:
            problems.extend(_form_problems(error, f"annotations.{number}", None))
            continue
        if annotation.id in found:
            message = f"Two annotations have the id `{annotation.id}`; an id must be unique."
            problems.append(Problem("DUPLICATE_ANNOTATION", message, field=f"annotations.{number}"))
        found[annotation.id] = annotation
    return tuple(found.values())


def _parse_block(item: Json, number: int, canonical: Callable[[str], str], problems: list[Problem]) -> GraphBlock | None:
    try:
        block = BlockForm.model_validate(item)
    except ValidationError as error:
        named = item.get("id") if isinstance(item, dict) else None
        problems.extend(_form_problems(error, f"blocks.{number}", named if isinstance(named, str) else None))
        return None
    policy = _policy(block.policy)
    return GraphBlock(
        block.id,
        canonical(block.type),
        block.name,
        block.position.x,
        block.position.y,
        block.config,
        block.enabled,
        block.notes,
        policy,
    )


def _policy(raw: PolicyForm) -> Policy:
    retry = raw.retry
    return Policy(
        raw.timeout_ms,
        raw.total_timeout_ms,
        raw.on_error,
        Retry(retry.attempts, retry.delay_ms, retry.factor, retry.max_delay_ms, retry.jitter, tuple(retry.never_for)),
        raw.run_if.strip(),
        raw.cache_ttl_ms,
        None if raw.pinned is None else Pin(raw.pinned.output, raw.pinned.port),
    )


def _parse_edge(item: Json, number: int, problems: list[Problem]) -> Edge | None:
    try:
        edge = EdgeForm.model_validate(item)
    except ValidationError as error:
        problems.extend(_form_problems(error, f"edges.{number}", None))
        return None
    source_handle = edge.sourceHandle or "output"
    target_handle = edge.targetHandle or "input"
    made = f"{edge.source}:{source_handle}>{edge.target}:{target_handle}"
    return Edge(edge.id or made, edge.source, edge.target, source_handle, target_handle)


_PLAIN = {
    "missing": "is needed",
    "extra_forbidden": "is not a known field",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "may not hold spaces, quotes, backslashes, `<`, `>` or `&`",
}


def _form_problems(error: ValidationError, place: str, block_id: str | None) -> list[Problem]:
    found = []
    for item in error.errors(include_url=False, include_context=False):
        path = ".".join([place, *(str(part) for part in item["loc"])])
        message = _PLAIN.get(item["type"]) or item["msg"][:1].lower() + item["msg"][1:]
        whose = f"Block `{block_id}`" if block_id else f"`{path}`"
        field_name = ".".join(str(part) for part in item["loc"])
        text = f"{whose}: `{field_name}` {message}." if field_name else f"`{place}`: {message}."
        found.append(Problem("VALIDATION_ERROR", text, block_id, path))
    return found


def dump_graph(graph: Graph) -> dict[str, Json]:
    """The JSON form of a graph, which parse_graph reads back unchanged; `annotations` only where there are some."""
    dumped: dict[str, Json] = {
        "blocks": [dump_block(block) for block in graph.blocks],
        "edges": [dump_edge(edge) for edge in graph.edges],
    }
    return dumped | ({"annotations": [dump_annotation(one) for one in graph.annotations]} if graph.annotations else {})


def dump_block(block: GraphBlock) -> dict[str, Json]:
    dumped: dict[str, Json] = {
        "id": block.id,
        "type": block.type,
        "name": block.name,
        "position": {"x": block.x, "y": block.y},
        "config": block.config,
        "enabled": block.enabled,
    }
    if block.notes:
        dumped["notes"] = block.notes
    if block.policy != Policy():
        dumped["policy"] = _dump_policy(block.policy)
    return dumped


def _dump_policy(policy: Policy) -> dict[str, Json]:
    """Only what differs from the default."""
    plain, standard = asdict(policy), asdict(Policy())
    dumped = {name: value for name, value in plain.items() if value != standard[name]}
    if "retry" in dumped:
        dumped["retry"] = {name: value for name, value in plain["retry"].items() if value != standard["retry"][name]}
        if "never_for" in dumped["retry"]:
            dumped["retry"]["never_for"] = list(policy.retry.never_for)
    return dumped


def dump_edge(edge: Edge) -> dict[str, Json]:
    return {
        "id": edge.id,
        "source": edge.source,
        "target": edge.target,
        "sourceHandle": edge.source_handle,
        "targetHandle": edge.target_handle,
    }
