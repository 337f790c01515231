"""All tables. Every row that belongs to people bears its workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as integer microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(36), primary_key=True)


def _to(target: str, *, nullable: bool = False) -> Any:
    return sa.Column(target.split(".")[0].removesuffix("s") + "_id", sa.String(36), sa.ForeignKey(target), nullable=nullable)


users = sa.Table(
    "users",
    metadata,
    _id(),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("username", sa.String(64), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(255), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

workspaces = sa.Table(
    "workspaces",
    metadata,
    _id(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), primary_key=True),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
    _to("users.id"),
    _to("workspaces.id"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("user_agent", sa.String(255), nullable=False),
)

workflows = sa.Table(
    "workflows",
    metadata,
    _id(),
    _to("workspaces.id"),
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
    _to("workspaces.id"),
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

executions = sa.Table(
    "executions",
    metadata,
    _id(),
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
    sa.Column("input", sa.LargeBinary, nullable=False),
    sa.Column("request", sa.LargeBinary),
    sa.Column("output", sa.LargeBinary),
    sa.Column("error", sa.LargeBinary),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("driver", sa.String(36)),
    sa.Column("lease_until", Moment),
    sa.Column("wake_at", Moment),
    sa.Column("deadline_at", Moment),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("concurrency_limit", sa.Integer),
    sa.Column("options", sa.LargeBinary),
    sa.Column("retry_of", sa.String(36)),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("followed_up", sa.Boolean, nullable=False, default=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
)
sa.Index("ix_executions_workspace_created", executions.c.workspace_id, executions.c.created_at)
sa.Index("ix_executions_workflow_created", executions.c.workflow_id, executions.c.created_at)
sa.Index("uq_executions_child", executions.c.parent_id, executions.c.parent_key, unique=True)


def is_open(table: sa.FromClause = executions) -> sa.ColumnElement[bool]:
    """Has not ended. Written out, not bound: SQLite uses a partial index only when it sees its condition in the query."""
    words = ("queued", "running", "waiting")
    written: sa.BindParameter[Any] = sa.bindparam("open", words, expanding=True, literal_execute=True, unique=True)
    return table.c.status.in_(written)


def _partly(name: str, condition: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> None:
    """An index of the few rows for which the condition holds."""
    sa.Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


_partly("ix_executions_open", is_open(), executions.c.status, executions.c.created_at)
_partly("ix_executions_under_way", is_open(), executions.c.workflow_id, executions.c.status)
_timed = executions.c.deadline_at.is_not(None) & is_open()
_partly("ix_executions_deadline", _timed, executions.c.status, executions.c.deadline_at)
_partly("ix_executions_wake", executions.c.wake_at.is_not(None), executions.c.wake_at)
_cancelled = executions.c.cancel_requested.is_(True) & is_open()
_partly("ix_executions_cancel", _cancelled, executions.c.status, executions.c.cancel_requested)
_partly("ix_executions_follow_up", executions.c.followed_up.is_(False), executions.c.finished_at)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("execution_id", sa.String(36), sa.ForeignKey("executions.id"), primary_key=True),
    sa.Column("block_id", sa.String(100), primary_key=True),
    sa.Column("iteration", sa.String(200), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("ports", sa.LargeBinary, nullable=False),
    sa.Column("input", sa.LargeBinary),
    sa.Column("output", sa.LargeBinary),
    sa.Column("error", sa.LargeBinary),
    sa.Column("response", sa.LargeBinary),
    sa.Column("log", sa.LargeBinary),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("wake_at", Moment),
    sa.Column("duration_ms", sa.Float),
)

signals = sa.Table(
    "signals",
    metadata,
    _id(),
    sa.Column("workspace_id", sa.String(36), sa.ForeignKey("workspaces.id"), nullable=False),
    sa.Column("execution_id", sa.String(36), sa.ForeignKey("executions.id"), nullable=False, index=True),
    sa.Column("block_id", sa.String(100), nullable=False),
    sa.Column("iteration", sa.String(200), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("payload", sa.LargeBinary),
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

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("key", sa.String(500), primary_key=True),
    sa.Column("execution_id", sa.String(36), nullable=False, index=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False, index=True),
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

credentials = sa.Table(
    "credentials",
    metadata,
    _id(),
    _to("workspaces.id"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)
