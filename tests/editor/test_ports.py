"""Repeated ports, and the edges that follow them when the configuration changes."""

from __future__ import annotations

from .conftest import Evaluate

BRANCHES = """
const condition = palette.find((entry) => entry.type === "condition");
const branches = (...names) => ({ branches: names.map((expression) => ({ expression })) });
const names = (ports) => ports.map((port) => port.name);
"""

CONDITION = BRANCHES + """
const store = storeOf(
  [block("condition_1", "condition", branches("a", "b", "c")), ...["a", "b", "c", "rest"].map((id) => block(id, "response"))],
  [edge("condition_1", "if", "a"), edge("condition_1", "elif_1", "b"), edge("condition_1", "elif_2", "c"),
   edge("condition_1", "else", "rest")]);
const set = (...names) => edits.changeBlock(store, "condition_1", { config: branches(...names) }, "form");
"""


def test_ports_are_repeated_for_a_list_or_a_number(evaluate: Evaluate) -> None:
    assert evaluate(BRANCHES + """
        const of = (type, config) => names(expandOutputs(palette.find((entry) => entry.type === type), config));
        return [of("condition", branches("a")), of("condition", branches("a", "b", "c")), of("split", { branches: 3 }),
                of("split", { branches: "{{ many }}" }), of("starter", {}), of("response", {})];""") == [
        ["if", "else", "error"],
        ["if", "elif_1", "elif_2", "else", "error"],
        ["branch_1", "branch_2", "branch_3", "error"],
        ["error"],
        ["output"],
        [],
    ]


def test_titles_are_numbered(evaluate: Evaluate) -> None:
    assert evaluate(BRANCHES + 'return expandOutputs(condition, branches("a", "b"))[1].title;') == "Else if 1"


def test_edges_follow_their_branch_when_one_before_is_removed(evaluate: Evaluate) -> None:
    assert evaluate(CONDITION + 'set("a", "c"); return drawn(store).sort();') == [
        "condition_1.elif_1 > c", "condition_1.else > rest", "condition_1.if > a",
    ]


def test_the_first_branch_is_the_port_if(evaluate: Evaluate) -> None:
    assert evaluate(CONDITION + 'set("b", "c"); return drawn(store).sort();') == [
        "condition_1.elif_1 > c", "condition_1.else > rest", "condition_1.if > b",
    ]


def test_edges_follow_branches_that_change_places(evaluate: Evaluate) -> None:
    assert evaluate(CONDITION + 'set("b", "a", "c"); return drawn(store).sort();') == [
        "condition_1.elif_1 > a", "condition_1.elif_2 > c", "condition_1.else > rest", "condition_1.if > b",
    ]


def test_a_changed_text_moves_no_edge(evaluate: Evaluate) -> None:
    assert evaluate(CONDITION + 'set("a", "b > 1", "c"); return drawn(store);') == [
        "condition_1.if > a", "condition_1.elif_1 > b", "condition_1.elif_2 > c", "condition_1.else > rest",
    ]


def test_undo_gives_a_branch_and_its_edge_back(evaluate: Evaluate) -> None:
    before, without, after = evaluate(CONDITION + """
        const states = [drawn(store).sort()];
        set("a"); states.push(drawn(store).sort());
        store.undo(); states.push(drawn(store).sort());
        return states;""")
    assert without == ["condition_1.else > rest", "condition_1.if > a"]
    assert after == before


def test_retyping_a_number_keeps_the_edges(evaluate: Evaluate) -> None:
    assert evaluate("""
        const store = storeOf(
          [block("split_1", "split", { branches: 3 }), block("code_1", "code")], [edge("split_1", "branch_3", "code_1")]);
        const counts = [];
        for (const branches of [undefined, 4]) {
            edits.changeBlock(store, "split_1", { config: { branches } }, "form");
            counts.push(store.edges.size);
        }
        return counts;""") == [0, 1]
