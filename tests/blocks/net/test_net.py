"""Blocks that call the web, against a real server on loopback: what they send, what they make of answers, and failures."""

import json
from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio


async def test_a_signed_message_that_its_receiver_can_check(run: Any, peer: Any, http: Any) -> None:
    peer.answers({"ok": True}, status=202)
    config = {
        "url": f"{peer.url}/hook",
        "event": "order.paid",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "headers": {"X-A": 5},
    }
    outcome = await run("webhook.send", config, {"id": 7, "ü": None}, http=http)
    (got,) = peer.requests
    assert json.loads(got["body"]) == {
        "type": "order.paid",
        "timestamp": "2026-06-01T12:00:00+00:00",
        "data": {"id": 7, "ü": None},
    }
    assert (got["headers"]["content-type"], got["headers"]["x-a"]) == ("application/json", "5")
    check = {"operation": "verify", "secret": config["secret"], "headers": got["headers"]}
    assert (await run("crypto.hmac", check, got["body"])).ports == ("valid",)
    assert outcome.value["message_id"] == got["headers"]["webhook-id"]
    assert (outcome.value["status_code"], outcome.value["body"]) == (202, '{"ok": true}')


async def test_a_repeated_message_has_the_same_number(run: Any, refused: Any, peer: Any, http: Any) -> None:
    config = {"url": peer.url, "envelope": False}
    peer.answers(status=503, headers={"Retry-After": "17"})
    error = await refused("webhook.send", config, 1, http=http)
    assert (error.code, error.retryable, error.retry_after) == ("HTTP_STATUS", True, 17)
    peer.answers()
    await run("webhook.send", config, 1, http=http)
    peer.answers()
    await run("webhook.send", config, 1, http=http, idempotency_key="other")
    first, second, third = (request["headers"]["webhook-id"] for request in peer.requests)
    assert first == second != third
    assert {request["body"] for request in peer.requests} == {"1"}


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (404, False), (408, True), (429, True), (500, True), (301, None)]
)
async def test_what_the_receiver_answers(
    run: Any, refused: Any, peer: Any, http: Any, status: int, retryable: bool | None
) -> None:
    peer.answers("no", status=status, headers={"Location": "/elsewhere"})
    if retryable is None:
        assert (await run("webhook.send", {"url": peer.url}, 1, http=http)).value["status_code"] == 301
    else:
        error = await refused("webhook.send", {"url": peer.url}, 1, http=http)
        assert (error.retryable, error.details["status_code"]) == (retryable, status)
    assert len(peer.requests) == 1


async def test_a_receiver_that_is_not_there_or_may_not_be_called(refused: Any, peer: Any, http: Any) -> None:
    assert (await refused("webhook.send", {"url": "http://127.0.0.1:1/"}, 1, http=http)).code == "CONNECTION"
    assert (await refused("webhook.send", {"url": "http://10.0.0.1/"}, 1, http=http)).code == "EGRESS_REFUSED"


QUERY = "query ($id: ID!) { user(id: $id) { name } }"


async def test_graphql(run: Any, peer: Any, http: Any) -> None:
    peer.answers({"data": {"user": {"name": "Ada"}}})
    config = {"url": peer.url, "query": QUERY, "variables": {"id": "{{ input }}"}, "operation_name": "x"}
    outcome = await run("net.graphql", config, "7", http=http)
    assert outcome.value == {"data": {"user": {"name": "Ada"}}, "errors": []}
    assert peer.sent() == {"query": QUERY, "variables": {"id": "7"}, "operationName": "x"}


