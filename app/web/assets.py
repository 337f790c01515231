"""The studio's own scripts, styles and icons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Router
from litestar.exceptions import NotFoundException
from litestar.static_files import create_static_files_router

LONGEST_NAME = 200


def static_files(directory: Path) -> Router:
    """Serves what is in the directory under `/static`, to everybody."""
    return create_static_files_router(
        path="/static", directories=[directory], opt={"auth": "public", "outside": True}, before_request=_check_path
    )


async def _check_path(request: Request[Any, Any, Any]) -> None:
    """Raises 404 for a name that no file can have: the file system would fail instead of not finding it."""
    path = request.url.path
    if "\x00" in path or len(path) > LONGEST_NAME:
        raise NotFoundException
