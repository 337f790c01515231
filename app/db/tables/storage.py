"""What workspaces keep for their workflows."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

kv = sa.Table(
    "kv",
    metadata,
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("namespace", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(500), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("expires_at", Moment, index=True),
    sa.Column("updated_at", Moment, nullable=False),
)

credentials = sa.Table(
    "credentials",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)
