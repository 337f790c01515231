"""Triggers that look around by themselves: nothing is lost and nothing comes twice, over restarts and crashes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import watch_items, watches
from app.engine.values import decode_stored
from app.main import Server
from app.sdk import Json, WatchItem
from app.services.starts import Starts
from app.services.watch_rounds import LostWatch, WatchRound
from app.services.watchers import Watchers
from app.settings import Settings
from tests.support.graphs import block
from tests.support.hosts import until
from tests.support.peer import Peer, Reply
from tests.support.studio import Studio, opened_studio

pytestmark = pytest.mark.anyio


@pytest.fixture
def feed() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened_studio(tmp_path, egress_allow=("127.0.0.1",)) as studio:
        yield studio
        await studio.server.watchers.stop()


def entries(feed: Peer, *numbers: int) -> None:
    """What the feed has now, the newest first."""
    items = [{"id": str(number), "title": f"News {number}"} for number in numbers]
    tag = "-".join(map(str, numbers))
    feed.replies["/feed"] = Reply(
        {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": items}, headers={"ETag": tag}
    )


async def watching(studio: Studio, type: str, **config: Json) -> str:
    return await studio.new(block("seen", type, {"interval_seconds": 1, **config}), deploy=True)


async def heard(studio: Studio, workflow: str, name: str) -> list[Json]:
    """One field of every input that has started the workflow, in order."""
    found = await studio.executions(workflow)
    return [decode_stored(row.input)[name] for row in found]


async def comes(studio: Studio, workflow: str, name: str, expected: list[Json]) -> None:
    async def ask() -> bool | None:
        return True if sorted(await heard(studio, workflow, name)) == sorted(expected) else None

    try:
        await until(ask, 30)
    except TimeoutError:
        assert await heard(studio, workflow, name) == expected


async def looked(feed: Peer, times: int = 1) -> None:
    """Wait until the feed was asked so often again."""
    before = len(feed.calls("/feed"))

    async def ask() -> bool | None:
        return True if len(feed.calls("/feed")) >= before + times else None

    await until(ask, 30)


async def state(studio: Studio, workflow: str) -> Any:
    async with studio.server.database.read() as connection:
        return (await connection.execute(sa.select(watches).where(watches.c.workflow_id == workflow))).first()


# -- a feed ----------------------------------------------------------------------------------------------------------------


async def test_new_entries_start_the_workflow_once_each(studio: Studio, feed: Peer) -> None:
    entries(feed, 1)
    workflow = await watching(studio, "trigger.rss", urls=[f"{feed.url}/feed"])
    studio.server.watchers.start()
    await looked(feed)
    entries(feed, 3, 2, 1)
    await comes(studio, workflow, "title", ["News 2", "News 3"])
    entries(feed, 4, 1)
    await comes(studio, workflow, "title", ["News 2", "News 3", "News 4"])
    await looked(feed, 2)
    entries(feed, 2, 3)
    await looked(feed, 2)
    assert sorted(await heard(studio, workflow, "title")) == ["News 2", "News 3", "News 4"], "what comes back is known"
    row = await state(studio, workflow)
    assert (row.accepted, row.problem) == (3, "")
    assert feed.calls("/feed")[-1].headers["if-none-match"] == "2-3"


async def test_what_was_there_already_can_count(studio: Studio, feed: Peer) -> None:
    entries(feed, 2, 1)
    workflow = await watching(studio, "trigger.rss", urls=[f"{feed.url}/feed"], include_existing=True)
    studio.server.watchers.start()
    await comes(studio, workflow, "title", ["News 1", "News 2"])


async def test_after_a_restart_it_goes_on_where_it_was(tmp_path: Path, feed: Peer) -> None:
    entries(feed, 1)
    async with opened_studio(tmp_path, egress_allow=("127.0.0.1",)) as studio:
        workflow = await watching(studio, "trigger.rss", urls=[f"{feed.url}/feed"])
        studio.server.watchers.start()
        await looked(feed)
        entries(feed, 2, 1)
        await comes(studio, workflow, "title", ["News 2"])
        await studio.server.watchers.stop()
        entries(feed, 3, 2, 1)
        again = Watchers(
            studio.server.database, studio.server.services.catalog, studio.server.lending.programs,
            studio.server.watchers._starts, studio.server.lending, studio.server.bus,
        )  # fmt: skip
        again.start()
        await comes(studio, workflow, "title", ["News 2", "News 3"])
        await again.stop()


async def test_a_feed_that_fails_is_told_and_tried_again(studio: Studio, feed: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.watchers.FIRST_BACK_OFF", 0.05)
    entries(feed, 1)
    workflow = await watching(studio, "trigger.rss", urls=[f"{feed.url}/feed"], include_existing=True)
    feed.replies["/feed"] = Reply("gone", 503)
    studio.server.watchers.start()

    async def troubled() -> Any:
        row = await state(studio, workflow)
        return row if row is not None and row.failures > 1 else None

    assert "503" in (await until(troubled, 30)).problem
    [shown] = await studio.server.surfaces.watch_states.of(studio.actor, workflow)
    assert (shown.block_id, shown.accepted, shown.problem[:11]) == ("seen", 0, "HTTP_STATUS")
    assert shown.again_at is not None and shown.again_at > shown.updated_at
    states = studio.server.surfaces.watch_states
    assert list(await states.in_trouble(studio.actor, [workflow, "other"])) == [workflow]
    entries(feed, 1)
    await comes(studio, workflow, "title", ["News 1"])

    async def well() -> bool | None:
        return True if (await state(studio, workflow)).problem == "" else None

    with studio.server.bus.subscribe(f"workflow:{workflow}") as news:
        await until(well, 30)
        assert await states.in_trouble(studio.actor, [workflow]) == {}
        feed.replies["/feed"] = Reply("gone", 503)
        told = [await news.next(30)]
        while told[-1] is not None and told[-1].type != "watch.changed":
            told.append(await news.next(30))
    assert told[-1] is not None and told[-1].data == {"block_id": "seen"}


async def test_undeploying_ends_it_and_another_feed_begins_anew(studio: Studio, feed: Peer) -> None:
    entries(feed, 1)
    workflow = await watching(studio, "trigger.rss", urls=[f"{feed.url}/feed"], include_existing=True)
    watchers = studio.server.watchers
    await watchers.look_around()
    await comes(studio, workflow, "title", ["News 1"])
    await studio.server.services.activation.undeploy(studio.actor, workflow)
    await watchers.look_around()
    assert (list(watchers.watching), await state(studio, workflow)) == ([], None)
    await studio.server.services.activation.deploy(studio.actor, workflow)
    await watchers.look_around()
    await comes(studio, workflow, "title", ["News 1", "News 1"])


# -- the promise -----------------------------------------------------------------------------------------------------------


async def round_of(studio: Studio, workflow: str) -> WatchRound:
    """One look of a trigger, to drive by hand."""
    watchers = studio.server.watchers
    wanted, _ = await watchers._wanted()
    one = wanted[workflow, "seen"]
    await watchers._claim(one)
    return await WatchRound.begin(
        studio.server.database, watchers._starts, studio.server.lending, one.workflow, one.revision, one.step,
        await state(studio, workflow), nothing,
    )  # fmt: skip


async def nothing() -> None:
    """Nobody wants to know that it works."""


async def test_items_their_executions_and_the_cursor_are_one_transaction(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = await watching(studio, "trigger.file_watch")
    round = await round_of(studio, workflow)
    accept = Starts.accept_within
    count = 0

    async def breaks(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError("the power fails")
        return await accept(*arguments, **named)

    items = [WatchItem(str(number), {"name": number}) for number in range(5)]
    monkeypatch.setattr(Starts, "accept_within", breaks)
    with pytest.raises(OSError, match="power"):
        await round.accept(items, 5)
    assert await heard(studio, workflow, "name") == []
    assert (await state(studio, workflow)).cursor is None
    monkeypatch.undo()
    assert await round.accept(items, 5) == 5
    assert await round.accept(items, 6) == 0, "an item that was not acknowledged comes again, and starts nothing"
    assert await heard(studio, workflow, "name") == [0, 1, 2, 3, 4]
    assert decode_stored((await state(studio, workflow)).cursor) == 6
    assert await round.known(["1", "9"]) == {"1"}


async def test_many_items_are_accepted_in_portions(studio: Studio) -> None:
    workflow = await watching(studio, "trigger.file_watch")
    round = await round_of(studio, workflow)
    assert await round.accept([WatchItem(str(number % 450), {"name": number}) for number in range(500)], "end") == 450
    async with studio.server.database.read() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(watch_items))).scalar() == 450


async def test_who_has_lost_it_starts_nothing(studio: Studio) -> None:

    workflow = await watching(studio, "trigger.file_watch")
    round = await round_of(studio, workflow)
    await studio.change(watches, watches.c.workflow_id == workflow, driver="somebody else")
    with pytest.raises(LostWatch):
        await round.accept([WatchItem("1", {"name": 1})], 1)
    assert await heard(studio, workflow, "name") == []


# -- a folder --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(studio: Studio, tmp_path: Path) -> Path:
    found = tmp_path / "files" / studio.actor.workspace_id / "inbox"
    found.mkdir(parents=True)
    return found


def put(folder: Path, name: str, text: str, age: int = 10) -> None:
    """A file that has rested for some seconds."""
    (folder / name).write_text(text)
    moment = (folder / name).stat().st_mtime - age
    os.utime(folder / name, (moment, moment))


async def test_files_start_the_workflow_when_they_rest(studio: Studio, folder: Path) -> None:
    put(folder, "old.csv", "x")
    workflow = await watching(studio, "trigger.file_watch", path="inbox", pattern="*.csv", event="new_or_changed")
    watchers = studio.server.watchers
    watchers.start()

    async def begun() -> Any:
        row = await state(studio, workflow)
        return row if row is not None and row.cursor is not None else None

    await until(begun, 30)
    put(folder, "new.csv", "a")
    put(folder, "other.txt", "a")
    put(folder, "busy.csv", "half", age=-600)
    await comes(studio, workflow, "path", ["inbox/new.csv"])
    put(folder, "new.csv", "longer")
    await comes(studio, workflow, "path", ["inbox/new.csv", "inbox/new.csv"])
    assert await heard(studio, workflow, "event") == ["new", "changed"]
    put(folder, "busy.csv", "whole")
    await comes(studio, workflow, "name", ["new.csv", "new.csv", "busy.csv"])


async def test_a_folder_that_is_not_there_yet(studio: Studio, tmp_path: Path) -> None:
    workflow = await watching(studio, "trigger.file_watch", path="later/deep", include_existing=True)
    studio.server.watchers.start()
    await asyncio.sleep(0.1)
    found = tmp_path / "files" / studio.actor.workspace_id / "later" / "deep"
    found.mkdir(parents=True)
    put(found, "a", "x")
    await comes(studio, workflow, "path", ["later/deep/a"])


def test_a_server_knows_every_trigger_that_watches(tmp_path: Path) -> None:
    server = Server(Settings(data=tmp_path))
    watched = {block.type for block in server.services.catalog if block.watch is not None}
    assert {"trigger.rss", "trigger.file_watch"} <= watched
    assert all(block.trigger and not block.inputs for block in server.services.catalog if block.watch is not None)
