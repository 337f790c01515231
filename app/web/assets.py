"""The studio's own scripts, styles and icons."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from litestar import Request, Router
from litestar.config.compression import CompressionConfig
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router

LONGEST_NAME = 200
COMPRESSED: Final = DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip", gzip_compress_level=6))
"""For large texts. Not for pages that repeat what an address says: their compressed size would tell of secrets beside it."""
EDITOR: Final = Path(__file__).resolve().parents[2] / "static" / "editor"


def editor_modules() -> list[str]:
    """The addresses of all modules of the editor, which a page may ask for at once instead of one import after the other."""
    return [f"/static/editor/{path.name}" for path in sorted(EDITOR.glob("*.js"))]


def static_files(directory: Path) -> Router:
    """Serves what is in the directory under `/static`, to everybody."""
    return create_static_files_router(
        path="/static", directories=[directory], opt={"auth": "public", "outside": True}, before_request=_check_path,
        middleware=[COMPRESSED],
    )  # fmt: skip


async def _check_path(request: Request[Any, Any, Any]) -> None:
    """Raises 404 for a name that no file can have: the file system would fail instead of not finding it."""
    path = request.url.path
    if "\x00" in path or len(path) > LONGEST_NAME:
        raise NotFoundException
