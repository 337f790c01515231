"""What a webhook's caller gets of the response block's body: texts, data, files."""

from __future__ import annotations

import pytest

from app.sdk import File, Json
from app.services.hook_answers import HookAnswer
from app.web.hooks import answer_parts


def answered(body: Json, **headers: str) -> tuple[str, bytes]:
    """Media type and content."""
    status, sent, content = answer_parts(HookAnswer("run-1", {"status": 200, "headers": headers, "body": body}, None))
    assert (status, sent["content-security-policy"]) == (200, "sandbox")
    return sent["content-type"], content


@pytest.mark.parametrize(
    ("body", "headers", "wanted"),
    [
        ("ü", {}, ("text/plain; charset=utf-8", "ü".encode())),
        ({"a": 1}, {}, ("application/json", b'{"a":1}')),
        (File("a.png", "image/png", b"\x89PNG").value(), {}, ("image/png", b"\x89PNG")),
        (File("a.csv", "text/csv", b"a").value(), {}, ("text/csv; charset=utf-8", b"a")),
        (File("a.png", "image/png", b"x").value(), {"Content-Type": "image/x-own"}, ("image/x-own", b"x")),
        (File("a", "text/html\r\nx-evil: 1", b"x").value(), {}, ("application/octet-stream", b"x")),
        ({"base64": "???"}, {}, ("application/json", b'{"base64":"???"}')),
        ([File("a.png", "image/png", b"x").value()], {}, ("application/json", None)),
    ],
    ids=["text", "data", "picture", "csv", "own type", "evil", "no file", "list"],
)
def test_a_body(body: Json, headers: dict[str, str], wanted: tuple[str, bytes | None]) -> None:
    media_type, content = answered(body, **headers)
    assert media_type == wanted[0]
    assert wanted[1] is None or content == wanted[1]
