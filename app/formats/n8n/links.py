"""The connections of n8n as edges: ports by number, loops closed by their block, circles cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.formats.n8n.node import Mapped
from app.sdk import Json

LOOPS = ("flow.loop", "flow.batch")
BODY = ("item", "batch")


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    output: int
    target: str
    kind: str = "main"


def links_of(connections: Mapping[str, Json], nodes: Mapping[str, Json]) -> list[Link]:
    """Every connection between nodes that are there."""
    found: list[Link] = []
    for source, kinds in connections.items():
        for kind, outputs in kinds.items() if isinstance(kinds, dict) and source in nodes else ():
            for number, targets in enumerate(outputs if isinstance(outputs, list) else ()):
                for target in targets if isinstance(targets, list) else ():
                    name = target.get("node") if isinstance(target, dict) else None
                    if isinstance(name, str) and name in nodes:
                        found.append(Link(source, number, name, str(kind)))
    return list(dict.fromkeys(found))


def order_of(names: Sequence[str], links: Iterable[Link]) -> list[str]:
    """Sources before targets, as far as there are no circles."""
    after: dict[str, list[str]] = {}
    waiting = dict.fromkeys(names, 0)
    for link in links:
        after.setdefault(link.source, []).append(link.target)
        waiting[link.target] += 1
    ready = [name for name in names if not waiting[name]]
    order: list[str] = []
    done: set[str] = set()
    while len(order) < len(names):
        if not ready:  # a circle: go on with the first of it
            ready.append(next(name for name in names if name not in done and _is_begun(name, links, done, names)))
        name = ready.pop(0)
        if name in done:
            continue
        done.add(name)
        order.append(name)
        for target in after.get(name, ()):
            waiting[target] -= 1
            if waiting[target] == 0 and target not in done:
                ready.append(target)
    return order


def _is_begun(name: str, links: Iterable[Link], done: set[str], names: Sequence[str]) -> bool:
    """Whether a node comes right after what is done already; when no node does, any may be next."""
    begun = {link.target for link in links if link.source in done} - done
    return name in begun if begun else name in names


def edges_of(links: Sequence[Link], ids: Mapping[str, str], mapped: Mapping[str, Mapped]) -> tuple[list[Json], list[str]]:
    """Edges, and notes on connections that could not be drawn."""
    notes: list[str] = []
    kept = _without_circles(_past_ends(links, mapped), mapped, notes)
    edges: dict[tuple[str, str, str], Json] = {}
    for link in kept:
        ports = mapped[link.source].ports
        if link.output > len(ports):
            notes.append(
                f"Output {link.output + 1} of “{link.source}” is not there: its connection to “{link.target}” was left out."
            )
            continue
        port = "error" if link.output == len(ports) else ports[link.output]
        edge = {"source": ids[link.source], "target": ids[link.target], "sourceHandle": port, "targetHandle": "input"}
        edges[ids[link.source], port, ids[link.target]] = edge
    return list(edges.values()), notes


def _past_ends(links: Sequence[Link], mapped: Mapping[str, Mapped]) -> list[Link]:
    """What followed a block that is the end of its way here, such as an answer, follows what was before it."""
    found = list(links)
    for name in [name for name, one in mapped.items() if not one.ports]:
        before = [link for link in found if link.target == name]
        behind = [link for link in found if link.source == name]
        found = [link for link in found if link.source != name]
        found += [Link(one.source, one.output, other.target) for one in before for other in behind if one.source != other.target]
    return list(dict.fromkeys(found))


def _without_circles(links: list[Link], mapped: Mapping[str, Mapped], notes: list[str]) -> list[Link]:
    for name, one in mapped.items():
        if one.type in LOOPS:
            inside = _behind(name, one, links)
            links = [link for link in links if not (link.target == name and link.source in inside)]
    kept: list[Link] = []
    ahead: dict[str, set[str]] = {}
    for link in links:
        if link.source == link.target or link.source in _reach(link.target, ahead):
            notes.append(f"“{link.source}” led back to “{link.target}”: that was left out. Use a loop block instead.")
            continue
        ahead.setdefault(link.source, set()).add(link.target)
        kept.append(link)
    return kept


def _behind(name: str, loop: Mapped, links: Iterable[Link]) -> set[str]:
    """The nodes of a loop's body."""
    body = next(number for number, port in enumerate(loop.ports) if port in BODY)
    ahead: dict[str, set[str]] = {}
    for link in links:
        if link.source != name:
            ahead.setdefault(link.source, set()).add(link.target)
    first = {link.target for link in links if link.source == name and link.output == body}
    return {node for start in first for node in _reach(start, ahead, stop=name)} - {name} | first


def _reach(start: str, ahead: Mapping[str, set[str]], stop: str = "") -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for target in ahead.get(waiting.pop(), ()):
            if target not in found and target != stop:
                found.add(target)
                waiting.append(target)
    return found
