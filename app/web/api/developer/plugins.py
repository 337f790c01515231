"""The block types with their manifests: `/api/v1/plugins` (contract.md A148-A157)."""

from __future__ import annotations

from litestar import Response, get

from app.describe import manifest
from app.services.container import Services
from app.services.errors import not_found
from app.web.api.access import needs
from app.web.api.developer import views
from app.web.api.workflows import answer

READ = needs("blocks.read")


@get("/api/v1/plugins", opt=READ)
async def list_plugins(services: Services) -> Response[bytes]:
    """A bare array: every block type, and every other name that it goes by."""
    found = [manifest(block) for block in services.catalog]
    aliases = [manifest(block) | {"id": alias, "aliasOf": block.type} for block in services.catalog for alias in block.aliases]
    return answer([*found, *aliases])


@get("/api/v1/plugins/categories", opt=READ)
async def list_categories(services: Services) -> Response[bytes]:
    counts: dict[str, int] = {}
    for block in services.catalog:
        counts[block.category] = counts.get(block.category, 0) + 1
    found = [{"id": name, "name": name, "count": count} for name, count in counts.items()]
    return answer({"data": found, "total": len(found), "page": 0, "size": len(found), "pages": 1})


@get("/api/v1/plugins/{plugin:str}", opt=READ)
async def get_plugin(plugin: str, services: Services) -> Response[bytes]:
    block = services.catalog.get(plugin)
    if block is None:
        raise not_found("plugin", plugin)
    found = manifest(block) | ({} if block.type == plugin else {"id": plugin, "aliasOf": block.type})
    return answer(views.single(found))


ROUTES = [list_plugins, list_categories, get_plugin]
