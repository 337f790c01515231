"""All tables. Every row that belongs to people bears its workspace."""

from app.db.tables.audit import audit
from app.db.tables.base import EPOCH, MICROSECOND, Moment, metadata
from app.db.tables.endpoints import deliveries, delivery_attempts, endpoints
from app.db.tables.executions import decisions, executions, idempotency_keys, is_open, signals, steps
from app.db.tables.flows import flow_details, groups
from app.db.tables.keys import api_keys
from app.db.tables.operations import operations, revision_names
from app.db.tables.people import identities, links, memberships, recovery_codes, sessions, users, workspaces
from app.db.tables.storage import credentials, kv
from app.db.tables.triggers import channels, triggers
from app.db.tables.workflows import revisions, schedules, webhooks, workflows

__all__ = [
    "EPOCH",
    "MICROSECOND",
    "Moment",
    "api_keys",
    "audit",
    "channels",
    "credentials",
    "decisions",
    "deliveries",
    "delivery_attempts",
    "endpoints",
    "executions",
    "flow_details",
    "groups",
    "idempotency_keys",
    "identities",
    "is_open",
    "kv",
    "links",
    "memberships",
    "metadata",
    "operations",
    "recovery_codes",
    "revision_names",
    "revisions",
    "schedules",
    "sessions",
    "signals",
    "steps",
    "triggers",
    "users",
    "webhooks",
    "workflows",
    "workspaces",
]
