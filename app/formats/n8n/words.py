"""Methods and functions of n8n's expressions, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from app.formats.n8n.javascript import NotUnderstood

METHODS: Mapping[str, str] = {
    "toUpperCase": "upper({0})", "toLowerCase": "lower({0})", "trim": "trim({0})", "includes": "contains({0}, {1})",
    "startsWith": "starts_with({0}, {1})", "endsWith": "ends_with({0}, {1})", "split": "split({0}, {1})",
    "join": "join({0}, {1})", "replaceAll": "replace({0}, {1}, {2})", "replace": "replace({0}, {1}, {2})",
    "toString": "str({0})", "first": "first({0})", "last": "last({0})", "indexOf": "find({0}, {1})", "toFixed": "round({0}, {1})",
    "toInt": "int({0})", "toNumber": "number({0})", "toTitleCase": "title({0})", "unique": "unique({0})", "sum": "sum({0})",
    "average": "average({0})", "min": "min({0})", "max": "max({0})", "keys": "keys({0})", "values": "values({0})",
    "isEmpty": "(len({0}) == 0)", "isNotEmpty": "(len({0}) > 0)", "toISO": "str({0})", "toISOString": "str({0})",
    "urlEncode": "url_encode({0})", "toJsonString": "json({0})", "parseJson": "parse_json({0})", "reverse": "reversed({0})",
    "hash": "sha256({0})", "base64Encode": "base64({0})", "base64Decode": "base64_decode({0})",
    "toMillis": "(timestamp({0}) * 1000)",
}  # fmt: skip
FUNCTIONS: Mapping[str, str] = {
    "JSON.stringify": "json({0})", "JSON.parse": "parse_json({0})", "Math.round": "round({0})", "Math.floor": "floor({0})",
    "Math.ceil": "ceil({0})", "Math.abs": "abs({0})", "Math.max": "max({*})", "Math.min": "min({*})", "parseInt": "int({0})",
    "parseFloat": "float({0})", "Number": "number({0})", "String": "str({0})", "Object.keys": "keys({0})",
    "Object.values": "values({0})", "encodeURIComponent": "url_encode({0})", "decodeURIComponent": "url_decode({0})",
    "Date.now": "(timestamp(now()) * 1000)", "Date": "now()", "DateTime.now": "now()", "$now": "now()",
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "$now": "now()", "$today": "today()", "$execution.id": "execution.id", "$workflow.name": "workflow.name",
    "$workflow.id": "workflow.id", "$runIndex": "index", "$itemIndex": "index", "$execution.mode": "execution.mode",
}  # fmt: skip
MARKS = {"===": "==", "!==": "!=", "&&": "and"}
SPANS = {"days": ("add_days", 1), "weeks": ("add_days", 7), "hours": ("add_hours", 1), "minutes": ("add_minutes", 1)}
LUXON = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"), ("LL", "%m"))


def filled(pattern: str, given: list[str]) -> str:
    """A pattern of these tables with arguments in it."""
    if "{*}" in pattern:
        return pattern.replace("{*}", ", ".join(given))
    needed = pattern.count("{")
    if len(given) < needed:
        given = given + ['""'] * (needed - len(given))
    return re.sub(r"\{(\d)\}", partial(_argument, given), pattern)


def _argument(given: list[str], found: re.Match[str]) -> str:
    return given[int(found[1])]


def pattern_of(luxon: str) -> str:
    """The pattern of a date as `format_date` reads it. Raises NotUnderstood."""
    written = luxon.replace("%", "%%")
    for theirs, ours in LUXON:
        written = written.replace(theirs, ours)
    if re.search(r"[A-Za-z]", re.sub(r"%[A-Za-z]", "", written).replace("T", "")):
        raise NotUnderstood(f"the pattern `{luxon[:30]}` is not known here")
    return written.replace("'", "")
