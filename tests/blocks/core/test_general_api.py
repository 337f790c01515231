"""The API call against a real server on loopback."""

from typing import Any

import pytest

from app.sdk import BlockError, File, HttpResponse, Json
from blocks.core.general_api import read_body

pytestmark = pytest.mark.anyio


async def call(stage: Any, http: Any, peer: Any, **config: Json) -> Json:
    outcome = await stage(http=http, variables={"n": 5}).run("general_api", {"url": f"{peer.url}/orders", **config})
    return outcome.value


async def test_a_json_answer_is_read(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({"id": 7}, status=201)
    answer = await call(stage, http, peer, method="post", body={"n": "{{ variables.n }}"}, params={"page": 2, "deep": True})
    assert (answer["status_code"], answer["body"], answer["headers"]["content-type"]) == (201, {"id": 7}, "application/json")
    sent = peer.requests[0]
    assert (sent["method"], sent["target"], sent["body"]) == ("POST", "/orders?page=2&deep=true", '{"n":5}')


@pytest.mark.parametrize(
    ("config", "content_type", "body"),
    [
        ({"body_type": "form", "body": {"a": "1 2", "n": 3}}, "application/x-www-form-urlencoded", "a=1+2&n=3"),
        ({"body_type": "multipart", "body": {"a": "x"}}, "multipart/form-data; boundary=", 'name="a"\r\n\r\nx'),
        ({"body_type": "raw", "body": "<a/>"}, "text/plain; charset=utf-8", "<a/>"),
        ({"body_type": "raw", "body": "<a/>", "headers": {"content-type": "text/xml"}}, "text/xml", "<a/>"),
    ],
)
async def test_kinds_of_body(stage: Any, http: Any, peer: Any, config: dict[str, Json], content_type: str, body: str) -> None:
    peer.answers({})
    await call(stage, http, peer, method="POST", **config)
    assert peer.requests[0]["headers"]["content-type"].startswith(content_type)
    assert body in peer.requests[0]["body"]


async def test_a_form_must_have_names(stage: Any, http: Any, peer: Any) -> None:
    with pytest.raises(BlockError, match="field `body`: a form must be an object"):
        await call(stage, http, peer, method="POST", body_type="form", body=[1])


async def test_an_error_status_fails_unless_that_is_switched_off(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({"reason": "no such order"}, status=404)
    with pytest.raises(BlockError) as caught:
        await call(stage, http, peer)
    assert caught.value.code == "HTTP_STATUS"
    assert caught.value.message == 'GET 127.0.0.1 answered 404: {"reason": "no such order"}'
    peer.answers({"reason": "no such order"}, status=404)
    assert (await call(stage, http, peer, fail_on_status=False))["status_code"] == 404


async def test_a_long_error_is_cut(stage: Any, http: Any, peer: Any) -> None:
    peer.answers("x" * 10_000, status=500)
    with pytest.raises(BlockError) as caught:
        await call(stage, http, peer)
    assert len(caught.value.message) < 300
    assert len(caught.value.details["body"]) < 600


async def test_the_idempotency_key_is_sent_when_asked_for(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({})
    peer.answers({})
    await call(stage, http, peer, send_idempotency_key=True)
    await call(stage, http, peer)
    assert [sent["headers"].get("idempotency-key") for sent in peer.requests] == ["run-1:block_1:0", None]


async def test_a_private_address_is_refused_with_the_way_out(stage: Any, http: Any) -> None:
    with pytest.raises(BlockError, match="BLOCKYARD_EGRESS_ALLOW"):
        await stage(http=http).run("general_api", {"url": "http://169.254.169.254/"})


@pytest.mark.parametrize(
    ("content_type", "content", "response_type", "expected"),
    [
        ("application/json", b'{"a": 1}', "auto", {"a": 1}),
        ("application/problem+json; charset=utf-8", b"[1]", "auto", [1]),
        ("application/json", b"", "auto", None),
        ("application/json", b"not json", "auto", "not json"),
        ("application/json", b"NaN", "auto", "NaN"),
        ("text/html", b"<p>", "auto", "<p>"),
        ("image/png", b"\x89PNG\x00", "auto", "iVBORwA="),
        ("", b"plain", "auto", "plain"),
        ("text/plain", b"[1]", "json", [1]),
        ("application/json", b"[1]", "text", "[1]"),
        ("application/json", b"[1]", "bytes", "WzFd"),
    ],
)
def test_kinds_of_answer(content_type: str, content: bytes, response_type: str, expected: Json) -> None:
    response = HttpResponse(200, {"content-type": content_type}, content, content.decode(errors="replace"))
    assert read_body(response, response_type) == expected


def test_json_that_was_asked_for_must_be_there() -> None:
    with pytest.raises(BlockError, match="is not JSON"):
        read_body(HttpResponse(200, {}, b"<html>", "<html>"), "json")


async def test_a_file_is_sent_as_it_is(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({})
    await call(stage, http, peer, method="POST", body_type="raw", body=File("a.csv", "text/csv", "ü;1".encode()).value())
    assert (peer.requests[0]["headers"]["content-type"], peer.requests[0]["body"]) == ("text/csv", "ü;1")


async def test_files_within_a_form(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({})
    body = {"note": "x", "file": File("ü.txt", "text/plain", b"hello").value()}
    await call(stage, http, peer, method="POST", body_type="multipart", body=body)
    sent = peer.requests[0]["body"]
    assert 'name="note"\r\n\r\nx\r\n' in sent
    assert "Content-Type: text/plain\r\n\r\nhello" in sent


async def test_a_file_cannot_break_out_of_its_part(stage: Any, http: Any, peer: Any) -> None:
    body = {"file": {"filename": 'a"\r\nX-Evil: 1', "content_type": "text/plain", "base64": ""}}
    with pytest.raises(BlockError, match="control character"):
        await call(stage, http, peer, method="POST", body_type="multipart", body=body)


@pytest.mark.parametrize(
    ("headers", "name", "media_type"),
    [
        ({"content-type": "image/png", "content-disposition": 'attachment; filename="a b.png"'}, "a b.png", "image/png"),
        ({"content-type": "text/csv; charset=x"}, "file.csv", "text/csv"),
        ({}, "file.bin", "application/octet-stream"),
        ({"content-disposition": "attachment; filename*=UTF-8''%C3%BC.txt"}, "ü.txt", "application/octet-stream"),
        ({"content-disposition": 'attachment; filename="../../etc/passwd"'}, "passwd", "application/octet-stream"),
        ({"content-disposition": 'attachment; filename="..\\\\..\\\\"'}, "file.bin", "application/octet-stream"),
    ],
    ids=str,
)
def test_an_answer_as_a_file(headers: dict[str, str], name: str, media_type: str) -> None:
    value = read_body(HttpResponse(200, headers, b"\x00\xff", ""), "file")
    assert value == {"filename": name, "content_type": media_type, "size": 2, "base64": "AP8="}
