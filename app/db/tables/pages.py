"""What people keep beside their workflows: inputs to try them with, tags to find them by, the language that they read."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Content, Moment, id_column, metadata, reference

test_inputs = sa.Table(
    "test_inputs",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("start_block", sa.String(100), nullable=False, default=""),
    sa.Column("input", Content, nullable=False),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("workflow_id", "name"),
)

workflow_tags = sa.Table(
    "workflow_tags",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("tag", sa.String(50), primary_key=True),
    reference("workspaces.id"),
)
sa.Index("ix_workflow_tags_tag", workflow_tags.c.workspace_id, workflow_tags.c.tag)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("language", sa.String(8), nullable=False, default=""),
)
