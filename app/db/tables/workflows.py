"""What is drawn, and what starts it."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

workflows = sa.Table(
    "workflows",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("description", sa.Text, nullable=False, default=""),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("armed_until", Moment),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("deployed_revision", sa.Integer),
    sa.Column("block_count", sa.Integer, nullable=False, default=0),
    sa.Column("trigger_count", sa.Integer, nullable=False, default=0),
    sa.Column("sample", sa.LargeBinary),
    sa.Column("settings", sa.LargeBinary),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("deleted_at", Moment),
)
sa.Index(
    "uq_workflows_name",
    workflows.c.workspace_id,
    workflows.c.name,
    unique=True,
    sqlite_where=workflows.c.deleted_at.is_(None),
    postgresql_where=workflows.c.deleted_at.is_(None),
)
sa.Index("ix_workflows_updated", workflows.c.workspace_id, workflows.c.updated_at)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    reference("workspaces.id"),
    sa.Column("graph", sa.LargeBinary, nullable=False),
    sa.Column("author_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("message", sa.String(500), nullable=False, default=""),
    sa.Column("created_at", Moment, nullable=False),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("webhook_id", sa.String(36), primary_key=True),
    sa.Column("source", sa.String(8), primary_key=True),
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), nullable=False, index=True),
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("block_id", sa.String(100), nullable=False),
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("block_id", sa.String(100), primary_key=True),
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("anchor", Moment, nullable=False),
    sa.Column("planned_at", Moment),
    sa.Column("next_run_at", Moment, index=True),
    sa.Column("runs", sa.Integer, nullable=False),
)
