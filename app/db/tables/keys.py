"""Keys with which programs sign their calls."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

api_keys = sa.Table(
    "api_keys",
    metadata,
    id_column(),
    reference("workspaces.id"),
    reference("users.id"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("token_hash", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("hint", sa.String(16), nullable=False),
    sa.Column("scopes", sa.String(500), nullable=False),
    sa.Column("addresses", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("used_at", Moment),
    sa.Column("used_from", sa.String(64)),
)
"""`scopes` and `addresses` are words separated by spaces; no addresses: from anywhere."""
sa.Index("ix_api_keys_workspace", api_keys.c.workspace_id, api_keys.c.name)
