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
    sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("source", sa.String(16), nullable=False, server_default="stored"),
    sa.UniqueConstraint("workspace_id", "name"),
)
"""`restricted`: only what `credential_shares` names may use it. `source`: where its secrets are kept."""

credential_shares = sa.Table(
    "credential_shares",
    metadata,
    sa.Column("credential_id", sa.String(36), sa.ForeignKey("credentials.id"), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("target_id", sa.String(36), primary_key=True),
    reference("workspaces.id"),
)
sa.Index("ix_credential_shares_workspace_id", credential_shares.c.workspace_id)
"""The workflows and people that may use a restricted credential; `kind` is `workflow` or `user`."""
