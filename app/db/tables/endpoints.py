"""Outbound webhooks: who is told of what, and every delivery with its attempts."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, partial_index, reference

endpoints = sa.Table(
    "endpoints",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("url", sa.String(2_000), nullable=False),
    sa.Column("events", sa.LargeBinary, nullable=False),
    sa.Column("description", sa.String(500), nullable=False, default=""),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", sa.String(200), nullable=False, default=""),
    sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
    sa.Column("sealed_old_secret", sa.LargeBinary),
    sa.Column("old_until", Moment),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("endpoint_id", sa.String(36), sa.ForeignKey("endpoints.id"), nullable=False),
    sa.Column("event_key", sa.String(200), nullable=False),
    sa.Column("type", sa.String(100), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("next_at", Moment),
    sa.Column("status_code", sa.Integer),
    sa.Column("error", sa.String(500), nullable=False, default=""),
    sa.Column("replay_of", sa.String(36)),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.UniqueConstraint("endpoint_id", "event_key"),
)
"""`event_key` tells one happening from another, so that an endpoint is told of it once."""
sa.Index("ix_deliveries_endpoint_created", deliveries.c.endpoint_id, deliveries.c.created_at)
partial_index("ix_deliveries_due", deliveries.c.next_at.is_not(None), deliveries.c.next_at)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.String(36), sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    sa.Column("status_code", sa.Integer),
    sa.Column("error", sa.String(500), nullable=False, default=""),
)
