"""The line that says what a simulated block would have done, and what it never shows."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from app.engine.expressions import Secret
from app.engine.simulation import LONGEST, would
from app.sdk import Config, Json, SecretText


class Request(Config):
    method: str = "GET"
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    body: Json = None
    secret_text: Annotated[SecretText, Field()] = ""
    limit: int = 3
    max_tokens: int = 100


def test_method_and_address_come_first_and_what_is_unset_is_left_out() -> None:
    assert would(Request(url="https://a.example/x", body={"n": 1}), {}) == 'GET https://a.example/x body={"n":1}'
    assert would(Request(limit=0, max_tokens=5), {}) == "GET limit=0 max_tokens=5"


@pytest.mark.parametrize(
    "config",
    [
        Request(url="https://user:hidden@a.example/"),
        Request(url="https://a.example/?x=1&api_key=hidden&y=2"),
        Request(url="https://a.example/?access_token=hidden"),
        Request(headers={"Authorization": "Bearer hidden"}),
        Request(headers={"X-Api-Key": "hidden", "Cookie": "hidden"}),
        Request(body={"deep": [{"clientSecret": "hidden", "password": "hidden"}]}),
        Request(secret_text="hidden"),
        Request(body="marker-hidden-1 in a text"),
    ],
)
def test_nothing_secret_is_shown(config: Request) -> None:
    shown = would(config, {"SHOP": Secret("marker-hidden-1")})
    assert "hidden" not in shown
    assert "***" in shown or "${SHOP}" in shown


def test_it_is_one_line_and_short() -> None:
    shown = would(Request(body="a\nb\r\n" + "é" * 5_000), {})
    assert len(shown) == LONGEST
    assert "\n" not in shown
    assert shown.startswith("GET body=a b é")


def test_a_secret_at_the_cut_is_masked_before_it_is_cut() -> None:
    marker = "[secret:0123456789abcdef:SHOP]"
    for length in range(LONGEST - 60, LONGEST):
        assert "0123" not in would(Request(body="x" * length + marker), {"SHOP": Secret(marker)})
