"""The documentation of blocks and of the expression language, made from their declarations."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from litestar import get
from litestar.response import Response

from app.describe import documentation
from app.engine.expressions import FUNCTIONS, METHODS
from app.sdk import Block
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import ServiceError
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page
from app.web.spoken import spoken_documentation
from app.web.translation import said

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
    wanted = request.query_params.get("q", "")[:100].strip()
    found = [block for block in services.catalog if _fits(block, wanted)]
    categories = [(category, list(blocks)) for category, blocks in groupby(found, key=lambda block: block.category)]
    return page(request, "pages/blocks.html", actor, categories=categories, wanted=wanted)


def _fits(block: Block, wanted: str) -> bool:
    """Whether every word is in what is known of a block, in English or in the page's language."""
    words = f"{block.type} {block.category} {block.title} {block.description}"
    known = f"{words} {said(block.category)} {said(block.title)} {said(block.description)}".lower()
    return all(word in known for word in wanted.lower().split())


@get("/blocks/{block_type:str}", opt=needs("blocks.read"))
async def block_page(request: AnyRequest, block_type: str, actor: Actor, services: Services) -> Response[bytes]:
    block = services.catalog.get(block_type)
    if block is None:
        raise ServiceError("BLOCK_NOT_FOUND", "There is no block of that type.", 404)
    return page(request, "pages/block.html", actor, documentation=spoken_documentation(documentation(block)))


@get("/expressions", opt=needs("blocks.read"))
async def expressions_page(request: AnyRequest, actor: Actor, services: Services) -> Response[bytes]:
    groups = [(group, list(rows)) for group, rows in groupby(FUNCTIONS.values(), key=lambda function: function.group)]
    methods = [(said(f"Methods of {TYPE_NAMES[kind]}"), list(table.values())) for kind, table in METHODS.items()]
    return page(request, "pages/expressions.html", actor, names=NAMES, groups=groups + methods)
