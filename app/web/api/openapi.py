"""The descriptions that programs read: OpenAPI, and the JSON Schema of a workflow's YAML."""

from __future__ import annotations

from litestar import Response, get

from app.formats.forms import json_schema
from app.services.surfaces import Surfaces
from app.web.api.system import OUTSIDE
from app.web.api.workflows import Incoming, answer
from app.web.openapi.document import describe


@get("/api/openapi.json", opt=OUTSIDE)
async def openapi(request: Incoming, surfaces: Surfaces) -> Response[bytes]:
    return answer(describe(request.app, surfaces.studio.public_url))


@get("/api/schema/workflow.json", opt=OUTSIDE)
async def schema() -> Response[bytes]:
    return answer(json_schema())


OPENAPI = [openapi, schema]
