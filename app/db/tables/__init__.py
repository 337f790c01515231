"""All tables. Every row that belongs to people bears its workspace."""

from app.db.tables.audit import audit
from app.db.tables.base import EPOCH, MICROSECOND, Moment, metadata
from app.db.tables.copilot import (
    copilot_messages,
    copilot_proposals,
    copilot_sessions,
    copilot_settings,
    copilot_snapshots,
    copilot_usage,
)
from app.db.tables.data_tables import data_keys, data_rows, data_tables, watch_items, watches
from app.db.tables.endpoints import deliveries, delivery_attempts, endpoints
from app.db.tables.executions import decisions, executions, idempotency_keys, is_open, signals, steps
from app.db.tables.flows import flow_details, groups
from app.db.tables.inbound import refused_calls, seen_calls
from app.db.tables.keys import api_keys
from app.db.tables.operations import operations, revision_names
from app.db.tables.pages import preferences, test_inputs, workflow_tags
from app.db.tables.people import identities, links, memberships, recovery_codes, sessions, users, workspaces
from app.db.tables.storage import credential_shares, credentials, kv
from app.db.tables.triggers import channels, triggers
from app.db.tables.workflows import revisions, schedules, webhooks, workflows

__all__ = [
    "EPOCH",
    "MICROSECOND",
    "Moment",
    "api_keys",
    "audit",
    "channels",
    "copilot_messages",
    "copilot_proposals",
    "copilot_sessions",
    "copilot_settings",
    "copilot_snapshots",
    "copilot_usage",
    "credential_shares",
    "credentials",
    "data_keys",
    "data_rows",
    "data_tables",
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
    "preferences",
    "recovery_codes",
    "refused_calls",
    "revision_names",
    "revisions",
    "schedules",
    "seen_calls",
    "sessions",
    "signals",
    "steps",
    "test_inputs",
    "triggers",
    "users",
    "watch_items",
    "watches",
    "webhooks",
    "workflow_tags",
    "workflows",
    "workspaces",
]
