"""Functions on text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from functools import partial

from app.engine.expressions.budget import MAX_LIST, Evaluation
from app.engine.expressions.checks import listing, text, whole, wrong_type
from app.engine.expressions.errors import BUDGET, VALUE, ExpressionError
from app.engine.expressions.library import function
from app.engine.expressions.values import Secret, secret_refused
from app.sdk import Json

MAX_TRIMMED = 100
NOT_SLUG = re.compile(r"[^a-z0-9]+")


def text_of(evaluation: Evaluation, value: Json) -> str:
    """The text of any value: empty gives "", booleans `true` and `false`, lists and objects compact JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int or type(value) is float:
        return str(value)
    return to_json(evaluation, value)


def to_json(evaluation: Evaluation, value: Json) -> str:
    """The value as compact JSON text."""
    evaluation.budget.text(evaluation.budget.walk(value))
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_no_secret, allow_nan=False)
    evaluation.budget.text(len(written))
    return written


def _no_secret(_: object) -> Json:
    raise secret_refused()


def _changing(name: str, change: Callable[[str], str]) -> Callable[[Evaluation, Json], Json]:
    def run(evaluation: Evaluation, value: Json) -> Json:
        source = text(name, value)
        evaluation.budget.text(len(source))
        changed = change(source)
        evaluation.budget.text(len(changed))
        return changed

    return run


def _trimming(name: str, cut: Callable[[str, str | None], str]) -> Callable[..., Json]:
    def run(evaluation: Evaluation, value: Json, characters: Json = None) -> Json:
        source = text(name, value)
        if characters is not None and len(text(name, characters)) > MAX_TRIMMED:
            raise ExpressionError(BUDGET, f"`{name}` takes at most {MAX_TRIMMED} characters to cut off")
        evaluation.budget.text(len(source) * 2)
        return cut(source, characters)

    return run


def replace(evaluation: Evaluation, value: Json, old: Json, new: Json) -> Json:
    source, gone, instead = text("replace", value), text("replace", old), text("replace", new)
    evaluation.budget.search(source, gone)
    found = source.count(gone)
    evaluation.budget.text(len(source) + found * max(0, len(instead) - len(gone)))
    return source.replace(gone, instead)


def split(evaluation: Evaluation, value: Json, separator: Json = None) -> Json:
    source = text("split", value)
    if separator is not None:
        evaluation.budget.search(source, text("split", separator))
        if not separator:
            raise ExpressionError(VALUE, "`split` needs a separator that is not empty")
    evaluation.budget.text(len(source))
    parts: list[Json] = [*source.split(separator, MAX_LIST)]
    evaluation.budget.items(len(parts))
    return parts


def lines(evaluation: Evaluation, value: Json) -> Json:
    source = text("lines", value)
    return split(evaluation, source.replace("\r\n", "\n"), "\n") if source else []


def join(evaluation: Evaluation, items: Json, separator: Json = "") -> Json:
    between = separator.marker if type(separator) is Secret else text("join", separator)
    parts = listing("join", items)
    evaluation.budget.items(len(parts))
    written = [part.marker if type(part) is Secret else text_of(evaluation, part) for part in parts]
    evaluation.budget.text(sum(map(len, written)) + len(between) * len(written))
    return between.join(written)


def joined_by(evaluation: Evaluation, separator: Json, items: Json) -> Json:
    """Python's order of the two: the separator's method."""
    return join(evaluation, items, separator)


def starts_with(_: Evaluation, value: Json, start: Json) -> Json:
    return text("starts_with", value).startswith(text("starts_with", start))


def ends_with(_: Evaluation, value: Json, end: Json) -> Json:
    return text("ends_with", value).endswith(text("ends_with", end))


def find(evaluation: Evaluation, value: Json, wanted: Json) -> Json:
    source, part = text("find", value), text("find", wanted)
    evaluation.budget.search(source, part)
    return source.find(part)


def count(evaluation: Evaluation, value: Json, wanted: Json) -> Json:
    if type(value) is list:
        evaluation.budget.compare_all(value, wanted)
        return value.count(wanted)
    source, part = text("count", value), text("count", wanted)
    evaluation.budget.search(source, part)
    return source.count(part)


def pad(evaluation: Evaluation, value: Json, width: Json, fill: Json = " ") -> Json:
    return _padded(evaluation, "pad", value, width, fill, str.ljust)


