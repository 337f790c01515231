"""The block types with their manifests: `/api/v1/plugins` (contract.md A148-A157)."""

from __future__ import annotations

from litestar import Response, get

from app.describe import manifest
from app.services.errors import not_found
from app.services.surfaces import Surfaces
from app.web.api.developer import views
from app.web.api.workflows import answer
from app.web.auth import needs

READ = needs("blocks.read")


@get("/api/v1/plugins", opt=READ)
async def list_plugins(surfaces: Surfaces) -> Response[bytes]:
    """A bare array: every block type, and every other name that it goes by."""
    catalog = surfaces.studio.catalog
    found = [manifest(block) for block in catalog]
    aliases = [manifest(block) | {"id": alias, "aliasOf": block.type} for block in catalog for alias in block.aliases]
    return answer([*found, *aliases])


@get("/api/v1/plugins/categories", opt=READ)
async def list_categories(surfaces: Surfaces) -> Response[bytes]:
    counts: dict[str, int] = {}
    for block in surfaces.studio.catalog:
        counts[block.category] = counts.get(block.category, 0) + 1
    found = [{"id": name, "name": name, "count": count} for name, count in counts.items()]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@get("/api/v1/plugins/{plugin:str}", opt=READ)
async def get_plugin(plugin: str, surfaces: Surfaces) -> Response[bytes]:
    block = surfaces.studio.catalog.get(plugin)
    if block is None:
        raise not_found("plugin", plugin)
    found = manifest(block) | ({} if block.type == plugin else {"id": plugin, "aliasOf": block.type})
    return answer(views.single(found))


ROUTES = [list_plugins, list_categories, get_plugin]
