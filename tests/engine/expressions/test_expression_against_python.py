"""Random expressions give what CPython gives: the same value and type, or an error where CPython has one."""

import builtins
import json
import math
from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.engine.expressions import ExpressionError, Scope, compile_expression
from tests.support.depth import examples

DATA = {
    "n": 7,
    "z": 0,
    "f": 2.5,
    "t": "hello world",
    "e": "",
    "l": [3, 1, 2],
    "w": ["b", "a"],
    "d": {"a": 1, "b": [1, 2]},
    "o": [{"a": 1}, {"a": 2}],
    "yes": True,
}
LEAVES = (*DATA, "None", "True", "False", '"a"', '"é{}%s"', "1.5", "0", "1", "-3", "20", "[]", "{}", 'd["b"]')
FORMS = tuple(
    form.strip()
    for form in """
    (# + #) | (# - #) | (# * #) | (# / #) | (# // #) | (n % (#)) | (# ** 3) | (# ** -2) | (# << 5) | (# >> 2)
    (# & #) | (# ^ #) | (-#) | (+#) | (not #) | (~ (# + 1))
    (# == #) | (# != #) | (# < #) | (# <= #) | (# > #) | (# >= # > #) | (# in #) | (# not in #) | (# < # == #)
    (# is None) | (# is not None) | (# and #) | (# or #) | (# and # or #) | (# if # else #)
    [#, #] | [#] | {"a": #, "b": #} | (#)[0] | (#)[-1] | (#)["a"] | (#)[1:] | (#)[:-1] | (#)[::-1] | (#)[#]
    [x for x in #] | [x for x in # if #] | [[x, #] for x in l for y in #] | {k: # for k in w} | {k: v for k, v in d.items()}
    [[x, y] for x in [x for x in l] for y in [x, #]] | any(x == # for x in #) | all(x for x in #) | sum(x for x in #)
    len(#) | abs(#) | min(#) | max(#) | min(#, #) | max(#, #) | sorted(#) | sum(#) | round(#) | round(#, 1) | int(#) | float(#)
    list(range(5)) | list(range(1, n, 2)) | (#).count(1) | (#).index(1) | (#).get("a") | (#).get("q", #)
    (#).upper() | (#).title() | (#).strip() | (#).zfill(6) | (#).find("o") | (#).split("o") | (#).split()
    (#).replace("l", "xy") | (#).replace("", "-") | (#).startswith("h") | (#).endswith("d") | (#).count("l") | "-".join(w)
    (#).removeprefix("he") | (#).capitalize() | (#).ljust(9, ".") | [p["a"] for p in o] | list(#)
    """.replace("\n", " | ").split(" | ")
    if form.strip()
)


def a_random_expression(random: Random, depth: int = 4) -> str:
    if depth == 0 or random.random() < 0.2:
        return random.choice(LEAVES)
    first, *rest = random.choice(FORMS).split("#")
    return first + "".join(a_random_expression(random, depth - 1) + part for part in rest)


def python(source: str) -> str:
    try:
        return as_json(eval(source, {"__builtins__": vars(builtins), **DATA}))
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        return "refused"


def as_json(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "refused"
    return repr(json.loads(json.dumps(value, allow_nan=False)))


def ours(source: str) -> str:
    try:
        return repr(compile_expression(source).evaluate(Scope(DATA, datetime.now(UTC))))
    except ExpressionError:
        return "refused"


@examples(2500)
@given(st.integers(0, 2**48))
def test_every_expression_means_what_python_means(seed: int) -> None:
    source = a_random_expression(Random(seed))
    assert ours(source) == python(source), source


def test_most_random_expressions_have_a_value() -> None:
    values = [ours(a_random_expression(Random(seed), depth=2)) for seed in range(1000)]
    assert sum(value != "refused" for value in values) > 400
