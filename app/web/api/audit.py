"""The audit log: `/api/v1/audit` (contract.md G21)."""

from __future__ import annotations

from litestar import Response, get

from app.sdk import Json
from app.services.actors import Actor
from app.services.audit import AuditEntry
from app.services.container import Services
from app.web import presenters
from app.web.api.workflows import Incoming, answer
from app.web.auth import needs
from app.web.bodies import read_paging


@get("/api/v1/audit", opt=needs("audit.read"))
async def list_audit(request: Incoming, actor: Actor, services: Services) -> Response[bytes]:
    page = await services.audit.list(actor, read_paging(request))
    return answer(presenters.paged("data", page, [_entry(entry) for entry in page.items]))


def _entry(entry: AuditEntry) -> dict[str, Json]:
    return {
        "seq": entry.seq,
        "ts": presenters.moment(entry.moment),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "ip": entry.address,
        "request_id": entry.request_id,
        "hash": entry.hash,
    }


ROUTES = [list_audit]
