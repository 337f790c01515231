"""Functions that write values in other forms and read them back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import NoReturn
from urllib.parse import quote, unquote
from uuid import uuid4

from app.engine.expressions.budget import Evaluation
from app.engine.expressions.checks import result, text
from app.engine.expressions.errors import VALUE, ExpressionError
from app.engine.expressions.library import function
from app.engine.expressions.texts import to_json
from app.sdk import Json

JSON_PER_STEP = 5
"""Reading JSON costs a step for every 32 characters, a binary logarithm as those in budget.py."""
UUID_COST = 4


def write_json(evaluation: Evaluation, value: Json) -> Json:
    return to_json(evaluation, value)


def read_json(evaluation: Evaluation, value: Json) -> Json:
    source = text("parse_json", value)
    evaluation.budget.text(len(source))
    evaluation.budget.charge(len(source) >> JSON_PER_STEP)
    try:
        found = json.loads(source, parse_constant=_not_finite, parse_float=_finite)
        source.encode()
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ExpressionError(VALUE, "`parse_json`: the text is not JSON") from None
    evaluation.budget.walk(found)
    return found


def _finite(written: str) -> float:
    value: float = result(float(written))
    return value


def _not_finite(_: str) -> NoReturn:
    raise ValueError


def uuid(evaluation: Evaluation) -> Json:
    evaluation.budget.charge(UUID_COST)
    return str(uuid4())


def _encoding(name: str, encode: Callable[[str], str], *, grows: int = 3) -> Callable[[Evaluation, Json], Json]:
    def run(evaluation: Evaluation, value: Json) -> Json:
        source = text(name, value)
        evaluation.budget.text(len(source) * grows)
        return encode(source)

    return run


def _decode_base64(source: str) -> str:
    try:
        return base64.b64decode(source.translate(str.maketrans("-_", "+/")) + "=" * (-len(source) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ExpressionError(VALUE, "`base64_decode`: this is not the base64 of a text") from None


def _sha256(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


row = partial(function, "Encoding")
ROWS = (
    row("json(value)", "As compact JSON text.", 'json({"a": [1, null]})', '{"a":[1,null]}', write_json),
    row("parse_json(text)", "The value that a JSON text says.", 'parse_json("[1, 2]")', [1, 2], read_json),
    row(
        "base64(text)",
        "In base64.",
        'base64("hello")',
        "aGVsbG8=",
        _encoding("base64", lambda t: base64.b64encode(t.encode()).decode()),
    ),
    row(
        "base64_decode(text)",
        "The text in base64 text.",
        'base64_decode("aGVsbG8=")',
        "hello",
        _encoding("base64_decode", _decode_base64),
    ),
    row(
        "url_encode(text)",
        "Safe as a part of an address.",
        'url_encode("a b/c")',
        "a%20b%2Fc",
        _encoding("url_encode", lambda t: quote(t, safe=""), grows=9),
    ),
    row(
        "url_decode(text)",
        "The text behind `%20` and the like.",
        'url_decode("a%20b")',
        "a b",
        _encoding("url_decode", unquote, grows=9),
    ),
    row("sha256(text)", "Its SHA-256 in hexadecimal.", 'sha256("")[:8]', "e3b0c442", _encoding("sha256", _sha256)),
    row("uuid()", "A new random identifier.", "len(uuid())", 36, uuid),
)
