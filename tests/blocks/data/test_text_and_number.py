"""Texts and numbers: every operation once, and what cannot be done."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("operation", "text", "more", "wanted"),
    [
        ("trim", " a b \n", {}, "a b"),
        ("squeeze", " a \n b ", {}, "a b"),
        ("title", "o'neill and ÉMILE", {}, "O'neill And Émile"),
        ("capitalize", "éa B", {}, "Éa B"),
        ("plain", "Łódź Straße Ü", {}, "Łodz Strasse Ue"),
        ("slug", "  ÀÉ—Über 9 / x ", {"length": 9}, "ae-ueber"),
        ("truncate", "abcdef", {"length": 4, "fill": "…"}, "abc…"),
        ("truncate", "abc", {"length": 4, "fill": "…"}, "abc"),
        ("pad_right", "ab", {"length": 5, "fill": "xy"}, "abxyx"),
        ("pad_left", 7, {"length": 3, "fill": ""}, "  7"),
        ("replace", "a.a", {"find": ".", "replacement": 5}, "a5a"),
        ("replace", "a", {"find": "", "replacement": "x"}, "a"),
        ("before", "a@b@c", {"find": "@"}, "a"),
        ("after", "a@b@c", {"find": "@"}, "b@c"),
        ("after", "abc", {"find": "@"}, ""),
        ("split", "a  b", {}, ["a", "b"]),
        ("split", "a,,b", {"find": ","}, ["a", "", "b"]),
        ("lines", "a\r\nb\n", {}, ["a", "b"]),
        ("words", "don't - stop, Émile!", {}, ["don't", "stop", "Émile"]),
        ("length", "ü🚲", {}, 2),
        ("reverse", "abc", {}, "cba"),
        ("similarity", "night", {"other": "nacht"}, 0.6),
        ("url_encode", "a b/ü", {}, "a%20b%2F%C3%BC"),
        ("url_decode", "a%20b%2F%C3%BC", {}, "a b/ü"),
        ("base64_encode", "ü?", {}, "w7w/"),
        ("base64_decode", "w7w_", {}, "ü?"),
        ("hex_encode", "ü", {}, "c3bc"),
        ("hex_decode", "c3 bc", {}, "ü"),
        ("html_escape", "<a b='c'>&", {}, "&lt;a b=&#x27;c&#x27;&gt;&amp;"),
        ("html_unescape", "&lt;&uuml;&#65;", {}, "<üA"),
        ("upper", {"a": None}, {}, '{"A": NULL}'),
        ("join", "abc", {"fill": "-"}, "abc"),
    ],
)
async def test_a_text(run: Any, operation: str, text: Json, more: dict[str, Json], wanted: Json) -> None:
    assert (await run("data.text", {"operation": operation, **more}, text)).value == wanted


@pytest.mark.parametrize(
    ("operation", "text", "code"),
    [
        ("base64_decode", "???", "NOT_BASE64"),
        ("base64_decode", "/w==", "NOT_BASE64"),
        ("hex_decode", "xyz", "NOT_HEX"),
        ("upper", "a" * 1_000_001, "TEXT_TOO_LONG"),
        ("similarity", "a" * 10_001, "TEXT_TOO_LONG"),
        ("upper", ["a"] * 10_001, "TOO_MANY_ITEMS"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "long",
)
async def test_a_text_that_cannot_be(refused: Any, operation: str, text: Json, code: str) -> None:
    assert (await refused("data.text", {"operation": operation}, text)).code == code


@pytest.mark.parametrize(
    ("operation", "number", "more", "wanted"),
    [
        ("subtract", 0.3, {"other": 0.1}, 0.2),
        ("multiply", "1.1", {"other": 1.1}, 1.21),
        ("divide", 1, {"other": 8}, 0.125),
        ("modulo", -7, {"other": 3}, 2),
        ("power", 2, {"other": 64}, 2**64),
        ("percent", 80, {"other": 19}, 15.2),
        ("share", 19, {"other": 80}, 23.75),
        ("min", 2, {"other": -3}, -3),
        ("max", 2, {"other": -3}, 2),
        ("absolute", -2.5, {}, 2.5),
        ("negate", 2, {}, -2),
        ("sqrt", 2.25, {}, 1.5),
        ("sign", -9, {}, -1),
        ("round", 2.5, {"digits": 0}, 3),
        ("round", 2.5, {"digits": 0, "rounding": "half_even"}, 2),
        ("round", -1250, {"digits": -2}, -1300),
        ("round", 1.01, {"digits": 1, "rounding": "up"}, 1.1),
        ("clamp", 12, {"lower": 1, "other": 10}, 10),
        ("format", 1234567.005, {}, "1,234,567.01"),
        ("format", -0.001, {"prefix": "$"}, "$0.00"),
        ("format", -1234.5, {"style": "1'234.56", "prefix": "CHF ", "digits": 1}, "-CHF 1'234.5"),
        ("format", 999_999.5, {"style": "1 234,56", "digits": 0}, "1 000 000"),
        ("parse", "1'234.5", {"style": "1'234.56"}, 1234.5),
        ("parse", "-7", {}, -7),
    ],
)
async def test_a_number(run: Any, operation: str, number: Json, more: dict[str, Json], wanted: Json) -> None:
    outcome = await run("data.number", {"operation": operation, **more}, number)
    assert (type(outcome.value), outcome.value) == (type(wanted), wanted)


@pytest.mark.parametrize(
    ("operation", "number", "more", "code"),
    [
        ("add", "abc", {"other": 1}, "NOT_A_NUMBER"),
        ("add", True, {"other": 1}, "NOT_A_NUMBER"),
        ("add", 1, {}, "NOT_A_NUMBER"),
        ("add", "nan", {"other": 1}, "NOT_A_NUMBER"),
        ("add", "1e999999999", {"other": 1}, "NOT_A_NUMBER"),
        ("add", "9" * 101, {"other": 1}, "NOT_A_NUMBER"),
        ("divide", 1, {"other": 0}, "NOT_A_NUMBER"),
        ("modulo", 1, {"other": 0}, "NOT_A_NUMBER"),
        ("sqrt", -1, {}, "NOT_A_NUMBER"),
        ("power", 10, {"other": 10_000_000}, "NUMBER_TOO_LARGE"),
        ("power", "1e300", {"other": 300}, "NUMBER_TOO_LARGE"),
        ("clamp", 1, {"lower": 5, "other": 2}, "CONFIG_INVALID"),
        ("random", None, {"lower": 0.001, "other": 0.002, "digits": 2}, "CONFIG_INVALID"),
    ],
    ids=str,
)
async def test_a_number_that_cannot_be(refused: Any, operation: str, number: Json, more: dict[str, Json], code: str) -> None:
    assert (await refused("data.number", {"operation": operation, **more}, number)).code == code


async def test_every_number_between_the_ends_is_drawn(run: Any) -> None:
    config = {"operation": "random", "lower": "0.1", "other": 0.3, "digits": 1}
    assert {(await run("data.number", config)).value for _ in range(200)} == {0.1, 0.2, 0.3}
