"""Who did what to what, from where. Rows are only ever added: triggers of the migration refuse everything else."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, metadata

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("workspace_id", sa.String(36)),
    sa.Column("moment", Moment, nullable=False),
    sa.Column("actor_id", sa.String(36), nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("target", sa.String(300), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("previous", sa.LargeBinary(32), nullable=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
)
sa.Index("ix_audit_workspace", audit.c.workspace_id, audit.c.seq)
