"""Failures in words, pages, waiting and repeating, at services whose manifests say how."""

from __future__ import annotations

import pytest

from app.presets.library import Presets
from app.sdk import Block, Json
from tests.presets.conftest import KEY, World, server_credential

pytestmark = pytest.mark.anyio
POST = {"credential": "BEARER", "channel": "#orders", "text": "x"}


def block(presets: Presets, type: str) -> Block:
    found = presets.get(type)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "body", "code", "retryable", "words"),
    [
        (200, {"ok": False, "error": "invalid_auth"}, "SERVICE_AUTH", False, "does not accept the credential: invalid_auth"),
        (200, {"ok": False, "error": "not_in_channel"}, "SERVICE_REFUSED", False, "not_in_channel. Invite the bot"),
        (200, {"ok": False, "error": "channel_not_found"}, "SERVICE_NOT_FOUND", False, "channel_not_found"),
        (200, {"ok": False, "error": "ratelimited"}, "SERVICE_LIMIT", True, "asks for fewer requests"),
        (401, {"error": "x"}, "SERVICE_AUTH", False, "x"),
        (404, "gone", "SERVICE_NOT_FOUND", False, "gone"),
        (400, {}, "SERVICE_REFUSED", False, "status 400"),
        (500, "<html>", "SERVICE_FAILED", True, "could not do this now"),
    ],
)  # fmt: skip
async def test_a_failure_is_told_in_words(
    presets: Presets, world: World, status: int, body: Json, code: str, retryable: bool, words: str
) -> None:
    world.service.says(body, status)
    error = await world.fails(block(presets, "slack.post_message"), POST)
    assert (error.code, error.retryable) == (code, retryable)
    assert words in error.message
    assert error.details["status_code"] == status


async def test_a_service_that_asks_to_wait_a_moment_is_asked_again(presets: Presets, world: World) -> None:
    world.service.says({"ok": False}, 429, retry_after="0")
    world.service.says({"ok": True, "ts": "1.2"})
    assert (await world.run(block(presets, "slack.post_message"), POST))["ts"] == "1.2"


async def test_a_service_that_asks_to_wait_long_fails_the_step_with_that_time(presets: Presets, world: World) -> None:
    world.service.says({"message": "slow down"}, 429, retry_after="3600")
    error = await world.fails(block(presets, "github.get_me"), {"credential": "BEARER"})
    assert (error.code, error.retry_after, len(world.service.seen)) == ("SERVICE_LIMIT", 3600, 1)


async def test_pages_by_cursor_until_enough(presets: Presets, world: World) -> None:
    for number in (1, 2, 3):
        more = {"response_metadata": {"next_cursor": f"c{number}"}}
        world.service.says({"ok": True, "channels": [{"id": f"C{number}a"}, {"id": f"C{number}b"}], **more})
    output = await world.run(block(presets, "slack.list_channels"), {"credential": "BEARER", "most": 3})
    assert output == {"items": [{"id": "C1a"}, {"id": "C1b"}, {"id": "C2a"}], "more": True}
    assert [seen["query"].get("cursor") for seen in world.service.seen] == [None, "c1"]


async def test_pages_by_cursor_in_the_body(presets: Presets, world: World) -> None:
    world.service.says({"results": [{"id": 1}], "has_more": True, "next_cursor": "n"})
    world.service.says({"results": [{"id": 2}], "has_more": False, "next_cursor": None})
    output = await world.run(block(presets, "notion.search"), {"credential": "BEARER"})
    assert output == {"items": [{"id": 1}, {"id": 2}], "more": False}
    assert b'"start_cursor":"n"' in world.service.seen[1]["body"]


async def test_pages_after_the_last_entry(presets: Presets, world: World) -> None:
    world.service.says({"data": [{"id": "a"}, {"id": "b"}], "has_more": True})
    world.service.says({"data": [{"id": "c"}], "has_more": False})
    output = await world.run(block(presets, "stripe.list_customers"), {"credential": "BEARER"})
    assert [item["id"] for item in output["items"]] == ["a", "b", "c"]
    assert world.service.seen[1]["query"]["starting_after"] == "b"


async def test_pages_by_number_until_a_short_one(presets: Presets, world: World) -> None:
    world.service.says([{"id": number} for number in range(200)])
    world.service.says([{"id": 200}])
    config = {"credential": "SERVER", "most": 1_000}
    output = await world.run(block(presets, "mattermost.list_users"), config, SERVER=server_credential())
    assert (len(output["items"]), output["more"]) == (201, False)
    assert [seen["query"]["page"] for seen in world.service.seen] == ["0", "1"]


async def test_a_repeated_step_sends_the_same_key(presets: Presets, world: World) -> None:
    for _ in range(2):
        world.service.says({"id": "re_1"})
        await world.run(block(presets, "stripe.refund"), {"credential": "BEARER", "payment": "pi_1"})
    assert [seen["headers"]["idempotency-key"] for seen in world.service.seen] == [KEY, KEY]


async def test_a_refused_page_fails_the_whole_list(presets: Presets, world: World) -> None:
    world.service.says({"ok": True, "channels": [{"id": 1}], "response_metadata": {"next_cursor": "c"}})
    world.service.says({"ok": False, "error": "invalid_auth"})
    assert (await world.fails(block(presets, "slack.list_channels"), {"credential": "BEARER"})).code == "SERVICE_AUTH"


async def test_a_file_comes_with_its_name(presets: Presets, world: World) -> None:
    world.service.says("hello", Content_Disposition='attachment; filename="a.txt"')
    value = await world.run(block(presets, "google_drive.download"), {"credential": "OAUTH", "file_id": "f1"})
    assert value == {"filename": "a.txt", "content_type": "text/plain", "size": 5, "base64": "aGVsbG8="}


async def test_a_lost_connection_is_told(presets: Presets, world: World) -> None:
    world.service.answers.append((0, {}, b""))
    world.detour.port = 1
    error = await world.fails(block(presets, "github.get_me"), {"credential": "BEARER"})
    assert error.code == "CONNECTION"
