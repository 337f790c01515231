"""What runs, and what it waits for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.db.tables.base import Content, Moment, id_column, metadata, partial_index

executions = sa.Table(
    "executions",
    metadata,
    id_column(),
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("start_block", sa.String(100)),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("trigger", sa.String(16), nullable=False),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id")),
    sa.Column("parent_id", sa.String(36)),
    sa.Column("parent_key", sa.String(200)),
    sa.Column("depth", sa.Integer, nullable=False, default=0),
    sa.Column("input", Content, nullable=False),
    sa.Column("request", Content),
    sa.Column("output", Content),
    sa.Column("error", Content),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("driver", sa.String(36)),
    sa.Column("lease_until", Moment),
    sa.Column("wake_at", Moment),
    sa.Column("deadline_at", Moment),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("options", Content),
    sa.Column("retry_of", sa.String(36)),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("followed_up", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Column("finished_steps", Content),
)
sa.Index("ix_executions_workspace_created", executions.c.workspace_id, executions.c.created_at)
sa.Index("ix_executions_workflow_created", executions.c.workflow_id, executions.c.created_at)
sa.Index("uq_executions_child", executions.c.parent_id, executions.c.parent_key, unique=True)


def is_open(table: sa.FromClause = executions) -> sa.ColumnElement[bool]:
    """Has not ended. Written out, not bound: SQLite uses a partial index only when it sees its condition in the query."""
    words = ("queued", "running", "waiting")
    written: sa.BindParameter[Any] = sa.bindparam("open", words, expanding=True, literal_execute=True, unique=True)
    return table.c.status.in_(written)


partial_index("ix_executions_open", is_open(), executions.c.status, executions.c.created_at)
partial_index("ix_executions_under_way", is_open(), executions.c.workflow_id, executions.c.status)
_timed = executions.c.deadline_at.is_not(None) & is_open()
partial_index("ix_executions_deadline", _timed, executions.c.status, executions.c.deadline_at)
partial_index("ix_executions_wake", executions.c.wake_at.is_not(None), executions.c.wake_at)
_cancelled = executions.c.cancel_requested.is_(True) & is_open()
partial_index("ix_executions_cancel", _cancelled, executions.c.status, executions.c.cancel_requested)
partial_index("ix_executions_follow_up", executions.c.followed_up.is_(False), executions.c.finished_at)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("execution_id", sa.String(36), sa.ForeignKey("executions.id"), primary_key=True),
    sa.Column("block_id", sa.String(100), primary_key=True),
    sa.Column("iteration", sa.String(200), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("ports", Content, nullable=False),
    sa.Column("input", Content),
    sa.Column("output", Content),
    sa.Column("error", Content),
    sa.Column("response", Content),
    sa.Column("log", Content),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("wake_at", Moment),
    sa.Column("duration_ms", sa.Float),
)

signals = sa.Table(
    "signals",
    metadata,
    id_column(),
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("execution_id", sa.String(36), sa.ForeignKey("executions.id"), nullable=False, index=True),
    sa.Column("block_id", sa.String(100), nullable=False),
    sa.Column("iteration", sa.String(200), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("data", Content),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("payload", Content),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("answered_at", Moment),
)
sa.Index("ix_signals_workspace", signals.c.workspace_id, signals.c.kind, signals.c.created_at)
_awaited = signals.c.status == "open"
sa.Index(
    "ix_signals_open", signals.c.workspace_id, signals.c.kind, signals.c.name, sqlite_where=_awaited, postgresql_where=_awaited
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("signal_id", sa.String(36), sa.ForeignKey("signals.id"), primary_key=True),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("decision", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("form", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("key", sa.String(500), primary_key=True),
    sa.Column("execution_id", sa.String(36), nullable=False, index=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
)
