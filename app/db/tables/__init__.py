"""All tables. Every row that belongs to people bears its workspace."""

from app.db.tables.base import EPOCH, MICROSECOND, Moment, metadata
from app.db.tables.executions import decisions, executions, idempotency_keys, is_open, signals, steps
from app.db.tables.people import memberships, sessions, users, workspaces
from app.db.tables.storage import credentials, kv
from app.db.tables.workflows import revisions, schedules, webhooks, workflows

__all__ = [
    "EPOCH",
    "MICROSECOND",
    "Moment",
    "credentials",
    "decisions",
    "executions",
    "idempotency_keys",
    "is_open",
    "kv",
    "memberships",
    "metadata",
    "revisions",
    "schedules",
    "sessions",
    "signals",
    "steps",
    "users",
    "webhooks",
    "workflows",
    "workspaces",
]
