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


@pytest.mark.parametrize("body", [{"tag": ["a", "b c"], "n": 1}])
async def test_a_field_of_a_form_with_several_values_is_sent_several_times(stage: Any, http: Any, peer: Any, body: Json) -> None:
    peer.answers({})
    await call(stage, http, peer, method="POST", body_type="form", body=body)
    assert peer.requests[0]["body"] == "tag=a&tag=b+c&n=1"


NEXT = '</orders?page=2&x=a%2Cb>; rel="prev next"; title="a, b", </orders>; rel=first'
LINKED = {"Content-Type": "application/json", "Link": NEXT}


@pytest.mark.parametrize(
    ("paging", "first", "headers", "second", "targets"),
    [
        ({"mode": "link"}, [1, 2], LINKED, [3], ["/orders", "/orders?page=2&x=a%2Cb"]),
        (
            {"mode": "cursor", "items": "data.list", "next": "meta.next", "param": "after"},
            {"data": {"list": [1, 2]}, "meta": {"next": "c/1"}},
            {},
            {"data": {"list": [3]}, "meta": {}},
            ["/orders", "/orders?after=c%2F1"],
        ),
        (
            {"mode": "cursor", "next": "header:X-Next", "param": "after"},
            [1, 2],
            {"Content-Type": "application/json", "X-Next": "7"},
            [3],
            ["/orders", "/orders?after=7"],
        ),
        (
            {"mode": "offset", "param": "skip", "size_param": "take", "size": 2},
            [1, 2],
            {},
            [3],
            ["/orders?take=2", "/orders?take=2&skip=2"],
        ),
        (
            {"mode": "page", "param": "p", "start": 0, "more": "again", "items": "rows"},
            {"rows": [1, 2], "again": True},
            {},
            {"rows": [3], "again": False},
            ["/orders?p=0", "/orders?p=1"],
        ),
    ],
    ids=["link", "cursor", "cursor in a header", "offset", "page"],
)  # fmt: skip
async def test_a_list_in_pages(
    stage: Any, http: Any, peer: Any, paging: Json, first: Json, headers: dict[str, str], second: Json, targets: list[str]
) -> None:
    peer.answers(first, headers=headers or None)
    peer.answers(second)
    answer = await call(stage, http, peer, paging=paging)
    assert (answer["body"], answer["pages"], answer["more"]) == ([1, 2, 3], 2, False)
    assert [sent["target"] for sent in peer.requests] == targets


async def test_pages_end_when_enough_is_there(stage: Any, http: Any, peer: Any) -> None:
    peer.answers([1, 2, 3], headers=LINKED)
    answer = await call(stage, http, peer, paging={"mode": "link"}, most=2)
    assert (answer["body"], answer["more"], len(peer.requests)) == ([1, 2], True, 1)


async def test_a_next_page_at_another_host_is_not_followed(stage: Any, http: Any, peer: Any) -> None:
    peer.answers([1], headers={"Content-Type": "application/json", "Link": '<http://127.0.0.1:1/orders>; rel="next"'})
    with pytest.raises(BlockError, match="at another host"):
        await call(stage, http, peer, paging={"mode": "link"})


async def test_pages_of_something_that_is_no_list(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({"rows": 5})
    with pytest.raises(BlockError, match="`rows` of the answer is no list"):
        await call(stage, http, peer, paging={"mode": "page", "param": "p", "items": "rows"})


async def test_it_waits_when_it_is_asked_to(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({}, status=429, headers={"Retry-After": "0"})
    peer.answers({"id": 7})
    assert (await call(stage, http, peer))["body"] == {"id": 7}


@pytest.mark.parametrize(
    ("status", "header", "retryable", "seconds"),
    [(429, "900", True, 900), (503, "Wed, 21 Oct 2015 07:28:00 GMT", True, 0), (404, "x", False, None), (500, "", True, None)],
)
async def test_an_error_says_whether_and_when_to_try_again(
    stage: Any, http: Any, peer: Any, status: int, header: str, retryable: bool, seconds: float | None
) -> None:
    peer.answers({}, status=status, headers={"Retry-After": header})
    with pytest.raises(BlockError) as caught:
        await call(stage, http, peer, patience_s=0)
    assert (caught.value.retryable, caught.value.retry_after) == (retryable, seconds)
