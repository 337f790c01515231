"""What is remembered of calls from outside."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

seen_calls = sa.Table(
    "seen_calls",
    metadata,
    id_column("webhook_id"),
    sa.Column("digest", sa.String(64), primary_key=True),
    reference("workspaces.id"),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)
"""Signed calls that were accepted, until they would be too old anyway: the same one is not accepted twice."""

refused_calls = sa.Table(
    "refused_calls",
    metadata,
    id_column("webhook_id"),
    reference("workspaces.id"),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
)
"""The last call of each webhook that was refused, and how many there were."""
