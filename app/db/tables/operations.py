"""What was changed, step by step, and the names of states worth keeping."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, metadata, reference

operations = sa.Table(
    "operations",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    reference("workspaces.id"),
    sa.Column("author_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("client_id", sa.String(64), nullable=False),
    sa.Column("batch_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("unit", sa.String(36), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)
sa.Index("uq_operations_batch", operations.c.workflow_id, operations.c.batch_id, unique=True)

revision_names = sa.Table(
    "revision_names",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    reference("workspaces.id"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("author_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)
