"""File blocks on a real folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.sdk import BlockError, Json
from app.services.workspace_files import FileStore
from app.settings import Settings

pytestmark = pytest.mark.anyio

PNG = {"filename": "a.png", "content_type": "image/png", "size": 3, "base64": "AP+A"}


@pytest.fixture
def there(stage: Any, tmp_path: Path) -> Any:
    """A stage with a storage, and with an operator's folder named shared, apart for each workspace."""
    (tmp_path / "shared" / "one").mkdir(parents=True)
    (tmp_path / "shared" / "one" / "settings.json").write_text('{"tax": 19}')
    store = FileStore(tmp_path, {"shared": str(tmp_path / "shared" / "{workspace}")}, 10)
    context = stage(files=store.of("one"))
    context.other = stage(files=store.of("two"))
    return context


async def refused(attempt: Any) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await attempt
    return caught.value


@pytest.mark.parametrize(
    ("content", "read_as", "back"),
    [
        ("Grüße", "text", "Grüße"),
        ({"a": [1]}, "json", {"a": [1]}),
        (PNG, "file", PNG | {"content_type": "application/json"}),
        (5, "json", 5),
    ],
    ids=["text", "object", "file", "number"],
)
async def test_what_is_written_is_read(there: Any, content: Json, read_as: str, back: Json) -> None:
    written = (await there.run("file.write", {"path": "in/a.json"}, content)).value
    found = (await there.run("file.read", {"path": "in/a.json", "read_as": read_as})).value
    assert found["file"] == written
    assert found["content"] == (back | {"filename": "a.json"} if read_as == "file" else back)


async def test_lines_are_added(there: Any) -> None:
    for who in ("ada", "bob"):
        await there.run(
            "file.write", {"path": "log", "content": "{{ input.who }}", "mode": "append", "line_break": True}, {"who": who}
        )
    assert (await there.run("file.read", {"path": "log"})).value["content"] == "ada\nbob\n"
    assert (await there.run("file.read", {"path": "log", "offset": 4, "length": 3})).value["content"] == "bob"


async def test_workspaces_and_folders_are_apart(there: Any) -> None:
    await there.run("file.write", {"path": "a.txt", "content": "mine"})
    assert (await there.other.run("file.read", {"path": "a.txt"})).ports == ("output", "missing")
    shared = {"path": "settings.json", "folder": "shared", "read_as": "json"}
    assert (await there.run("file.read", shared)).value["content"] == {"tax": 19}
    assert (await there.other.run("file.read", shared)).ports == ("output", "missing")
    assert (await refused(there.run("file.read", {"path": "a", "folder": "/etc"}))).code == "FOLDER_UNKNOWN"
    for path in ("../two/a.txt", "/etc/passwd"):
        assert (await refused(there.run("file.read", {"path": path}))).code == "PATH_INVALID"


async def test_files_are_listed_moved_and_removed(there: Any) -> None:
    for path in ("in/a.csv", "in/b.txt", "c.csv"):
        await there.run("file.write", {"path": path, "content": "x"})

    async def act(**config: Json) -> list[str]:
        outcome = await there.run("file.list", config)
        assert outcome.ports == ("output", "some" if outcome.value["count"] else "none")
        return [file["path"] for file in outcome.value["files"]]

    assert await act(pattern="*.csv", deep=True) == ["c.csv", "in/a.csv"]
    assert await act(path="in") == ["in/a.csv", "in/b.txt"]
    assert await act(operation="move", path="in/a.csv", to="done/a.csv") == ["done/a.csv"]
    assert await act(operation="copy", path="c.csv", to="done/c.csv") == ["done/c.csv"]
    assert await act(operation="look", path="in/a.csv") == []
    assert await act(operation="delete", path="c.csv") == []
    assert await act(deep=True, pattern="*.csv") == ["done/a.csv", "done/c.csv"]
    assert (await refused(there.run("file.list", {"operation": "move", "path": "in/b.txt"}))).details == {"field": "to"}


async def test_files_that_cannot_be_read_as_asked(there: Any) -> None:
    await there.run("file.write", {"path": "a", "content": PNG})
    await there.run("file.write", {"path": "b", "content": "{\n{"})
    assert (await refused(there.run("file.read", {"path": "a"}))).code == "FILE_INVALID"
    assert "line 2" in (await refused(there.run("file.read", {"path": "b", "read_as": "json"}))).message
    assert (await refused(there.run("file.read", {"path": "b", "encoding": "klingon"}))).code == "FILE_INVALID"


def test_the_operators_folders_are_named(tmp_path: Path) -> None:
    given = Settings(data=tmp_path, file_folders="in=/srv/in, out=/srv/{workspace}/out,bad=relative,=x")
    assert given.folders == {"in": "/srv/in", "out": "/srv/{workspace}/out"}
