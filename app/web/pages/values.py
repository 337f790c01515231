"""The tree of values that a form's fields can use, and what expressions would give: fragments of the editor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from litestar import get, post
from litestar.response import Response

from app.engine.expressions import Budget, ExpressionError, Scope, compile_expression, compile_template
from app.engine.values import encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.container import Services
from app.services.errors import invalid
from app.web.auth import needs
from app.web.available import available, input_of, short, type_word
from app.web.bodies import read_object, text_field
from app.web.pages.context import AnyRequest, page
from app.web.samples import last_sample, scope_of_block

MOST_TEXTS: Final = 60
LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What a field's text gives on the sample: a value in a few letters with its type, or why there is none."""

    ok: bool
    type: str = ""
    shown: str = ""
    error: str = ""
    code: str = ""


@get("/workflows/{workflow_id:str}/blocks/{block_id:str}/available", opt=needs("workflows.read"))
async def available_values(
    request: AnyRequest, workflow_id: str, block_id: str, actor: Actor, services: Services
) -> Response[bytes]:
    workflow = await services.workflows.get(actor, workflow_id)
    sample, detail = await last_sample(actor, services, workflow)
    found = available(workflow.graph, block_id, services.catalog, sample)
    secrets = [item.name for item in await services.credentials.list(actor)] if actor.allows("credentials.read") else []
    shown: dict[str, Any] = {"sources": found, "sample": sample, "execution": detail, "secrets": secrets}
    return page(request, "forms/available.html", actor, input_of=input_of(workflow.graph, block_id), **shown)


@post("/workflows/{workflow_id:str}/blocks/{block_id:str}/preview", opt=needs("workflows.preview"), status_code=200)
async def preview_values(
    request: AnyRequest, workflow_id: str, block_id: str, actor: Actor, services: Services
) -> Response[bytes]:
    """`{"texts": [{"text": ..., "bare": false}]}` evaluated on the last sample, all within one budget; nothing is stored."""
    texts = _texts(await read_object(request, "texts"))
    workflow = await services.workflows.get(actor, workflow_id)
    scope = await scope_of_block(actor, services, workflow, block_id)
    budget = Budget()
    values = [asdict(preview(text, bare, scope, budget)) for text, bare in texts]
    return Response(encode({"values": values}), media_type="application/json")


def preview(text: str, bare: bool, scope: Scope, budget: Budget) -> Preview:
    """What one text gives; `bare` where the whole of it is an expression."""
    try:
        value = compile_expression(text).evaluate(scope, budget) if bare else compile_template(text).render(scope, budget)
    except ExpressionError as error:
        return Preview(False, error=error.message[:1].upper() + error.message[1:], code=error.code)
    return Preview(True, type_word(value), short(value))


def _texts(body: dict[str, Json]) -> list[tuple[str, bool]]:
    asked = body.get("texts")
    if not isinstance(asked, list) or len(asked) > MOST_TEXTS or not all(isinstance(one, dict) for one in asked):
        raise invalid(f"`texts` must be a list of at most {MOST_TEXTS} objects.")
    found = [(text_field(one, "text"), one.get("bare") is True) for one in asked]
    if sum(len(text) for text, _ in found) > LONGEST_TEXT:
        raise invalid(f"The texts may have {LONGEST_TEXT:,} characters together.")
    return found
