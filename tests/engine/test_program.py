"""Compiled programs: where an execution enters, what a step knows, and references that cannot work."""

from __future__ import annotations

import pytest

from app.engine.graph import Problem
from app.engine.program import Program, compile_program
from app.engine.references import check_sources
from app.sdk import Config, Expression
from tests.support.graphs import block, graph
from tests.support.tiny import takes, tiny, types


class Question(Config):
    expression: Expression = ""


KNOWN = types(
    tiny("starter", trigger=True, inputs=()),
    tiny("hook", trigger=True, inputs=()),
    tiny("trigger.workflow", trigger=True, inputs=()),
    takes("if"),
    tiny("ask", config=Question),
)


def program(*edges: str, **blocks: object) -> Program:
    return compile_program(graph(*edges, **blocks), KNOWN)  # type: ignore[arg-type]


def entries(compiled: Program, start_block: str | None = None) -> list[str]:
    return [compiled.plan.ids[number] for number in compiled.entries(start_block)]


def test_an_execution_enters_at_the_named_trigger() -> None:
    compiled = program("a>end", "b>end", a="hook", b="hook")
    assert entries(compiled, "b") == ["b"]


def test_without_a_name_the_starter_is_preferred_to_other_triggers() -> None:
    assert entries(program("a>end", "b>end", a="hook", b="starter")) == ["b"]


def test_another_workflow_enters_where_it_is_meant_to() -> None:
    compiled = program("hand>end", "called>end", hand="starter", called="trigger.workflow")
    assert compiled.called_at() == "called"
    assert entries(compiled) == ["hand"]


def test_another_workflow_enters_as_a_person_does_where_nothing_is_meant_for_it() -> None:
    off = block("called", "trigger.workflow", enabled=False)
    assert program("hand>end", "called>end", "hook>end", hand="starter", hook="hook", called=off).called_at() is None


@pytest.mark.parametrize("type", ["trigger.workflow", "hook"])
def test_another_workflow_cannot_choose_between_several_entries(type: str) -> None:
    with pytest.raises(LookupError, match="at `a`, `b`: "):
        program("a>end", "b>end", a=type, b=type).called_at()


def test_the_only_trigger_is_found() -> None:
    assert entries(program("a>end", "loose>end", a="hook")) == ["a"]


def test_a_graph_without_triggers_enters_at_all_first_blocks() -> None:
    assert entries(program("a>end", "b>end")) == ["a", "b"]


def test_an_empty_graph_has_no_entries() -> None:
    assert entries(program()) == []


def test_several_triggers_must_be_chosen_from() -> None:
    with pytest.raises(LookupError, match="can start at `a`, `b`: name one as `start_block`"):
        program("a>end", "b>end", a="hook", b="hook").entries(None)


@pytest.mark.parametrize("name", ["end", "nobody", "off", ""])
def test_what_is_not_an_enabled_trigger_cannot_be_entered(name: str) -> None:
    compiled = program("a>end", "off>end", a="hook", off=block("off", "hook", enabled=False))
    with pytest.raises(LookupError, match="is not an enabled block at which an execution can start"):
        compiled.entries(name)


def test_a_workflow_whose_triggers_are_all_off_cannot_start() -> None:
    with pytest.raises(LookupError, match="is disabled"):
        program("a>end", a=block("a", "hook", enabled=False)).entries(None)


def test_a_trigger_that_is_off_leaves_the_other_as_the_only_one() -> None:
    assert entries(program("a>end", "b>end", a=block("a", "hook", enabled=False), b="hook")) == ["b"]


def test_a_step_knows_its_policy_or_that_of_its_type() -> None:
    policy = {"timeout_ms": 250, "on_error": "continue"}
    compiled = program("a>b", "b:error>c", b=block("b", "check", policy=policy))
    a, b, c = compiled.steps
    assert (a.timeout, a.policy.on_error, a.error_connected, a.first_port) == (60, "fail", False, ("output",))
    assert (b.timeout, b.policy.on_error, b.error_connected, b.first_port) == (0.25, "continue", True, ("if",))
    assert (c.name, b.id, b.number) == ("C", "b", 1)


def test_a_block_without_a_name_is_called_by_its_title() -> None:
    assert program(a={"id": "a", "type": "noop"}).steps[0].name == "Noop"


def test_an_unknown_type_does_not_compile() -> None:
    with pytest.raises(LookupError, match="telepathy"):
        program(a="telepathy")


# -- references ------------------------------------------------------------------------------------------------------


def problems(*edges: str, text: str, type: str = "noop") -> list[Problem]:
    """What is wrong with `text` in block `use` of a graph; conditions stand in blocks of type `ask`."""
    return check_sources(graph(*edges, use=block("use", type, {"expression": text})), KNOWN)


@pytest.mark.parametrize("text", ["{{ blocks.a.output }}", "{{ a.output }}", "{{ variables.b }}", "{{ input }}", "no braces"])
def test_references_to_what_comes_before_are_fine(text: str) -> None:
    assert problems("a>use", "b", text=text) == []


def test_a_reference_to_any_ancestor_is_fine() -> None:
    assert problems("a>b", "b>c", "c>use", text="{{ blocks.a.output }}") == []


@pytest.mark.parametrize("text", ["{{ blocks.gone.output }}", "{{ 1 + blocks.gone.output.x }}"])
def test_a_reference_to_a_block_that_is_gone_is_named(text: str) -> None:
    found = problems("a>use", text=text)
    assert found == [Problem("UNKNOWN_REFERENCE", "There is no block `gone`.", "use", "expression", "incomplete")]


@pytest.mark.parametrize(
    ("edges", "text"), [(("a>use", "use>later"), "later"), (("a>use", "a>beside"), "beside"), (("a>use",), "use")]
)
def test_a_reference_must_point_backwards(edges: tuple[str, ...], text: str) -> None:
    found = problems(*edges, text=f"{{{{ blocks.{text}.output }}}}")
    assert [(problem.code, problem.block_id) for problem in found] == [("REFERENCE_NOT_BEFORE", "use")]
    assert f"Block `{text.capitalize()}` does not come before" in found[0].message


def test_a_short_reference_must_point_backwards_too() -> None:
    assert [problem.code for problem in problems("a>use", "use>later", text="{{ later.output }}")] == ["REFERENCE_NOT_BEFORE"]


def test_an_expression_that_does_not_compile_is_named_with_its_field() -> None:
    found = problems("a>use", text="{{ 1 + }}")
    assert [(problem.block_id, problem.field, problem.severity) for problem in found] == [("use", "expression", "incomplete")]


def test_a_condition_is_an_expression_as_it_stands() -> None:
    assert [problem.code for problem in problems("a>use", text="blocks.gone.output > 1", type="ask")] == ["UNKNOWN_REFERENCE"]


def test_a_block_that_is_off_needs_no_references() -> None:
    drawn = graph("a>use", use=block("use", "noop", {"text": "{{ blocks.gone.output }}"}, enabled=False))
    assert check_sources(drawn, KNOWN) == []
