"""Where the waiting steps of an execution go on when that address is called, for those who may run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request

from app.services.actors import Actor
from app.services.container import Services
from app.services.executions import ExecutionDetail
from app.web.pages.context import base_url


async def resume_addresses(
    request: Request[Any, Any, Any], actor: Actor, services: Services, detail: ExecutionDetail
) -> Mapping[tuple[str, str], str]:
    """Addresses by block id and iteration; none for who may only look."""
    if not actor.may("executor") or all(step.status != "waiting" for step in detail.steps):
        return {}
    base = base_url(request, services)
    tokens = await services.events.tokens(actor, detail.summary.id)
    return {place: f"{base}/api/resume/{token}" for place, token in tokens.items()}
