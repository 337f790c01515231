"""The browser's operations are the server's: what one side says, the other does the same way; bursts become few."""

from __future__ import annotations

import json
import random
from typing import Any

from app.engine.annotations import dump_annotation
from app.engine.graph import Graph, dump_block, dump_edge, dump_graph, parse_graph
from app.engine.operations import OPERATIONS, apply, difference
from app.engine.operations.differences import same

from .conftest import Evaluate

OPERATED = """
const { applied, differences, graphOf, operationsOf, reversed } = await import("/static/editor/operations.js");
const { compact } = await import("/static/editor/compact.js");
const raw = (graph) => ({
  blocks: [...graph.blocks.values()], edges: [...graph.edges.values()], annotations: [...graph.annotations.values()],
});
"""


def any_value(chance: random.Random, depth: int = 0) -> Any:
    kinds = [None, True, False, 0, 1, "", "x", "{{ a.output }}"]
    if depth < 2 and chance.random() < 0.4:
        if chance.random() < 0.5:
            return [any_value(chance, depth + 1) for _ in range(chance.randint(0, 2))]
        return {name: any_value(chance, depth + 1) for name in chance.sample("pqr", chance.randint(0, 2))}
    return chance.choice(kinds)


def any_graph(chance: random.Random) -> Graph:
    ids = chance.sample("abcde", chance.randint(0, 4))
    blocks = [
        {
            "id": one,
            "type": chance.choice(["code", "code", "split"]),
            "name": chance.choice(["One", "Two"]),
            "position": {"x": chance.randint(0, 2), "y": 0},
            "config": {name: any_value(chance) for name in chance.sample("pqr", chance.randint(0, 3))},
            "enabled": chance.random() < 0.8,
            **({"notes": "a note"} if chance.random() < 0.3 else {}),
            **({"policy": {"on_error": "continue"}} if chance.random() < 0.3 else {}),
        }
        for one in ids
    ]
    edges = [
        {"id": f"e{number}", "source": chance.choice(ids), "target": chance.choice(ids)}
        for number in range(chance.randint(0, 3) if ids else 0)
    ]
    annotations = [
        {
            "id": one,
            "kind": chance.choice(["note", "note", "frame"]),
            "text": chance.choice(["", "Hi", "Ho"]),
            "colour": chance.choice(["yellow", "blue"]),
            "position": {"x": chance.randint(0, 1), "y": 0},
            "size": {"width": chance.choice([40, 50]), "height": 40},
        }
        for one in chance.sample("nmo", chance.randint(0, 3))
    ]
    return parse_graph({"blocks": blocks, "edges": edges, "annotations": annotations}, str)[0]


def parts(graph: Graph) -> dict[str, Any]:
    dumped = (*map(dump_block, graph.blocks), *map(dump_edge, graph.edges), *map(dump_annotation, graph.annotations))
    return {part["id"]: part for part in dumped}


def read(raw: Any) -> Graph:
    graph, problems = parse_graph(raw, str)
    assert problems == []
    return graph


def pairs(count: int = 80) -> list[tuple[Graph, Graph]]:
    chance = random.Random(20261122)
    return [(any_graph(chance), any_graph(chance)) for _ in range(count)]


def test_the_browser_does_what_the_server_says(evaluate: Evaluate) -> None:
    cases = [
        {"before": dump_graph(before), "operations": OPERATIONS.dump_python(list(difference(before, after)), exclude_none=True)}
        for before, after in pairs()
    ]
    for case, (before, after) in zip(cases, pairs(), strict=True):
        for operation, dumped in zip(difference(before, after), case["operations"], strict=True):
            if operation.type == "set_field":
                dumped["value"] = operation.value
    done = evaluate(OPERATED + f"""
        return {json.dumps(cases)}.map(({{ before, operations }}) => {{
            const result = applied(graphOf(before), operations);
            const back = applied(result.graph, operationsOf(reversed(result.changes)));
            return [raw(result.graph), result.refused.length, raw(back.graph)];
        }});""")
    for (before, after), (result, refused, back) in zip(pairs(), done, strict=True):
        assert refused == 0
        assert same(parts(read(result)), parts(after))
        assert same(parts(read(back)), parts(before)), "what takes it back takes everything back"


