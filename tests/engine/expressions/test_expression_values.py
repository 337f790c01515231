"""Names, paths, functions, methods and conditions."""

from datetime import UTC, datetime

import pytest

from app.engine.expressions import FUNCTIONS, METHODS, ExpressionError, Function, Scope, compile_expression, evaluate_condition

SCOPE = Scope(
    {
        "variables": {"total": 10, "empty": None},
        "blocks": {"fetch": {"output": {"user": {"name": "Ada"}, "items": [1, 2], "my-key": 5}}},
        "fetch": {"output": {"user": {"name": "Ada"}, "items": [1, 2]}},
        "input": {"len": 3},
    },
    datetime(2026, 1, 31, 12, tzinfo=UTC),
    {"late": "has not run"},
)


def value(source: str) -> object:
    return compile_expression(source).evaluate(SCOPE)


def refusal(source: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("blocks.fetch.output.user.name", "Ada"),
        ("fetch.output.user.name", "Ada"),
        ('blocks["fetch"].output["my-key"]', 5),
        ("blocks.fetch.output.items[-1]", 2),
        ("blocks.fetch.output.items", [1, 2]),
        ("fetch.output.user.items()", [["name", "Ada"]]),
        ("input.len + len(input)", 4),
        ("true and not false", True),
        ("null", None),
        ("(1, 2)", [1, 2]),
        ("now()", "2026-01-31T12:00:00+00:00"),
        ('default(variables.totl, "x")', "x"),
        ('default(variables.empty, "x")', "x"),
        ('default(variables.empty.deeper, "x")', "x"),
        ("default(blocks.late.output.name, 1)", 1),
        ("default(late.output, 2)", 2),
        ("default(fetch.output.items[7], 3)", 3),
        ("default(variables.total, 4)", 10),
        ("[len(x) for x in ['a', 'bc']]", [1, 2]),
        ("{k: v + 1 for k, v in {'a': 1}.items()}", {"a": 2}),
        ("  \n variables.total\n  + 1 # the next\n", 11),
        ('{"a": 1} | {"b": 2}', {"a": 1, "b": 2}),
        ("str(true) + str(null) + str([1, 'é'])", 'true[1,"é"]'),
        ("[total for total in [1]] + [variables.total]", [1, 10]),
    ],
)
def test_an_expression_has_this_value(source: str, expected: object) -> None:
    assert value(source) == expected


ALL = [*FUNCTIONS.values(), *(method for methods in METHODS.values() for method in methods.values())]


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.signature)
def test_the_example_of_every_function_is_true(function: Function) -> None:
    found = value(function.example)
    assert found == function.gives
    assert type(found) is type(function.gives)
    assert function.name in function.signature
    assert function.help.endswith(".")


@pytest.mark.parametrize(
    ("source", "code", "message", "underlined"),
    [
        (
            "1 + blocks.fetch.output.user.nam",
            "MISSING_PATH",
            "no field `nam` in `blocks.fetch.output.user`. Did you mean `name`?",
            "blocks.fetch.output.user.nam",
        ),
        ("late.output", "NOT_RUN", "block `late` has not run on this path", "late"),
        ("blocks.late.output.x", "NOT_RUN", "block `late` has not run on this path", "blocks.late"),
        ("é + varables.total", "UNKNOWN_NAME", "nothing here is called `é`.", "é"),
        ("varables.total", "UNKNOWN_NAME", "nothing here is called `varables`. Did you mean `variables`?", "varables"),
        ("1 + uper('x')", "UNKNOWN_NAME", "there is no function `uper`. Did you mean `upper`?", "uper"),
        ("'x'.uper()", "UNKNOWN_NAME", "there is no method `uper`. Did you mean `upper`?", "'x'.uper"),
        (
            "fetch.output.user.keys",
            "MISSING_PATH",
            "no field `keys` in `fetch.output.user`. To call the method, write `keys(...)`.",
            None,
        ),
        ("fetch.output.items[2]", "MISSING_PATH", "no item `2` in `fetch.output.items`, which has 2", None),
        ("variables.empty.x", "MISSING_PATH", "`variables.empty` is null, so it has no field `x`", None),
        ("default(varables.x, 1)", "UNKNOWN_NAME", "nothing here is called `varables`. Did you mean `variables`?", "varables"),
        ("1 +\n  ('é' + variables.total)", "TYPE", "`+` does not work between text and a whole number", "'é' + variables.total"),
        ("upper(3)", "TYPE", "`upper` needs text, not a whole number", None),
        ("upper()", "TYPE", "`upper` is called as `upper(text)`", None),
        ("1 / 0", "VALUE", "division by zero", None),
        ("int('abc')", "VALUE", "`int`: the text is not a whole number", None),
        ("sum([1e308, 1e308])", "VALUE", "the result is not a finite number", None),
        ("1e308 * 10", "VALUE", "the result is not a finite number", None),
        ("float('nan')", "VALUE", "the result is not a finite number", None),
        ("parse_json('[NaN]')", "VALUE", "`parse_json`: the text is not JSON", None),
        ("{1: 2}", "TYPE", "`a key` needs text, not a whole number", None),
        ("1 +", "EXPRESSION_SYNTAX", "the expression ends too early", ""),
        ("1 + )", "EXPRESSION_SYNTAX", "this cannot be read as an expression from column 5 on", ")"),
        ("  ", "EXPRESSION_SYNTAX", "the expression is empty", None),
        ("1 is 1", "EXPRESSION_SYNTAX", "`is` compares only with null, true and false; write `==`", None),
    ],
)
def test_an_error_names_the_place_and_the_remedy(source: str, code: str, message: str, underlined: str | None) -> None:
    error = refusal(source)
    assert (error.code, error.message, error.source) == (code, message, source)
    assert source[error.start : error.end] == (source if underlined is None else underlined)


def test_a_message_never_holds_a_value() -> None:
    scope = Scope({"variables": {"password": "hunter2", "list": ["hunter2"]}}, datetime.now(UTC))
    for source in ("int(variables.password)", "variables.password + 1", "{}[variables.password]", "variables.list.index('z')"):
        with pytest.raises(ExpressionError) as caught:
            compile_expression(source).evaluate(scope)
        assert "hunter2" not in caught.value.message


def test_a_condition_has_to_be_true_or_false() -> None:
    assert evaluate_condition("variables.total > 5", SCOPE) is True
    with pytest.raises(ExpressionError, match="has to be true or false, and this is a whole number") as caught:
        evaluate_condition("variables.total", SCOPE)
    assert caught.value.code == "NOT_BOOLEAN"


def test_references_are_the_longest_static_paths() -> None:
    found = compile_expression("blocks.fetch.output.x[i].y + fetch.output.items.count(1) + len([x.z for x in variables.list])")
    assert found.references == {("blocks", "fetch", "output", "x"), ("i",), ("fetch", "output", "items"), ("variables", "list")}


def test_a_source_is_compiled_once() -> None:
    assert compile_expression("1 + 2 + 3") is compile_expression("1 + 2 + 3")


def test_the_data_of_the_scope_is_never_changed() -> None:
    value("reversed(fetch.output.items)")
    value("merge(fetch.output.user, {'name': 'other'})")
    assert value("fetch.output") == {"user": {"name": "Ada"}, "items": [1, 2]}
