"""What comes back from an address, as a file."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from email.message import Message

from app.sdk import File

UNSAFE = re.compile(r"[^\w .()+=@,-]+")
LONGEST_NAME = 100


def downloaded(headers: Mapping[str, str], content: bytes) -> File:
    """The content with the name that the other side gives it, or one that fits its type; never a path."""
    told = Message()
    told["content-disposition"] = headers.get("content-disposition", "")
    told["content-type"] = headers.get("content-type", "application/octet-stream")
    media_type = told.get_content_type()
    named = (told.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    name = UNSAFE.sub("_", named).strip(" .")[:LONGEST_NAME]
    return File(name or f"file{mimetypes.guess_extension(media_type) or '.bin'}", media_type, content)
