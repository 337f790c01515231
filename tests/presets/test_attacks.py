"""What comes from outside cannot leave the place that the manifest gives it, and a credential goes to no other host."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from app.presets.library import Presets
from app.sdk import Block, BlockError
from app.services.credentials import OpenedCredential
from tests.presets.conftest import SECRET, World, server_credential

pytestmark = pytest.mark.anyio
ADDRESS = {"credential": "BEARER", "owner": "octocat", "repo": "hello-world"}


def block(presets: Presets, type: str) -> Block:
    found = presets.get(type)
    assert found is not None
    return found


@pytest.mark.parametrize("value", ["..", ".", "", "a\r\nX-Evil: 1", "a\x00", "\ud800"], ids=ascii)
async def test_a_part_of_the_path_that_cannot_be_one_is_refused(presets: Presets, world: World, value: str) -> None:
    error: Any = None
    try:
        await world.run(block(presets, "github.list_issues"), {**ADDRESS, "repo": value})
    except (BlockError, ValueError) as caught:
        error = caught
    assert "repo" in str(error)
    assert world.service.seen == []


@pytest.mark.parametrize(
    "value",
    [
        "../../user", "//evil.example", "..%2f..%2fuser", "a?x=1", "a#b", "a;b=c", "@evil.example", "a\\..\\b", "%2e%2e",
        "ü/日本", "{secret}", " a ",
    ],
    ids=ascii,
)  # fmt: skip
async def test_a_part_of_the_path_stays_one_part(presets: Presets, world: World, value: str) -> None:
    world.service.says([])
    await world.run(block(presets, "github.list_issues"), {**ADDRESS, "repo": value})
    (seen,) = world.service.seen
    parts = seen["path"].split("/")
    assert (len(parts), parts[:3], parts[4]) == (5, ["", "repos", "octocat"], "issues")
    assert unquote(parts[3]) == value
    assert world.detour.meant == ["https://api.github.com"]


@pytest.mark.parametrize("value", ["../../../user", "a/../../b", "a/./b", "a//b"], ids=ascii)
async def test_a_path_of_several_parts_does_not_climb(presets: Presets, world: World, value: str) -> None:
    error = await world.fails(block(presets, "github.get_file"), {**ADDRESS, "file": value})
    assert (error.code, error.details, world.service.seen) == ("CONFIG_INVALID", {"field": "file"}, [])


async def test_a_value_cannot_name_the_place_of_the_secret(presets: Presets, world: World) -> None:
    world.service.says({"ok": True, "result": {}})
    await world.run(block(presets, "telegram.send_message"), {"credential": "BEARER", "chat": "{secret}", "text": "{secret}"})
    assert SECRET.encode() not in world.service.seen[0]["body"]


async def test_a_secret_in_the_address_does_not_come_back(presets: Presets, world: World) -> None:
    world.service.says({"ok": False, "description": f"bad {SECRET}"}, 400)
    error = await world.fails(block(presets, "telegram.send_message"), {"credential": "BEARER", "chat": "1", "text": "x"})
    assert SECRET not in f"{error.message}{error.details}"


@pytest.mark.parametrize(
    ("type", "config", "credential"),
    [
        ("github.get_me", {"credential": "SMTP"}, None),
        ("github.get_me", {"credential": "SERVER"}, server_credential()),
        ("gitlab.get_me", {"credential": "BEARER"}, None),
    ],
    ids=["mail", "server", "no server"],
)
async def test_a_credential_of_another_type_is_not_sent(
    presets: Presets, world: World, type: str, config: dict[str, str], credential: OpenedCredential | None
) -> None:
    error = await world.fails(block(presets, type), config, **({"SERVER": credential} if credential else {}))
    assert (error.code, error.retryable, world.service.seen) == ("CREDENTIAL_TYPE", False, [])


@pytest.mark.parametrize("address", ["https://evil.example", "https://atlassian.net.evil.example", "https://evilatlassian.net"])
async def test_a_server_must_be_one_of_the_service(presets: Presets, world: World, address: str) -> None:
    error = await world.fails(block(presets, "jira.get_me"), {"credential": "SERVER"}, SERVER=server_credential(address))
    assert (error.code, world.service.seen) == ("CREDENTIAL_SERVER", [])


async def test_a_next_page_elsewhere_is_asked_at_the_same_place(presets: Presets, world: World) -> None:
    world.service.says([{"id": 1}], link='<https://evil.example/steal?page=2>; rel="next"')
    world.service.says([{"id": 2}])
    output = await world.run(block(presets, "github.list_issues"), ADDRESS)
    assert [item["id"] for item in output["items"]] == [1, 2]
    assert set(world.detour.meant) == {"https://api.github.com"}
    assert world.service.seen[1]["path"] == "/repos/octocat/hello-world/issues"
    assert world.service.seen[1]["query"]["page"] == "2"


async def test_a_line_break_in_a_mail_header_is_refused(presets: Presets, world: World) -> None:
    config = {"credential": "OAUTH", "to": ["a@example.com"], "subject": "Hi\r\nBcc: everybody@example.com", "text": "x"}
    error = await world.fails(block(presets, "gmail.send"), config)
    assert (error.code, world.service.seen) == ("CONFIG_INVALID", [])