def pad_start(evaluation: Evaluation, value: Json, width: Json, fill: Json = " ") -> Json:
    return _padded(evaluation, "pad_start", value, width, fill, str.rjust)


def _padded(evaluation: Evaluation, name: str, value: Json, width: Json, fill: Json, put: Callable[[str, int, str], str]) -> Json:
    source, filler = text_of(evaluation, value), text(name, fill)
    if len(filler) != 1:
        raise ExpressionError(VALUE, f"`{name}` fills with one character")
    evaluation.budget.text(max(len(source), whole(name, width)))
    return put(source, width, filler)


def zfill(evaluation: Evaluation, value: Json, width: Json) -> Json:
    source = text("zfill", value)
    evaluation.budget.text(max(len(source), whole("zfill", width)))
    return source.zfill(width)


def truncate(evaluation: Evaluation, value: Json, length: Json, ending: Json = "…") -> Json:
    source, end, most = text("truncate", value), text("truncate", ending), whole("truncate", length)
    if len(source) <= most:
        return source
    evaluation.budget.text(most)
    return source[: max(0, most - len(end))] + end[: max(0, most)]


def slug(evaluation: Evaluation, value: Json) -> Json:
    source = text("slug", value)
    evaluation.budget.text(len(source) * 4)
    plain = unicodedata.normalize("NFKD", source).encode("ascii", "ignore").decode()
    return NOT_SLUG.sub("-", plain.lower()).strip("-")


def to_text(evaluation: Evaluation, value: Json) -> Json:
    return text_of(evaluation, value)


upper, lower = _changing("upper", str.upper), _changing("lower", str.lower)
title, capitalize = _changing("title", str.title), _changing("capitalize", str.capitalize)
trim, trim_start, trim_end = _trimming("trim", str.strip), _trimming("trim_start", str.lstrip), _trimming("trim_end", str.rstrip)


def contains(evaluation: Evaluation, value: Json, wanted: Json) -> Json:
    if type(value) is list:
        evaluation.budget.compare_all(value, wanted)
        return wanted in value
    if type(value) is dict:
        return text("contains", wanted) in value
    if type(value) is str:
        evaluation.budget.search(value, text("contains", wanted))
        return wanted in value
    raise wrong_type("contains", "text, a list or an object", value)


row = partial(function, "Text")
ROWS = (
    row("str(value)", "The text of a value, as a template writes it.", "str(12) + str(true)", "12true", to_text),
    row("upper(text)", "In capital letters.", 'upper("abc")', "ABC", upper),
    row("lower(text)", "In small letters.", 'lower("ABC")', "abc", lower),
    row("title(text)", "Every word with a capital.", 'title("ada lovelace")', "Ada Lovelace", title),
    row("capitalize(text)", "The first letter as a capital.", 'capitalize("hello")', "Hello", capitalize),
    row("trim(text, characters?)", "Without blanks (or those characters) at both ends.", 'trim("  a b ")', "a b", trim),
    row("replace(text, old, new)", "Every `old` replaced.", 'replace("a-b-c", "-", "+")', "a+b+c", replace),
    row("split(text, separator?)", "A list of parts; by blanks if not said.", 'split("a,b", ",")', ["a", "b"], split),
    row("lines(text)", "A list of the lines.", 'lines("a\\nb")', ["a", "b"], lines),
    row("join(list, separator?)", "One text of all items.", 'join([1, 2], ", ")', "1, 2", join, secrets=True),
    row("contains(whole, part)", "Whether a text, list or object has it.", 'contains("hello", "ell")', True, contains),
    row("starts_with(text, start)", "Whether it starts so.", 'starts_with("hello", "he")', True, starts_with),
    row("ends_with(text, end)", "Whether it ends so.", 'ends_with("hello", "lo")', True, ends_with),
    row("find(text, part)", "Where a part stands, counted from 0; -1 if nowhere.", 'find("hello", "l")', 2, find),
    row("count(whole, part)", "How often it occurs in a text or list.", 'count("hello", "l")', 2, count),
    row("pad(text, width, fill?)", "Filled up at the end.", 'pad("a", 3, ".")', "a..", pad),
    row("pad_start(text, width, fill?)", "Filled up at the start.", 'pad_start(7, 3, "0")', "007", pad_start),
    row("truncate(text, length, ending?)", "Cut to a length.", 'truncate("a long text", 6)', "a lon…", truncate),
    row("slug(text)", "For an address: small letters, digits, dashes.", 'slug("Crème brûlée!")', "creme-brulee", slug),
)
