"""What starts workflows beside the blocks in their graphs: keys, schedules and events, and channels that expose them."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

triggers = sa.Table(
    "triggers",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), nullable=False, index=True),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("key_hash", sa.LargeBinary(32), unique=True),
    sa.Column("sealed_key", sa.LargeBinary),
    sa.Column("config", sa.LargeBinary, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("anchor", Moment, nullable=False),
    sa.Column("planned_at", Moment),
    sa.Column("next_run_at", Moment, index=True),
    sa.Column("last_run_at", Moment),
    sa.Column("runs", sa.Integer, nullable=False, default=0),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
sa.Index("ix_triggers_workspace_type", triggers.c.workspace_id, triggers.c.type)

channels = sa.Table(
    "channels",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("auth_mode", sa.String(16), nullable=False),
    sa.Column("sealed_token", sa.LargeBinary),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("routes", sa.LargeBinary, nullable=False),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
