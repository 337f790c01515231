"""The page on which an administrator sets up the model behind the copilot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from litestar import get, post
from litestar.response import Redirect, Response

from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.model import MODEL_TYPES, Trial
from app.services.errors import ServiceError, invalid
from app.services.surfaces import Surfaces
from app.web.auth import needs
from app.web.pages.context import AnyRequest, page, posted_texts, see_other
from app.web.telling import told

TEXTS = ("provider", "base_url", "model", "credential")
EXAMPLES = (
    ("Ollama", "openai-compatible", "http://localhost:11434/v1", "qwen3:8b"),
    ("llama.cpp", "openai-compatible", "http://localhost:8080/v1", "default"),
    ("vLLM", "openai-compatible", "http://localhost:8000/v1", "Qwen/Qwen3-8B"),
)


@get("/copilot", opt=needs("settings.write"))
async def copilot_page(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    return await _shown(request, actor, surfaces)


@post("/copilot", opt=needs("settings.write"), status_code=200)
async def set_up(request: AnyRequest, actor: Actor, surfaces: Surfaces) -> Response[bytes] | Redirect:
    """Save, try, or forget, as the form's `do` says."""
    form = await posted_texts(request)
    models = surfaces.copilot.models
    key = form.get("api_key", "").strip()
    try:
        match form.get("do", "save"):
            case "forget":
                await models.forget(actor)
                return see_other("/copilot?done=model-forgotten")
            case "try":
                trial = await models.try_out(actor, _settings(form), key)
                return await _shown(request, actor, surfaces, form, trial=trial)
        await models.save(actor, _settings(form), key)
    except ServiceError as error:
        return await _shown(request, actor, surfaces, form, error=error)
    return see_other("/copilot?done=model-saved")


def _settings(form: Mapping[str, str]) -> dict[str, Json]:
    """The form's fields as settings. Raises 400 for what is no number."""
    found: dict[str, Json] = {name: form[name].strip() for name in TEXTS if form.get(name, "").strip()}
    for name in ("input_price", "output_price", "daily_cost", "daily_tokens"):
        if form.get(name, "").strip():
            number = _number(name, form[name])
            found[name] = int(number) if name == "daily_tokens" else number
    return found | {"shares_values": form.get("shares_values") == "on"}


def _number(name: str, text: str) -> float:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise invalid(f"`{name}` must be a number.", [{"field": name, "message": "Enter a number."}])
    return number


async def _shown(
    request: AnyRequest,
    actor: Actor,
    surfaces: Surfaces,
    typed: Mapping[str, str] | None = None,
    *,
    error: ServiceError | None = None,
    trial: Trial | None = None,
) -> Response[bytes]:
    chosen = await surfaces.copilot.models.chosen(actor.workspace_id)
    own = chosen is not None and not chosen.of_server
    values = chosen.settings.model_dump() if chosen is not None and own else {}
    listed = await surfaces.studio.credentials.list(actor)
    problems = {str(one["field"]): told(str(one["message"])) for one in error.details} if error else {}
    return page(
        request,
        "copilot/settings.html",
        actor,
        status_code=error.status if error else 200,
        values={**values, **{name: text for name, text in (typed or {}).items() if name != "api_key"}},
        is_typed=typed is not None,
        has_own=own,
        of_server=chosen.settings.model if chosen is not None and chosen.of_server else "",
        credentials=[one.name for one in listed if one.type in MODEL_TYPES],
        problems=problems,
        error=told(error.message) if error else "",
        trial=replace(trial, message=told(trial.message)) if trial else None,
        examples=EXAMPLES,
    )


ROUTES = (copilot_page, set_up)
