"""The block registry, and health."""

from __future__ import annotations

from litestar import Response, get

from app.describe import palette_entry
from app.services.container import Services
from app.web.api.workflows import answer
from app.web.auth import needs

OUTSIDE = {"auth": "public", "outside": True}
"""For machines: neither session nor origin matters."""


@get("/api/blocks", opt=needs("blocks.read"))
async def list_blocks(services: Services) -> Response[bytes]:
    return answer({"blocks": [palette_entry(block) for block in services.catalog]})


@get("/healthz", opt=OUTSIDE)
async def health() -> Response[bytes]:
    return answer({"status": "ok"})


@get("/readyz", opt=OUTSIDE)
async def ready(services: Services) -> Response[bytes]:
    await services.health.ready()
    return answer({"status": "ready"})


ROUTES = [list_blocks, health, ready]