@pytest.mark.parametrize(
    ("answer", "status", "code", "words"),
    [
        ({"errors": [{"message": "no such user"}, {"x": 1}]}, 200, "GRAPHQL_ERROR", "no such user"),
        ({"errors": [{"message": "bad token"}]}, 401, "GRAPHQL_ERROR", "bad token"),
        ({"data": {}, "errors": ["half"]}, 200, "GRAPHQL_ERROR", "half"),
        ("<html>", 502, "HTTP_STATUS", "answered 502"),
        ("hello", 200, "NOT_GRAPHQL", "GraphQL"),
        ([1], 200, "NOT_GRAPHQL", "GraphQL"),
    ],
    ids=str,
)
async def test_graphql_that_fails(refused: Any, peer: Any, http: Any, answer: Json, status: int, code: str, words: str) -> None:
    peer.answers(answer, status=status)
    error = await refused("net.graphql", {"url": peer.url, "query": QUERY}, http=http)
    assert (error.code, words in error.message) == (code, True)


async def test_half_an_answer_may_be_enough(run: Any, peer: Any, http: Any) -> None:
    peer.answers({"data": {"a": 1}, "errors": [{"message": "half"}]})
    outcome = await run("net.graphql", {"url": peer.url, "query": QUERY, "partial": True}, http=http)
    assert outcome.value == {"data": {"a": 1}, "errors": [{"message": "half"}]}


