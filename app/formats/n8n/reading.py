"""A workflow of n8n, as it exports one, as a graph of this platform, with a report on every node. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.formats.n8n.agents import attached, is_part
from app.formats.n8n.data_nodes import DATA
from app.formats.n8n.expressions import Scope, Views
from app.formats.n8n.flow_nodes import FLOW
from app.formats.n8n.links import Link, edges_of, links_of, order_of
from app.formats.n8n.node import SAME, Mapped, Node, OutViews
from app.formats.n8n.report import NodeReport, Report, placeholder
from app.formats.n8n.services import service
from app.formats.n8n.web_nodes import WEB
from app.sdk import Json

MAX_NODES = 1_000
STICKY = "stickyNote"
COLOURS = ("yellow", "yellow", "yellow", "pink", "green", "blue", "purple", "grey")
NAMES_IN_SCOPE = {"input", "variables", "blocks", "item", "index", "execution", "workflow", "secrets", "now"}
STRETCH = 1.4


class NotN8n(Exception):
    """The document is no workflow of n8n; the message says why."""


@dataclass(frozen=True)
class Imported:
    name: str
    graph: dict[str, Json]
    report: Report


@dataclass
class _Work:
    """What is known while nodes become blocks."""

    knows: Callable[[str], bool]
    ids: dict[str, str]
    links: list[Link]
    mapped: dict[str, Mapped] = field(default_factory=dict)
    views: dict[str, OutViews] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)


def is_n8n(document: Json) -> bool:
    """Whether this looks like a workflow that n8n exported."""
    return (
        isinstance(document, dict) and isinstance(document.get("nodes"), list) and isinstance(document.get("connections"), dict)
    )


def read_n8n(document: Json, knows: Callable[[str], bool]) -> Imported:
    """The graph and the report. `knows` tells whether there is a block type. Raises NotN8n."""
    if not is_n8n(document):
        raise NotN8n("A workflow of n8n has `nodes` and `connections`.")
    nodes = _named(document["nodes"])
    links = links_of(document["connections"], nodes)
    drawn = {name: raw for name, raw in nodes.items() if _short(raw) != STICKY and not is_part(name, links)}
    main = [link for link in links if link.kind == "main" and link.source in drawn and link.target in drawn]
    work = _Work(knows, _ids(drawn), main)
    report = Report()
    blocks = []
    for name in order_of(list(drawn), main):
        parts = [(link.kind, nodes[link.source]) for link in links if link.target == name and link.kind != "main"]
        block, told = _block(work, name, drawn[name], parts)
        blocks.append(block)
        report.nodes.append(told)
    edges, dropped = edges_of(main, work.ids, work.mapped)
    report.notes += dropped
    _tell_of_settings(document, report)
    annotations = [
        note for number, raw in enumerate(nodes.values(), 1) if _short(raw) == STICKY for note in [_sticky(raw, number)]
    ]
    shifted = _shifted(blocks, annotations)
    title = document.get("name")
    name = title.strip()[:180] if isinstance(title, str) and title.strip() else "Imported from n8n"
    return Imported(name, {"blocks": shifted[0], "edges": edges, "annotations": shifted[1]}, report)


def _named(listed: list[Json]) -> dict[str, dict[str, Json]]:
    """Nodes by name, in their order."""
    if len(listed) > MAX_NODES:
        raise NotN8n(f"It has {len(listed):,} nodes; at most {MAX_NODES:,} can be imported.")
    found: dict[str, dict[str, Json]] = {}
    for number, raw in enumerate(listed, 1):
        if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
            raise NotN8n(f"Node {number} has no type.")
        name = raw.get("name") if isinstance(raw.get("name"), str) else f"Node {number}"
        if name in found:
            raise NotN8n(f"Two nodes are named “{str(name)[:100]}”.")
        found[str(name)] = {**raw, "name": name}
    return found


def _short(raw: Mapping[str, Json]) -> str:
    return str(raw["type"]).rpartition(".")[2]


def _ids(nodes: Mapping[str, Json]) -> dict[str, str]:
    taken = set(NAMES_IN_SCOPE)
    found: dict[str, str] = {}
    for name in nodes:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "block"
        plain = plain if plain[0].isalpha() else f"block_{plain}"
        id, number = plain, 2
        while id in taken:
            id, number = f"{plain}_{number}", number + 1
        taken.add(id)
        found[name] = id
    return found


def _block(
    work: _Work, name: str, raw: Mapping[str, Json], parts: list[tuple[str, dict[str, Json]]]
) -> tuple[dict[str, Json], NodeReport]:
    incoming, many = _incoming(work, name)
    node = Node(raw, Scope(incoming, {other: _absolute(work, other) for other in work.ids}), work.knows)
    found = _mapped(node)
    outcome = "mapped" if found is not None else "placeholder"
    if found is None or not work.knows(found.type):
        found, outcome = placeholder(node), "placeholder"
    elif _short(raw) in ("code", "function", "functionItem"):
        outcome = "placeholder"
    elif parts:
        found = attached(node, found, parts, work.knows, node.scope)
    if many and not found.takes_many and raw.get("executeOnce") is not True:
        node.note("In n8n it ran once for each entry that came in: put it into a loop, or take one entry of the list.")
    _remember(work, name, found, incoming, many)
    return _drawn(work.ids[name], raw, found, node, outcome), NodeReport(
        name, node.type, work.ids[name], outcome, tuple(node.notes)
    )


def _mapped(node: Node) -> Mapped | None:
    short = node.type.rpartition(".")[2]
    mapper = FLOW.get(short) or DATA.get(short) or WEB.get(short)
    return service(node) if mapper is None else mapper(node)


def _incoming(work: _Work, name: str) -> tuple[Views, bool]:
    """What `$json` of a node is here, and whether it comes as a list."""
    sources = [link.source for link in work.links if link.target == name and link.source in work.views]
    first = work.views[sources[0]] if sources else SAME
    views = tuple((path, f"input{text}" if not text or text.startswith(".") else text) for path, text in first)
    return views, any(source in work.many for source in sources)


def _absolute(work: _Work, name: str) -> Views:
    here = f"blocks.{work.ids[name]}.output"
    return tuple(
        (path, f"{here}{text}" if not text or text.startswith(".") else text) for path, text in work.views.get(name, SAME)
    )


def _remember(work: _Work, name: str, found: Mapped, incoming: Views, many: bool) -> None:
    inherited: OutViews = tuple((path, text.removeprefix("input")) for path, text in incoming)
    work.mapped[name] = found
    if not found.passes:
        work.views[name] = found.views
    else:
        work.views[name] = inherited if found.views == SAME else (*found.views, *inherited)
    if found.many or (found.passes and many):
        work.many.add(name)
    if found.type in ("flow.loop", "flow.batch"):
        work.many.discard(name)


def _drawn(id: str, raw: Mapping[str, Json], found: Mapped, node: Node, outcome: str) -> dict[str, Json]:
    """The block as it is drawn."""
    notes = [str(raw["notes"])] if isinstance(raw.get("notes"), str) and raw["notes"] else []
    notes += node.notes
    if outcome == "placeholder":
        notes.insert(0, f"From n8n: {node.type}.")
    place = raw.get("position")
    x, y = place if isinstance(place, list) and len(place) == 2 and all(isinstance(one, int | float) for one in place) else (0, 0)
    return {
        "id": id,
        "type": found.type,
        "name": node.name[:200],
        "position": {"x": float(x) * STRETCH, "y": float(y) * STRETCH},
        "config": found.config,
        "enabled": raw.get("disabled") is not True and outcome != "placeholder",
        "notes": "\n".join(notes)[:10_000],
        "policy": {**_policy(raw), **found.policy},
    }


def _policy(raw: Mapping[str, Json]) -> dict[str, Json]:
    policy: dict[str, Json] = {}
    if raw.get("continueOnFail") is True or raw.get("onError") == "continueRegularOutput":
        policy["on_error"] = "continue"
    if raw.get("retryOnFail") is True:
        tries, pause = raw.get("maxTries", 3), raw.get("waitBetweenTries", 1_000)
        attempts = tries if isinstance(tries, int) and 1 <= tries <= 100 else 3
        policy["retry"] = {
            "attempts": attempts,
            "delay_ms": pause if isinstance(pause, int) and 0 <= pause <= 86_400_000 else 1_000,
        }
    return policy


def _sticky(raw: Mapping[str, Json], number: int) -> dict[str, Json]:
    params = raw.get("parameters")
    told: dict[str, Json] = params if isinstance(params, dict) else {}
    place = raw.get("position")
    x, y = place if isinstance(place, list) and len(place) == 2 and all(isinstance(one, int | float) for one in place) else (0, 0)
    colour = told.get("color", 1)
    size = {name: _bounded(told.get(name), standard) for name, standard in (("width", 240), ("height", 160))}
    return {
        "id": f"note_{number}",
        "kind": "note",
        "text": str(told.get("content", ""))[:10_000],
        "colour": COLOURS[colour] if isinstance(colour, int) and 0 <= colour < len(COLOURS) else "yellow",
        "position": {"x": float(x) * STRETCH, "y": float(y) * STRETCH},
        "size": size,
    }


def _bounded(value: Json, standard: float) -> float:
    return min(20_000.0, max(40.0, float(value) * STRETCH)) if isinstance(value, int | float) else standard


def _shifted(*drawn: list[dict[str, Json]]) -> tuple[list[dict[str, Json]], ...]:
    """Everything moved so that it begins near the corner."""
    places = [one["position"] for listed in drawn for one in listed]
    left, top = (min((place[axis] for place in places), default=0.0) - 80 for axis in ("x", "y"))
    for place in places:
        place["x"], place["y"] = round(place["x"] - left), round(place["y"] - top)
    return drawn


def _tell_of_settings(document: Mapping[str, Json], report: Report) -> None:
    settings = document.get("settings")
    told = settings if isinstance(settings, dict) else {}
    if told.get("timezone"):
        report.notes.append(f"Times were in the zone {str(told['timezone'])[:60]}: set it in the schedule.")
    if told.get("errorWorkflow"):
        report.notes.append("Another workflow was told of failures: choose it in the settings of this one.")
    if document.get("pinData"):
        report.notes.append("Pinned data were left out.")
