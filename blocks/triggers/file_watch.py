"""Starts the workflow when a file appears in a folder, or changes.

It looks into the workspace's own storage, or into a folder that the operator of this server has opened. Files that are there
when the workflow is deployed are known already. A file counts only when it has not been changed for a moment, so that nobody
reads half of it. Each file starts one execution with its path as input, also when the server was down meanwhile; read it with
`{{ input.path }}`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Example, Json, StoredFile, WatchContext, WatchItem
from blocks.core._fields import ADVANCED
from blocks.triggers._watching import PollConfig, pass_on

MAX_FILES = 5_000


class FileWatchConfig(PollConfig):
    """Configuration of the trigger."""

    interval_seconds: int = Field(5, title="Look every", ge=1, le=86_400, description="Seconds from one look to the next.")
    folder: str = Field(
        "",
        title="Folder",
        max_length=100,
        description="A folder that the operator of this server has opened, by its name. Left empty, it is the workspace's own.",
    )
    path: str = Field(
        "",
        title="Path",
        max_length=2_000,
        description="Where in it to look. Left empty, at the top.",
        json_schema_extra={"placeholder": "inbox"},
    )
    pattern: str = Field("*", title="Names", max_length=200, description="Only names like this; * is anything, ? one character.")
    deep: bool = Field(False, title="Folders below it too", description="Also what lies deeper.")
    event: Literal["new", "new_or_changed"] = Field(
        "new", title="When", description="Only for files that were not there, or also for those that have changed."
    )
    include_existing: bool = Field(
        False, title="Also what is there already", description="The files that are there at the beginning start executions too."
    )
    settle_ms: int = Field(
        1_000,
        title="Wait until it rests",
        ge=0,
        le=600_000,
        description="Milliseconds for which a file must not have changed.",
        json_schema_extra=ADVANCED,
    )


async def watch(context: WatchContext, config: FileWatchConfig) -> float:
    before = context.cursor
    stamps, found = await _look(context, config, before or {})
    if before is None and not config.include_existing:
        await context.accept([], stamps)
    elif before is None or stamps != before:
        known = before or {}
        items = [
            _item(config, file, stamps[file.path], file.path in known) for file in found if _is_news(config, known, stamps, file)
        ]
        await context.accept(items, stamps)
    return config.interval_seconds


async def _look(
    context: WatchContext, config: FileWatchConfig, before: dict[str, str]
) -> tuple[dict[str, str], list[StoredFile]]:
    """What tells one state of each file from another, and the files; one that is being written is as it was before."""
    if config.path and await context.files.look(config.folder, config.path) is None:
        return {}, []
    listed = await context.files.find(config.folder, config.path, config.pattern, config.deep, MAX_FILES + 1)
    if len(listed) > MAX_FILES:
        raise BlockError("TOO_MANY_FILES", f"field `path`: more than {MAX_FILES:,} files cannot be watched", retryable=False)
    resting = context.now() - timedelta(milliseconds=config.settle_ms)
    stamps: dict[str, str] = {}
    found = []
    for file in listed:
        if file.is_folder:
            continue
        if datetime.fromisoformat(file.modified) <= resting:
            stamps[file.path] = f"{file.modified}/{file.size}"
            found.append(file)
        elif file.path in before:
            stamps[file.path] = before[file.path]
    return stamps, found


def _is_news(config: FileWatchConfig, before: dict[str, str], stamps: dict[str, str], file: StoredFile) -> bool:
    old = before.get(file.path)
    return old is None or (config.event == "new_or_changed" and old != stamps[file.path])


def _item(config: FileWatchConfig, file: StoredFile, stamp: str, is_known: bool) -> WatchItem:
    value: dict[str, Json] = {**file.as_json(), "folder": config.folder, "event": "changed" if is_known else "new"}
    del value["is_folder"]
    return WatchItem(f"{file.path}\n{stamp}", value)


FILE: dict[str, Json] = {
    "path": "inbox/may.csv",
    "name": "may.csv",
    "size": 17,
    "modified": "2026-06-01T12:00:00.000Z",
    "folder": "",
    "event": "new",
}
BLOCK = Block(
    type="trigger.file_watch",
    title="When a file appears",
    category="Start",
    icon="file-text",
    description="Starts when a file appears in a folder, or changes.",
    config=FileWatchConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"files"}),
    output_schema={
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "Leads to it from the folder."},
            "name": {"type": "string"},
            "size": {"type": "integer", "description": "Bytes."},
            "modified": {"type": "string"},
            "folder": {"type": "string", "description": "For the blocks that read it."},
            "event": {"type": "string", "description": "new or changed."},
        },
        "required": ["path", "name", "size", "modified", "folder", "event"],
    },
    examples=(
        Example("A new table", {"path": "inbox", "pattern": "*.csv"}, input=FILE, output=FILE),
        Example(
            "Also when it changes",
            {"path": "inbox", "event": "new_or_changed", "deep": True},
            input=FILE | {"event": "changed"},
            output=FILE | {"event": "changed"},
        ),
    ),
)
