"""Tables that people define, and what triggers with state remember."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.tables.base import Moment, id_column, metadata, reference

data_tables = sa.Table(
    "data_tables",
    metadata,
    id_column(),
    reference("workspaces.id"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("columns", sa.LargeBinary, nullable=False),
    sa.Column("next_row", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_by", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("workspace_id", "name"),
)

data_rows = sa.Table(
    "data_rows",
    metadata,
    sa.Column("table_id", sa.String(36), sa.ForeignKey("data_tables.id"), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

data_keys = sa.Table(
    "data_keys",
    metadata,
    sa.Column("table_id", sa.String(36), sa.ForeignKey("data_tables.id"), primary_key=True),
    sa.Column("column", sa.String(63), primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("row_id", sa.BigInteger, nullable=False),
    sa.Index("ix_data_keys_row", "table_id", "row_id"),
)
"""The values of unique columns: what is in here twice cannot be."""

watches = sa.Table(
    "watches",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("block_id", sa.String(100), primary_key=True),
    reference("workspaces.id"),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("cursor", sa.LargeBinary),
    sa.Column("driver", sa.String(36), nullable=False),
    sa.Column("leased_until", Moment, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("problem", sa.String(500), nullable=False),
    sa.Column("accepted", sa.Integer, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)
"""How far the trigger of a deployed workflow has come; `fingerprint` tells of what it watches."""

watch_items = sa.Table(
    "watch_items",
    metadata,
    sa.Column("workflow_id", sa.String(36), sa.ForeignKey("workflows.id"), primary_key=True),
    sa.Column("block_id", sa.String(100), primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Index("ix_watch_items_seen", "workflow_id", "block_id", "seen_at"),
)
"""Items that have started an execution, so that none does twice."""
