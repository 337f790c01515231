"""Queries about the audit log: a chain in which every row carries the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db.tables import EPOCH, MICROSECOND, audit

FIRST = bytes(32)
"""What the first row carries in the place of a hash before it."""
_LOCK = 8_241_530_027
"""Names this chain among PostgreSQL's advisory locks."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done. `workspace_id` is None where it concerns no workspace."""

    workspace_id: str | None
    actor_id: str
    actor: str
    action: str
    target: str
    address: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    seq: int
    workspace_id: str | None
    moment: datetime
    actor_id: str
    actor: str
    action: str
    target: str
    address: str
    request_id: str
    previous: bytes
    hash: bytes


_COLUMNS = tuple(audit.c[name] for name in AuditRow.__dataclass_fields__)


async def append(connection: AsyncConnection, deed: Deed, now: datetime) -> None:
    """Add a deed to the end of the chain, in the transaction of what was done."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = (await connection.execute(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1))).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST)
    row = AuditRow(
        seq,
        deed.workspace_id,
        now,
        deed.actor_id,
        deed.actor[:254],
        deed.action,
        deed.target[:300],
        deed.address[:64],
        deed.request_id[:64],
        previous,
        b"",
    )
    values = {name: getattr(row, name) for name in AuditRow.__dataclass_fields__} | {"hash": chained(row)}
    await connection.execute(sa.insert(audit).values(values))


def chained(row: AuditRow) -> bytes:
    """The hash of a row: of everything it says and of the hash before it."""
    said = [
        row.seq,
        row.workspace_id,
        (row.moment - EPOCH) // MICROSECOND,
        row.actor_id,
        row.actor,
        row.action,
        row.target,
        row.address,
        row.request_id,
    ]
    return hashlib.sha256(row.previous + json.dumps(said, separators=(",", ":")).encode()).digest()


async def page(connection: AsyncConnection, workspace_id: str, offset: int, limit: int, text: str) -> tuple[int, list[AuditRow]]:
    """How many rows a workspace has, and some of them, the newest first; `text` narrows to actor, action or target."""
    found = audit.c.workspace_id == workspace_id
    if text:
        found &= sa.or_(*(column.icontains(text, autoescape=True) for column in (audit.c.actor, audit.c.action, audit.c.target)))
    total = (await connection.execute(sa.select(sa.func.count()).select_from(audit).where(found))).scalar_one()
    query = sa.select(*_COLUMNS).where(found).order_by(audit.c.seq.desc()).offset(offset).limit(limit)
    return total, [AuditRow(*row) for row in (await connection.execute(query)).all()]


async def after(connection: AsyncConnection, seq: int, limit: int) -> Sequence[AuditRow]:
    """The next rows of the chain."""
    query = sa.select(*_COLUMNS).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
    return [AuditRow(*row) for row in (await connection.execute(query)).all()]
