"""Work in other processes: answers, limits, failures, and that nothing is reached from there."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.sdk import BlockError, _worker_process, work
from app.sdk._worker_process import Overdue, WorkerProcess

pytestmark = pytest.mark.anyio


async def failure(function: str, *arguments: object, **more: float | str) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await work(function, *arguments, **more)  # type: ignore[arg-type]
    return caught.value


async def test_the_answer_comes_from_another_process() -> None:
    assert await work("os:getpid") != os.getpid()
    assert await work("operator:add", ["ü"], [{"a": None}]) == ["ü", {"a": None}]


async def test_several_at_the_same_time() -> None:
    assert await asyncio.gather(*(work("math:sqrt", number * number) for number in range(20))) == list(range(20))


async def test_the_server_goes_on_while_work_is_under_way() -> None:
    working = asyncio.create_task(work("time:sleep", 60, seconds=60))
    turns = 0
    while turns < 100:
        await asyncio.sleep(0)
        turns += 1
    assert not working.done()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_what_takes_too_long_is_stopped_and_the_next_goes_on() -> None:
    began = time.monotonic()
    error = await failure("time:sleep", 600, seconds=0.2)
    assert (error.code, error.retryable) == ("TIME_LIMIT", False)
    assert time.monotonic() - began < 60
    assert await work("math:sqrt", 4) == 2


async def test_a_library_that_is_missing_is_named_by_its_extra() -> None:
    error = await failure("no_such_library:read", extra="xlsx")
    assert error.code == "NOT_INSTALLED"
    assert "pip install 'blockyard[xlsx]'" in error.message


async def test_failures_of_the_function() -> None:
    assert (await failure("blocks.data._regex_work:run", "test", "(", "a", "", {"ignore_case": True}, 0)).code == "WORK_FAILED"
    error = await failure("math:sqrt", "secret")
    assert (error.code, "secret" in error.message) == ("WORK_FAILED", False)
    assert (await failure("operator:mul", "x", 1 << 31)).code == "MEMORY_LIMIT"
    assert (await failure("operator:mul", "x", 20_000_000)).code == "WORKER_ENDED"
    assert (await failure("os:_exit", 3)).code == "WORKER_ENDED"
    assert await work("math:sqrt", 4) == 2


async def test_what_prints_does_not_disturb() -> None:
    assert await work("builtins:print", "+++++++++++++++++++++") is None
    assert await work("math:sqrt", 9) == 3


async def test_a_worker_has_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKYARD_SECRET_KEY", "secret")
    assert [await work("os:getenv", name) for name in ("HOME", "BLOCKYARD_SECRET_KEY")] == [None, None]


async def test_a_worker_sees_only_python_where_there_is_a_wall(tmp_path: Path) -> None:
    await work("os:getpid")
    if not WorkerProcess.walled:
        pytest.skip("bubblewrap does not work here")
    assert await work("os.path:exists", "/etc/passwd") is False
    assert await work("os.path:exists", str(Path(__file__))) is False
    assert (await failure("builtins:open", str(tmp_path / "file"), "w")).code == "WORK_FAILED"
    assert (await failure("socket:create_connection", ["127.0.0.1", 1], 1)).code == "WORK_FAILED"


def test_where_there_is_no_wall_it_works_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerProcess, "walled", None)
    monkeypatch.setattr(_worker_process, "WALL", ("--no-such-option",))
    worker = WorkerProcess.start()
    assert worker.ask(b'[5, "math:sqrt", 4]', 60, 1000) == b'{"value": 2.0}'
    assert WorkerProcess.walled is False
    worker.kill()


def test_a_wall_that_worked_once_is_never_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerProcess, "walled", True)
    monkeypatch.setattr(_worker_process, "WALL", ("--no-such-option",))
    monkeypatch.setattr(_worker_process.shutil, "which", lambda _: "/bin/false")
    with pytest.raises(EOFError):
        WorkerProcess.start()
    assert WorkerProcess.walled is True


def test_the_server_itself_loads_none_of_the_libraries() -> None:
    source = "import sys; from app.catalog import Catalog; Catalog.load(); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"PIL", "openpyxl", "pypdf", "icalendar", "feedparser", "selectolax", "nh3", "re2", "segno", "jmespath", "ruamel"}
    assert "app.catalog" in loaded
    assert heavy & set(loaded) == set()


def test_a_worker_that_was_killed_is_noticed() -> None:
    worker = WorkerProcess.start()
    assert worker.alive()
    worker.kill()
    assert not worker.alive()
    with pytest.raises(EOFError):
        worker.ask(b'[5, "math:sqrt", 4]', 5, 1000)


def test_an_answer_that_is_late_ends_the_worker() -> None:
    worker = WorkerProcess.start()
    with pytest.raises(Overdue):
        worker.ask(b'[5, "time:sleep", 600]', 0.1, 1000)
    deadline = time.monotonic() + 10
    while worker.alive() and time.monotonic() < deadline:  # another thread waits for its end, and tells a moment later
        time.sleep(0.01)
    assert not worker.alive()
