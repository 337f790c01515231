"""The copilot: conversations, what was said in them, what was proposed, and what it cost."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata


def _belongs_to(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


copilot_sessions = sa.Table(
    "copilot_sessions",
    metadata,
    id_column(),
    _belongs_to("workspace_id", "workspaces.id"),
    _belongs_to("workflow_id", "workflows.id"),
    _belongs_to("user_id", "users.id"),
    sa.Column("sealed_title", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
sa.Index("ix_copilot_sessions_of", copilot_sessions.c.workflow_id, copilot_sessions.c.user_id, copilot_sessions.c.updated_at)
sa.Index("ix_copilot_sessions_updated_at", copilot_sessions.c.updated_at)

copilot_messages = sa.Table(
    "copilot_messages",
    metadata,
    id_column(),
    _belongs_to("workspace_id", "workspaces.id"),
    _belongs_to("session_id", "copilot_sessions.id"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("sealed_content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)
sa.Index("uq_copilot_messages_place", copilot_messages.c.session_id, copilot_messages.c.place, unique=True)

copilot_snapshots = sa.Table(
    "copilot_snapshots",
    metadata,
    id_column(),
    _belongs_to("workspace_id", "workspaces.id"),
    _belongs_to("session_id", "copilot_sessions.id"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("sealed_graph", sa.LargeBinary, nullable=False),
)
sa.Index("uq_copilot_snapshots_revision", copilot_snapshots.c.session_id, copilot_snapshots.c.revision, unique=True)

copilot_proposals = sa.Table(
    "copilot_proposals",
    metadata,
    id_column(),
    _belongs_to("workspace_id", "workspaces.id"),
    _belongs_to("session_id", "copilot_sessions.id"),
    _belongs_to("message_id", "copilot_messages.id"),
    sa.Column("base_revision", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("sealed_content", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("decided_at", Moment),
)
sa.Index("ix_copilot_proposals_message_id", copilot_proposals.c.message_id)

copilot_usage = sa.Table(
    "copilot_usage",
    metadata,
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
)

copilot_settings = sa.Table(
    "copilot_settings",
    metadata,
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
