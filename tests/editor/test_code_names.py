"""What can be named in code, and which line a problem is about."""

from __future__ import annotations

from .conftest import Evaluate

NAMES = """
const { codeNames, rowOf } = await import("/static/editor/code-names.js");
const values = [{ path: "blocks.fetch.output", type: "object" },
  { path: "blocks.fetch.output.items[0]['full name']", type: "text" },
  { path: "variables.who", type: "text" }];
const value = (names, caption) => names.find((name) => name.caption === caption)?.value ?? null;
"""


def test_values_are_offered_as_python_writes_them(evaluate: Evaluate) -> None:
    assert evaluate(NAMES + """
        const names = codeNames("python", values, "fetch");
        return ["blocks.fetch.output.items[0]['full name']", "input.items[0].full name", "variables.who", "len"]
          .map((one) => value(names, one));
    """) == ['blocks["fetch"]["output"]["items"][0]["full name"]', 'input["items"][0]["full name"]', 'variables["who"]', "len"]


def test_the_input_is_only_what_comes_from_the_block_before(evaluate: Evaluate) -> None:
    assert evaluate(NAMES + """
        const named = (before) => codeNames("python", values, before).map(({ caption }) => caption);
        const without = (before) => named(before).filter((caption) => caption.startsWith("input"));
        return [without(null), without("other")];""") == [["input"], ["input"]]


def test_json_takes_values_in_braces(evaluate: Evaluate) -> None:
    assert evaluate(NAMES + 'return value(codeNames("json", values), "variables.who");') == "{{ variables.who }}"


def test_the_line_of_a_problem_is_read_in_any_language(evaluate: Evaluate) -> None:
    assert evaluate(NAMES + """
        return ["Line 3: invalid syntax", "Code: Zeile 12: ungültig", "Headers: line 2, column 5: a comma", "Code: too deep"]
          .map(rowOf);
    """) == [2, 11, 1, 0]