def test_the_server_does_what_the_browser_says(evaluate: Evaluate) -> None:
    cases = [[dump_graph(before), dump_graph(after)] for before, after in pairs()]
    sent = evaluate(OPERATED + f"""
        return {json.dumps(cases)}.map(([before, after]) => operationsOf(differences(graphOf(before), graphOf(after))));""")
    for (before, after), operations in zip(pairs(), sent, strict=True):
        assert same(parts(apply(before, OPERATIONS.validate_python(operations))), parts(after))


def test_a_burst_made_few_does_the_same(evaluate: Evaluate) -> None:
    """Through five graphs one after the other, whole and made few."""
    chance = random.Random(7)
    walks = [[dump_graph(any_graph(chance)) for _ in range(5)] for _ in range(40)]
    done = evaluate(OPERATED + f"""
        return {json.dumps(walks)}.map((walk) => {{
            const graphs = walk.map(graphOf);
            const all = graphs.slice(1).flatMap((graph, place) => operationsOf(differences(graphs[place], graph)));
            const few = compact(structuredClone(all));
            const result = applied(graphs[0], few);
            return [all.length, few.length, result.refused.length, raw(result.graph)];
        }});""")
    for walk, (all, few, refused, result) in zip(walks, done, strict=True):
        assert (refused, few <= all) == (0, True)
        assert same(parts(read(result)), parts(read(walk[-1])))
    assert sum(few for _, few, _, _ in done) < 0.9 * sum(all for all, _, _, _ in done)


def test_what_depends_on_its_order_keeps_it(evaluate: Evaluate) -> None:
    assert evaluate(OPERATED + """
        const set = (path, value) => ({ type: "set_field", block_id: "a", path, value });
        const start = graphOf({ blocks: [block("a", "code", { p: { q: 0 } })], edges: [] });
        const fresh = block("a", "code");
        const walks = [
          [set(["p"], { q: 1 }), set(["p", "q"], 2), set(["p"], 3)],
          [set(["r"], 1), { type: "remove_block", block_id: "a" }, { type: "add_block", block: fresh }, set(["r"], 2)],
        ];
        return walks.map((walk) => {
          const { graph, refused } = applied(start, compact(walk));
          return [graph.blocks.get("a").config, refused.length];
        });""") == [[{"p": 3}, 0], [{"r": 2}, 0]]


def test_typing_into_a_new_block_stays_one_operation(evaluate: Evaluate) -> None:
    assert evaluate(OPERATED + """
        const typed = ["r", "re", "ret"].map((value) => ({ type: "set_field", block_id: "a", path: ["code"], value }));
        return compact([
            { type: "add_block", block: block("a", "code") }, { type: "connect", edge: edge("start", "output", "a") }, ...typed,
            { type: "move_blocks", positions: { a: { x: 8, y: 8 } } }, { type: "set_block", block_id: "a", name: "Ada" },
        ]).map((one) => [one.type, one.block?.config.code, one.block?.name, one.block?.position.x]);""") == [
        ["add_block", "ret", "Ada", 8], ["connect", None, None, None],
    ]


def test_what_comes_and_goes_in_one_burst_is_nothing(evaluate: Evaluate) -> None:
    assert evaluate(OPERATED + """
        const line = edge("a", "output", "b");
        return compact([{ type: "connect", edge: line }, { type: "disconnect", edge_id: line.id }]);""") == []


def test_a_workflow_is_renamed_undone_and_renamed_once_in_a_burst(evaluate: Evaluate) -> None:
    assert evaluate(OPERATED + """
        const { renamed } = await import("/static/editor/operations.js");
        const store = storeOf([]);
        store.name = "Old";
        for (const name of ["N", "Ne", "New"]) store.apply([renamed(store.name, name)], { merge: "name" });
        const [{ undo, redo }] = store.past;
        store.undo();
        const back = store.name;
        store.redo();
        return [back, store.name, undo, redo];""") == [
        "Old", "New", [{"type": "rename_workflow", "name": "Old"}], [{"type": "rename_workflow", "name": "New"}],
    ]
