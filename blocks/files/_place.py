"""Where files lie, as all blocks about them ask for it."""

from __future__ import annotations

import mimetypes

from pydantic import Field

from app.sdk import Config, Json
from blocks.core._fields import Text

STORED_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "description": "Leads to it from the folder."},
        "name": {"type": "string"},
        "size": {"type": "integer", "description": "Bytes."},
        "modified": {"type": "string", "description": "When it was changed last."},
        "is_folder": {"type": "boolean"},
    },
    "required": ["path", "name", "size", "modified", "is_folder"],
}


class PlaceConfig(Config):
    """A block that works on files."""

    folder: Text = Field(
        "",
        title="Folder",
        max_length=100,
        description="A folder that the operator of this server has opened, by its name. Left empty, it is the workspace's own.",
    )


def media_type(name: str) -> str:
    """What a file is, by its name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
