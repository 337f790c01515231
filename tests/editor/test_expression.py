"""What stands in a field that takes values: placeholders, paths, their names for people, and what typing offers."""

from __future__ import annotations

import pytest

from .conftest import Evaluate

READ = """const { partsOf, pathOf, keyOf, described, asCode, typedBefore, offered } =
  await import("/static/editor/expression.js");
const names = { fetch: "Fetch", "fetch-it": "Fetch it" };
const nameOf = (id) => names[id];
"""


def test_a_text_falls_into_words_and_placeholders(evaluate: Evaluate) -> None:
    source = r"""return partsOf('a {{ x.y }} {"b": {{ {"k": "}}"}["k"] }}} {{ open');"""
    assert evaluate(READ + source) == [
        {"text": "a "},
        {"written": "{{ x.y }}", "source": "x.y", "path": ["x", "y"]},
        {"text": ' {"b": '},
        {"written": '{{ {"k": "}}"}["k"] }}', "source": '{"k": "}}"}["k"]', "path": None},
        {"text": "} {{ open"},
    ]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('blocks["fetch-it"].output[0].a', ["blocks", "fetch-it", "output", 0, "a"]),
        (r"""x['it\'s']""", ["x", "it's"]),
        ("x + 1", None),
        ("x[y]", None),
        ("now()", None),
        ("", None),
    ],
)
def test_a_path_is_read_only_where_nothing_is_computed(evaluate: Evaluate, source: str, path: list[object] | None) -> None:
    assert evaluate(f"{READ} return pathOf({source!r});") == path


def test_a_path_reads_by_the_names_of_blocks_and_a_missing_block_is_seen(evaluate: Evaluate) -> None:
    assert evaluate(READ + """
        return ["blocks.fetch.output.user[0].name", "fetch.output", 'blocks["fetch-it"].output.a', "blocks.gone.output.x",
                "variables.total", "input.a", "secrets.KEY"].map((source) => {
          const { label, missing } = described(pathOf(source), nameOf);
          return [label, missing];
        });""") == [
        ["Fetch › user › 1. › name", False],
        ["Fetch", False],
        ["Fetch it › a", False],
        ["gone › x", True],
        ["total", False],
        ["Input › a", False],
        ["KEY", False],
    ]  # fmt: skip


def test_both_ways_to_name_a_block_have_one_key(evaluate: Evaluate) -> None:
    both = 'return ["fetch.output.a", "blocks.fetch.output.a"].map((path) => keyOf(pathOf(path), (id) => id in names));'
    first, second = evaluate(READ + both)
    assert first == second


def test_code_gets_subscripts(evaluate: Evaluate) -> None:
    assert evaluate(READ + 'return asCode("blocks.fetch.output[0].a");') == 'blocks["fetch"]["output"][0]["a"]'


@pytest.mark.parametrize(
    ("text", "bare", "typed"),
    [
        ("Hello {{ blo", False, "blo"),
        ("Hello {{ ", False, ""),
        ("Hello blo", False, None),
        ("{{ x }} blo", False, None),
        ("input.total > inp", True, "inp"),
        ("input.total > ", True, None),
    ],
)
def test_names_are_offered_inside_of_expressions_only(evaluate: Evaluate, text: str, bare: bool, typed: str | None) -> None:
    found = f"typedBefore({text!r}, {len(text)}, {'true' if bare else 'false'})"
    assert evaluate(f"{READ} const found = {found}; return found && found.typed;") == typed


def test_what_begins_as_typed_comes_before_what_is_named_so(evaluate: Evaluate) -> None:
    assert evaluate(READ + """
        const known = [["blocks.a.output.name", "A › name"], ["name_of", "Other"], ["blocks.b.output", "B"]]
          .map(([path, label]) => ({ path, label }));
        return offered(known, "na").map(({ path }) => path);""") == ["name_of", "blocks.a.output.name"]  # fmt: skip
