"""What the contract's other surfaces know about a workflow: its folder, its namespace, and the text that it was written as."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

groups = sa.Table(
    "groups",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("position", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)

flow_details = sa.Table(
    "flow_details",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    reference("workspaces.id"),
    sa.Column("namespace", sa.String(100), nullable=False, default=""),
    sa.Column("category", sa.String(100), nullable=False, default=""),
    sa.Column("group_id", sa.String(36), sa.ForeignKey("groups.id"), index=True),
    sa.Column("text", sa.Text),
    sa.Column("text_revision", sa.Integer),
)
"""`text` is the YAML from which the revision `text_revision` was made, kept only where it holds no secret."""
