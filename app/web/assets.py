"""The studio's own scripts, styles and icons, under addresses that change with their content: a browser keeps them for good."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
from litestar import HttpMethod, Request, Response, Router, route
from litestar.config.compression import CompressionConfig
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware

STATIC: Final = Path(__file__).resolve().parents[2] / "static"
VERSION: Final = re.compile(r"v[0-9a-f]{16}/")
KEPT_FOR_GOOD: Final = "public, max-age=31536000, immutable"
ASKED_FOR_EACH_TIME: Final = "no-cache"
TEXTS: Final = (".js", ".css", ".svg", ".json", ".txt", ".md")
LEAST_COMPRESSED: Final = 500
COMPRESSED: Final = DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip", gzip_compress_level=6))
"""For large pages. Not for those that repeat what an address says: their compressed size would tell of secrets beside it."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `compressed` where that is worth while."""

    content: bytes
    compressed: bytes | None
    digest: str


@cache
def static_names() -> dict[str, Path]:
    """What may be asked for: every file that was there when it was first asked for one."""
    return {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.is_file()}


@cache
def static_root() -> str:
    """The versioned address of the directory. Relative addresses in modules and styles stay within the version."""
    digest = blake2b(digest_size=8)
    for name, path in static_names().items():
        digest.update(f"{name}\0{_digest(path.read_bytes())}\0".encode())
    return f"/static/v{digest.hexdigest()}"


def editor_modules() -> list[str]:
    """The addresses of all modules of the editor, which a page may ask for at once instead of one import after the other."""
    return [f"{static_root()}/{name}" for name in static_names() if re.fullmatch(r"editor/[^/]+\.js", name)]


def static_files() -> Router:
    """Serves the files under `/static`, to everybody."""
    opt = {"auth": "public", "outside": True}
    return Router("/static", route_handlers=[_file], opt=opt)


@route("/{name:path}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def _file(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    name = name.removeprefix("/")
    version = VERSION.match(name)
    path = static_names().get(name[version.end() :] if version else name)
    if path is None:
        raise NotFoundException
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise NotFoundException from None
    asset = await anyio.to_thread.run_sync(_asset, path, changed)
    current = version is not None and f"/static/{version[0]}" == f"{static_root()}/"
    compressed = asset.compressed if "gzip" in request.headers.get("accept-encoding", "") else None
    tag = f'"{asset.digest}-gzip"' if compressed else f'"{asset.digest}"'
    headers = {"Cache-Control": KEPT_FOR_GOOD if current else ASKED_FOR_EACH_TIME, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
    media_type = guess_type(path.name)[0] or "application/octet-stream"
    return Response(compressed or asset.content, headers=headers, media_type=media_type)


@cache
def _asset(path: Path, changed: int) -> Asset:
    """Compressed once for each version of the file, when it is first asked for."""
    content = path.read_bytes()
    worth = path.suffix in TEXTS and len(content) >= LEAST_COMPRESSED
    return Asset(content, gzip.compress(content, 9, mtime=0) if worth else None, _digest(content))


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
