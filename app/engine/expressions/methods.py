"""The methods of each type, chosen by exact type: Python's names for what the functions do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from app.engine.expressions import structures, texts
from app.engine.expressions.budget import Evaluation
from app.engine.expressions.checks import text, whole
from app.engine.expressions.errors import VALUE, ExpressionError
from app.engine.expressions.library import Function, function, table
from app.sdk import Json


def _index(evaluation: Evaluation, value: Json, wanted: Json) -> Json:
    evaluation.budget.compare_all(value, wanted)
    if wanted in value:
        return value.index(wanted)
    raise ExpressionError(VALUE, "`index`: the list has no such item")


def _is_digit(_: Evaluation, value: Json) -> Json:
    return text("isdigit", value)[:1000].isdigit() and len(value) <= 1000


def _remove_prefix(evaluation: Evaluation, value: Json, start: Json) -> Json:
    evaluation.budget.text(len(value))
    return text("removeprefix", value).removeprefix(text("removeprefix", start))


def _remove_suffix(evaluation: Evaluation, value: Json, end: Json) -> Json:
    evaluation.budget.text(len(value))
    return text("removesuffix", value).removesuffix(text("removesuffix", end))


def _right(evaluation: Evaluation, value: Json, width: Json, fill: Json = " ") -> Json:
    return texts.pad_start(evaluation, value, whole("rjust", width), fill)


text_row = partial(function, "Text")
list_row = partial(function, "Lists and objects")
TEXT_METHODS = (
    text_row("upper()", "In capital letters.", '"abc".upper()', "ABC", texts.upper),
    text_row("lower()", "In small letters.", '"ABC".lower()', "abc", texts.lower),
    text_row("title()", "Every word with a capital.", '"ada lovelace".title()', "Ada Lovelace", texts.title),
    text_row("capitalize()", "The first letter as a capital.", '"abc".capitalize()', "Abc", texts.capitalize),
    text_row("strip(characters?)", "Without blanks at both ends.", '" a ".strip()', "a", texts.trim),
    text_row("lstrip(characters?)", "Without blanks at the start.", '" a ".lstrip()', "a ", texts.trim_start),
    text_row("rstrip(characters?)", "Without blanks at the end.", '" a ".rstrip()', " a", texts.trim_end),
    text_row("replace(old, new)", "Every `old` replaced.", '"a-b".replace("-", "+")', "a+b", texts.replace),
    text_row("split(separator?)", "A list of parts.", '"a b".split()', ["a", "b"], texts.split),
    text_row("splitlines()", "A list of the lines.", '"a\\nb".splitlines()', ["a", "b"], texts.lines),
    text_row("join(list)", "The items with this text between them.", '", ".join(["a", "b"])', "a, b", texts.joined_by),
    text_row("startswith(start)", "Whether it starts so.", '"hello".startswith("he")', True, texts.starts_with),
    text_row("endswith(end)", "Whether it ends so.", '"hello".endswith("lo")', True, texts.ends_with),
    text_row("find(part)", "Where a part stands; -1 if nowhere.", '"hello".find("l")', 2, texts.find),
    text_row("count(part)", "How often a part occurs.", '"hello".count("l")', 2, texts.count),
    text_row("zfill(width)", "Filled up with zeros.", '"7".zfill(3)', "007", texts.zfill),
    text_row("ljust(width, fill?)", "Filled up at the end.", '"a".ljust(3, ".")', "a..", texts.pad),
    text_row("rjust(width, fill?)", "Filled up at the start.", '"a".rjust(3, ".")', "..a", _right),
    text_row("isdigit()", "Whether it consists of digits.", '"12".isdigit()', True, _is_digit),
    text_row("removeprefix(start)", "Without that start.", '"ab".removeprefix("a")', "b", _remove_prefix),
    text_row("removesuffix(end)", "Without that end.", '"ab".removesuffix("b")', "a", _remove_suffix),
)
LIST_METHODS = (
    list_row("count(value)", "How often a value occurs.", "[1, 2, 1].count(1)", 2, texts.count),
    list_row("index(value)", "Where a value stands first.", "[1, 2].index(2)", 1, _index),
)
OBJECT_METHODS = (
    list_row("keys()", "Its names.", '{"a": 1}.keys()', ["a"], structures.keys),
    list_row("values()", "Its values.", '{"a": 1}.values()', [1], structures.values),
    list_row("items()", "Pairs of name and value.", '{"a": 1}.items()', [["a", 1]], structures.items),
    list_row("get(name, fallback?)", "A field, or else the fallback.", '{"a": 1}.get("b", 0)', 0, structures.get),
)

METHODS: Mapping[type, Mapping[str, Function]] = {
    str: table(TEXT_METHODS),
    list: table(LIST_METHODS),
    dict: table(OBJECT_METHODS),
}
