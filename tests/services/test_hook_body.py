"""A webhook's body as variables, decided by its real content type alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.services.errors import ServiceError
from app.services.hook_body import LARGE, parse_body, read_body


@pytest.mark.parametrize(
    ("content_type", "body", "variables"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("APPLICATION/JSON; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("application/cloudevents+json", b'{"a": 1}', {"a": 1}),
        ("application/json", b"[1]", {"body": [1]}),
        ("application/json", b"null", {"body": None}),
        ("application/json", b"", {}),
        ("", b"", {}),
        ("", b'{"a": 1}', {"a": 1}),
        ("", b"plain words", {"body": "plain words"}),
        ("application/x-www-form-urlencoded", b"a=1&b=&a=2&c=%C3%A9", {"a": ["1", "2"], "b": "", "c": "é"}),
        ("text/plain", "é".encode(), {"body": "é"}),
        ("text/plain; charset=iso-8859-1", b"\xe9", {"body": "é"}),
        ("text/html", b"<b>", {"body": "<b>"}),
        ("application/xml", b"<a/>", {"body": "<a/>"}),
        ("application/pdf", b"%PDF", {"body": {"content_type": "application/pdf", "base64": "JVBERg=="}}),
        ("nonsense", b"x", {"body": "x"}),
    ],
)
def test_bodies(content_type: str, body: bytes, variables: dict[str, Any]) -> None:
    assert parse_body(content_type, body) == variables


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_json_under_another_name_is_no_json(content_type: str) -> None:
    """A caller must not choose the parser by what the body looks like."""
    body = b'{"file": {"path": "/etc/passwd"}}'
    assert "file" not in parse_body(content_type, body)


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"--X\r\n" + part + b"\r\n" for part in parts) + b"--X--\r\n"


FIELD = b'Content-Disposition: form-data; name="note"\r\n\r\nhi'
FILE = b'Content-Disposition: form-data; name="bill"; filename="../../etc/passwd"\r\nContent-Type: text/plain\r\n\r\n12 EUR'


def test_a_file_is_its_content_and_never_a_path_of_this_machine() -> None:
    variables = parse_body("multipart/form-data; boundary=X", multipart(FIELD, FILE))
    assert variables["note"] == "hi"
    assert base64.b64decode(variables["bill"]["base64"]) == b"12 EUR"
    assert set(variables["bill"]) == {"filename", "content_type", "size", "base64"}
    assert variables["bill"]["size"] == 6


def test_several_fields_of_one_name_are_a_list() -> None:
    assert parse_body("multipart/form-data; boundary=X", multipart(FIELD, FIELD, FIELD)) == {"note": ["hi", "hi", "hi"]}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b"\xff"),
        ("application/json", b"[" * 5_000 + b"]" * 5_000),
        ("text/plain; charset=utf-8", b"\xff"),
        ("text/plain; charset=klingon", b"x"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(1_001))),
        ("multipart/form-data", multipart(FIELD)),
        ("multipart/form-data; boundary=Y", multipart(FIELD)),
        ("multipart/form-data; boundary=X", multipart(*[FIELD] * 1_001)),
        ("multipart/form-data; boundary=X", b"--X\r\nno header"),
    ],
)
def test_bodies_that_cannot_be_read_are_400(content_type: str, body: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        parse_body(content_type, body)
    assert (caught.value.status, caught.value.code) == (400, "VALIDATION_ERROR")


@pytest.mark.anyio
async def test_a_large_body_is_read_the_same() -> None:
    text = "x" * (LARGE + 1)
    assert await read_body("text/plain", text.encode()) == {"body": text}