def page(names: list[str], cursor: str | None, edges: bool = False) -> Json:
    items = {"edges": [{"node": name} for name in names]} if edges else {"nodes": names}
    return {"data": {"repo": {"issues": {**items, "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}}}}}


async def test_all_pages(run: Any, peer: Any, http: Any) -> None:
    peer.answers(page(["a", "b"], "c1"))
    peer.answers(page(["c"], None, edges=True))
    config = {"url": peer.url, "query": QUERY, "variables": {"n": 2}, "pages_at": "repo.issues"}
    outcome = await run("net.graphql", config, http=http)
    assert outcome.value == {"items": ["a", "b", "c"], "errors": [], "pages": 2, "more": False}
    assert [peer.sent(number)["variables"] for number in (0, 1)] == [{"n": 2}, {"n": 2, "after": "c1"}]


async def test_not_more_pages_than_wanted(run: Any, refused: Any, peer: Any, http: Any) -> None:
    peer.answers(page(["a"], "c1"))
    config = {"url": peer.url, "query": QUERY, "pages_at": "repo.issues", "max_pages": 1}
    assert (await run("net.graphql", config, http=http)).value == {"items": ["a"], "errors": [], "pages": 1, "more": True}
    peer.answers({"data": {"repo": {}}})
    assert (await refused("net.graphql", config, http=http)).code == "PAGES_INVALID"


@pytest.mark.parametrize(
    ("config", "status", "problem"),
    [
        ({}, 200, ""),
        ({"expect_text": "Cart"}, 200, ""),
        ({"expect_text": "secret"}, 200, "the expected text is not in the answer"),
        ({}, 404, "answered 404"),
        ({"expect_status": [404, 410]}, 404, ""),
        ({"expect_status": [204]}, 200, "answered 200, expected 204"),
    ],
    ids=str,
)
async def test_a_site(run: Any, peer: Any, http: Any, config: dict[str, Json], status: int, problem: str) -> None:
    peer.answers(raw=b"<h1>Cart</h1>", status=status)
    outcome = await run("net.check", {"url": peer.url, **config}, http=http)
    assert (outcome.value["problem"], outcome.value["up"], outcome.value["status_code"]) == (problem, not problem, status)
    assert outcome.ports == ("output", "down" if problem else "up")


async def test_a_site_that_is_down(run: Any, refused: Any, http: Any) -> None:
    outcome = await run("net.check", {"url": "http://127.0.0.1:1"}, http=http)
    assert (outcome.value["up"], outcome.value["status_code"]) == (False, None)
    assert "could not be reached" in outcome.value["problem"]
    assert (await refused("net.check", {"url": "http://10.0.0.1"}, http=http)).code == "EGRESS_REFUSED"


RSS = """<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>N\xe4ws</title><link>https://a.example</link>
<item><title>A &amp; B</title><link>https://a.example/1</link><guid>g1</guid><pubDate>Mon, 01 Jun 2026 14:00:00 +0200</pubDate>
<description>&lt;b&gt;x&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description><category>c</category>
<enclosure url="https://a.example/m.mp3" type="audio/mpeg" length="5"/></item><item><title>no id</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title><entry><id>urn:1</id><title type="html">T</title>
<link href="https://a.example/2"/><updated>2026-06-01T12:00:00Z</updated><author><name>Ada</name></author>
<content type="html">&lt;p&gt;c&lt;/p&gt;</content></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "J",
    "items": [{"id": "1", "title": "T", "content_text": "c", "tags": ["x"], "authors": [{"name": "Ada"}]}],
}


async def read(run: Any, http: Any, peer: Any, **config: Any) -> Any:
    return (await run("rss.read", {"url": f"{peer.url}/feed", **config}, http=http)).value


async def test_rss(run: Any, peer: Any, http: Any) -> None:
    peer.answers(raw=RSS.encode("latin-1"), headers={"Content-Type": "application/rss+xml"})
    found = await read(run, http, peer)
    first, second = found["entries"]
    assert (found["feed"]["title"], found["changed"]) == ("Näws", True)
    assert first == {
        "id": "g1", "title": "A & B", "link": "https://a.example/1", "summary": "<b>x</b>", "content": None, "author": None,
        "published": "2026-06-01T12:00:00+00:00", "updated": None, "categories": ["c"],
        "files": [{"url": "https://a.example/m.mp3", "media_type": "audio/mpeg", "size": 5}],
    }  # fmt: skip
    assert (second["id"], second["published"]) == ("no id", None)


async def test_atom_and_json(run: Any, peer: Any, http: Any) -> None:
    peer.answers(raw=ATOM.encode())
    (entry,) = (await read(run, http, peer))["entries"]
    assert (entry["id"], entry["author"], entry["content"], entry["updated"][:10]) == ("urn:1", "Ada", "<p>c</p>", "2026-06-01")
    peer.answers(JSON_FEED)
    (entry,) = (await read(run, http, peer))["entries"]
    assert (entry["id"], entry["author"], entry["content"], entry["categories"]) == ("1", "Ada", "c", ["x"])


async def test_a_limit(run: Any, peer: Any, http: Any) -> None:
    peer.answers(raw=RSS.encode("latin-1"))
    assert len((await read(run, http, peer, limit=1))["entries"]) == 1


async def test_a_feed_that_has_not_changed(run: Any, peer: Any, http: Any, stage: Any) -> None:
    state = stage().state
    config = {"url": peer.url, "only_changes": True}
    peer.answers(raw=ATOM.encode(), headers={"ETag": '"v1"', "Last-Modified": "Mon, 01 Jun 2026 12:00:00 GMT"})
    assert (await run("rss.read", config, http=http, state=state)).value["changed"] is True
    peer.answers(raw=b"", status=304)
    again = (await run("rss.read", config, http=http, state=state)).value
    assert (again["changed"], again["entries"]) == (False, [])
    assert peer.requests[1]["headers"]["if-none-match"] == '"v1"'
    peer.answers(raw=ATOM.encode())
    await run("rss.read", config, http=http, state=state, block_id="another")
    assert "if-none-match" not in peer.requests[2]["headers"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>no feed</body></html>",
        b"",
        b"/etc/passwd",
        b"http://127.0.0.1:1/",
        b'{"version": "https://jsonfeed.org/version/1", "items": 5}',
        b"{",
        b'{"items": []}',
    ],
)
async def test_what_is_no_feed(refused: Any, peer: Any, http: Any, body: bytes) -> None:
    peer.answers(raw=body, headers={"Content-Type": "text/html"})
    assert (await refused("rss.read", {"url": peer.url}, http=http)).code == "NOT_A_FEED"


async def test_a_feed_cannot_read_files_or_explode(run: Any, refused: Any, peer: Any, http: Any) -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    body = f'<!DOCTYPE r [{bomb}<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item>'
    body += "<title>&e9;&x;</title></item></channel></rss>"
    peer.answers(raw=body.encode())
    try:
        found = json.dumps(await read(run, http, peer))
    except Exception as error:
        found = str(error)
    assert len(found) < 100_000
    assert "root:" not in found
