"""How a workflow's triggers are doing that look around by themselves: `/api/workflows/{workflow}/watches`."""

from __future__ import annotations

from litestar import Response, get

from app.services.actors import Actor
from app.services.surfaces import Surfaces
from app.web.api.workflows import VIEWER, answer
from app.web.presenters import moment


@get("/api/workflows/{workflow:str}/watches", opt=VIEWER)
async def list_watches(workflow: str, actor: Actor, surfaces: Surfaces) -> Response[bytes]:
    found = [
        {
            "block_id": one.block_id,
            "accepted": one.accepted,
            "failures": one.failures,
            "problem": one.problem,
            "again_at": moment(one.again_at),
            "updated_at": moment(one.updated_at),
        }
        for one in await surfaces.watch_states.of(actor, workflow)
    ]
    return answer({"watches": found})


ROUTES = [list_watches]
