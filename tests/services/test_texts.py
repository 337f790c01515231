"""Texts of one line: the same rule in code and in the API's description."""

from __future__ import annotations

import jsonschema_rs
import pytest

from app.services.texts import LINE, NAME, is_line

SEEN = ["", " ", "order", "Müller & Söhne", "注文", "two words", "🏷 labels", "a\u00a0b"]
NOT_SEEN = ["a\n", "\ttab", "a\x00", "\x7f", "soft\u00adhyphen", "zero\u200bwidth", "\u202eturned", "line\u2028end", "\ufeff"]


@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_what_people_see_is_a_line(text: str) -> None:
    assert is_line(text) and fits(LINE, text)
    assert fits(NAME, text) == bool(text.strip())


@pytest.mark.parametrize("text", NOT_SEEN, ids=ascii)
def test_what_nobody_sees_is_none(text: str) -> None:
    assert not is_line(text) and not fits(LINE, text) and not fits(NAME, text)


def test_half_a_character_is_none() -> None:
    assert not is_line("\ud800")


def fits(pattern: str, text: str) -> bool:
    return jsonschema_rs.Draft202012Validator({"type": "string", "pattern": pattern}).is_valid(text)
