"""Functions on lists and objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.engine.expressions.budget import MAX_LIST, Evaluation
from app.engine.expressions.checks import (
    iterable,
    listing,
    mapping,
    text,
    whole,
    wrong_type,
)
from app.engine.expressions.errors import BUDGET, MISSING_PATH, TYPE, ExpressionError
from app.engine.expressions.library import function
from app.engine.expressions.values import type_name
from app.sdk import Json


def length(_: Evaluation, value: Json) -> Json:
    if type(value) in (str, list, dict):
        return len(value)
    raise wrong_type("len", "text, a list or an object", value)


def is_any(evaluation: Evaluation, items: Json) -> Json:
    evaluation.budget.charge(len(iterable("any", items)) >> 2)
    return any(items)


def is_all(evaluation: Evaluation, items: Json) -> Json:
    evaluation.budget.charge(len(iterable("all", items)) >> 2)
    return all(items)


def keys(evaluation: Evaluation, value: Json) -> Json:
    evaluation.budget.items(len(mapping("keys", value)))
    return list(value)


def values(evaluation: Evaluation, value: Json) -> Json:
    evaluation.budget.items(len(mapping("values", value)))
    return list(value.values())


def items(evaluation: Evaluation, value: Json) -> Json:
    evaluation.budget.items(len(mapping("items", value)))
    evaluation.budget.charge(len(value) >> 2)
    return [[key, item] for key, item in value.items()]


def get(_: Evaluation, value: Json, key: Json, fallback: Json = None) -> Json:
    return mapping("get", value).get(text("get", key), fallback)


def to_list(evaluation: Evaluation, value: Json) -> Json:
    evaluation.budget.items(len(iterable("list", value)))
    return list(value)


def in_order(evaluation: Evaluation, value: Json) -> Json:
    given = to_list(evaluation, value)
    evaluation.budget.sort(given)
    try:
        return sorted(given)
    except TypeError:
        raise ExpressionError(TYPE, "`sorted` needs items of one type that can be ordered") from None


def sort_by(evaluation: Evaluation, value: Json, field: Json) -> Json:
    fields = [_field("sort_by", item, text("sort_by", field)) for item in listing("sort_by", value)]
    evaluation.budget.items(len(fields))
    evaluation.budget.sort(fields)
    try:
        return [value[number] for number in sorted(range(len(fields)), key=fields.__getitem__)]
    except TypeError:
        raise ExpressionError(TYPE, "`sort_by` needs fields of one type that can be ordered") from None


def group_by(evaluation: Evaluation, value: Json, field: Json) -> Json:
    evaluation.budget.items(len(listing("group_by", value)))
    evaluation.budget.charge(len(value) >> 2)
    groups: dict[str, Json] = {}
    for item in value:
        key = text("the field of `group_by`", _field("group_by", item, text("group_by", field)))
        groups.setdefault(key, []).append(item)
    return groups


def pluck(evaluation: Evaluation, value: Json, field: Json) -> Json:
    evaluation.budget.items(len(listing("pluck", value)))
    evaluation.budget.charge(len(value) >> 2)
    return [_field("pluck", item, text("pluck", field)) for item in value]


def _field(name: str, item: Json, field: str) -> Json:
    if type(item) is not dict:
        raise ExpressionError(TYPE, f"`{name}` needs a list of objects, and one item is {type_name(item)}")
    if field not in item:
        raise ExpressionError(MISSING_PATH, f"`{name}`: an item has no such field.").meant(field, item)
    return item[field]


def backwards(evaluation: Evaluation, value: Json) -> Json:
    given: list[Json] = to_list(evaluation, value)
    given.reverse()
    return given


def unique(evaluation: Evaluation, value: Json) -> Json:
    found: list[Json] = []
    seen: set[tuple[type, Json]] = set()
    evaluation.budget.items(len(listing("unique", value)))
    evaluation.budget.charge(len(value) >> 2)
    for item in value:
        if type(item) in (str, int, float, bool) or item is None:
            mark = (bool if type(item) is bool else type(None) if item is None else str if type(item) is str else float, item)
            if mark in seen:
                continue
            seen.add(mark)
        else:
            evaluation.budget.compare_all(found, item)
            if item in found:
                continue
        found.append(item)
    return found


def flatten(evaluation: Evaluation, value: Json) -> Json:
    evaluation.budget.items(sum(len(part) if type(part) is list else 1 for part in listing("flatten", value)))
    return [item for part in value for item in (part if type(part) is list else [part])]


def first(_: Evaluation, value: Json) -> Json:
    return _at("first", value, 0)


def last(_: Evaluation, value: Json) -> Json:
    return _at("last", value, -1)


def _at(name: str, value: Json, place: int) -> Json:
    if not iterable(name, value):
        raise ExpressionError(MISSING_PATH, f"`{name}` of something empty")
    return listing(name, value)[place] if type(value) is not str else value[place]


def span(evaluation: Evaluation, start: Json, stop: Json = None, step: Json = 1) -> Json:
    bounds = (0, whole("range", start)) if stop is None else (whole("range", start), whole("range", stop))
    numbers = range(*bounds, whole("range", step))
    if numbers and abs(numbers[-1] - numbers[0]) // abs(step) >= MAX_LIST:
        raise ExpressionError(BUDGET, f"the list would be longer than {MAX_LIST:,} items")
    evaluation.budget.items(len(numbers))
    return list(numbers)


def numbered(evaluation: Evaluation, value: Json, start: Json = 0) -> Json:
    evaluation.budget.items(len(listing("enumerate", value)))
    evaluation.budget.charge(len(value) >> 2)
    return [[number, item] for number, item in enumerate(value, whole("enumerate", start))]


def zipped(evaluation: Evaluation, *lists: Json) -> Json:
    shortest = min((len(listing("zip", each)) for each in lists), default=0)
    evaluation.budget.items(shortest * (len(lists) + 1))
    return [list(row) for row in zip(*lists, strict=False)]


def merge(evaluation: Evaluation, *objects: Json) -> Json:
    evaluation.budget.items(sum(len(mapping("merge", each)) for each in objects))
    merged: dict[str, Json] = {}
    for each in objects:
        merged.update(each)
    return merged


def _choosing(name: str, keep: bool) -> Callable[..., Json]:
    def run(evaluation: Evaluation, value: Json, names: Json) -> Json:
        chosen = {text(name, each) for each in listing(name, names)}
        evaluation.budget.items(len(mapping(name, value)) + len(chosen))
        return {key: item for key, item in value.items() if (key in chosen) is keep}

    return run


def spoken_type(_: Evaluation, value: Json) -> Json:
    names = {bool: "boolean", int: "integer", float: "number", str: "text", list: "list", dict: "object"}
    return names.get(type(value), "null")


def default(_: Evaluation, value: Json, fallback: Json) -> Json:
    """What is left of `default` when its path was found; the rest needs an unevaluated path and lives in calls.py."""
    return fallback if value is None else value


list_row = partial(function, "Lists and objects")
any_row = partial(function, "Any value")
ROWS = (
    list_row("len(value)", "How many characters, items or fields.", "len([1, 2])", 2, length),
    list_row("list(value)", "The items, keys or characters as a list.", 'list("ab")', ["a", "b"], to_list),
    list_row("first(list)", "Its first item.", "first([1, 2])", 1, first),
    list_row("last(list)", "Its last item.", "last([1, 2])", 2, last),
    list_row("sorted(list)", "In order.", "sorted([2, 1])", [1, 2], in_order),
    list_row("sort_by(list, field)", "In the order of a field.", 'sort_by([{"n": 2}, {"n": 1}], "n")[0].n', 1, sort_by),
    list_row("group_by(list, field)", "Lists by what a text field says.", 'len(group_by([{"k": "a"}], "k").a)', 1, group_by),
    list_row("pluck(list, field)", "That field of every item.", 'pluck([{"n": 2}], "n")', [2], pluck),
    list_row("reversed(list)", "From the last to the first.", "reversed([1, 2])", [2, 1], backwards),
    list_row("unique(list)", "Every value once.", "unique([1, 2, 1])", [1, 2], unique),
    list_row("flatten(list)", "Lists in the list replaced by their items.", "flatten([[1], [2, 3]])", [1, 2, 3], flatten),
    list_row("range(stop) or range(start, stop, step?)", "Whole numbers.", "range(3)", [0, 1, 2], span),
    list_row("enumerate(list, start?)", "Pairs of number and item.", 'enumerate(["a"])', [[0, "a"]], numbered),
    list_row("zip(list, ...)", "Lists side by side.", 'zip([1], ["a"])', [[1, "a"]], zipped),
    list_row("any(list)", "Whether one is true.", "any(x > 1 for x in [1, 2])", True, is_any),
    list_row("all(list)", "Whether every one is true.", "all(x > 1 for x in [1, 2])", False, is_all),
    list_row("keys(object)", "Its names.", 'keys({"a": 1})', ["a"], keys),
    list_row("values(object)", "Its values.", 'values({"a": 1})', [1], values),
    list_row("items(object)", "Pairs of name and value.", 'items({"a": 1})', [["a", 1]], items),
    list_row("get(object, name, fallback?)", "A field, or else the fallback.", 'get({"a": 1}, "b", 0)', 0, get),
    list_row("merge(object, ...)", "One object of all; later ones win.", 'merge({"a": 1}, {"a": 2})', {"a": 2}, merge),
    list_row("pick(object, names)", "Only those fields.", 'pick({"a": 1, "b": 2}, ["a"])', {"a": 1}, _choosing("pick", True)),
    list_row("omit(object, names)", "All but those fields.", 'omit({"a": 1, "b": 2}, ["a"])', {"b": 2}, _choosing("omit", False)),
    any_row(
        "default(path, fallback)", "The value, or the fallback if missing or null.", "default(null, 1)", 1, default, secrets=True
    ),
    any_row("type(value)", "`null boolean integer number text list object`.", "type([1])", "list", spoken_type),
)
