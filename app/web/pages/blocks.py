"""The documentation of blocks and of the expression language, made from their declarations."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from litestar import get
from litestar.response import Response

from app.describe import documentation
from app.engine.expressions import FUNCTIONS, METHODS
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page

NAMES: Final = (
    ("input", "What the block before gave; with several, an object keyed by block id"),
    ("variables.name", "A variable that the workflow was started with"),
    ("blocks.code_1.output", "What a block gave, by its id"),
    ("code_1.output", "The same, shorter"),
    ("secrets.NAME", "A credential; it can be placed and joined, never looked at"),
    ("execution.id", "This execution: id, trigger, request and so on"),
    ("workflow.name", "This workflow: id and name"),
    ("now()", "The moment of the call"),
)

TYPE_NAMES: Final[dict[type, str]] = {str: "text", list: "lists", dict: "objects"}


@get("/blocks", opt=needs("blocks.read"))
async def blocks_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    categories = [(category, list(blocks)) for category, blocks in groupby(services.catalog, key=lambda block: block.category)]
    return page(request, "pages/blocks.html", actor, categories=categories)


@get("/blocks/{block_type:str}", opt=needs("blocks.read"))
async def block_page(request: AnyRequest, block_type: str, actor: Actor, services: Services) -> Response[bytes]:
    block = services.catalog.get(block_type)
    if block is None:
        raise ServiceError("BLOCK_NOT_FOUND", "There is no block of that type.", 404)
    return page(request, "pages/block.html", actor, documentation=documentation(block))


@get("/expressions", opt=needs("blocks.read"))
async def expressions_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    groups = [(group, list(rows)) for group, rows in groupby(FUNCTIONS.values(), key=lambda function: function.group)]
    methods = [(f"Methods of {TYPE_NAMES[kind]}", list(table.values())) for kind, table in METHODS.items()]
    return page(request, "pages/expressions.html", actor, names=NAMES, groups=groups + methods)
