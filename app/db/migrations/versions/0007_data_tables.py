"""data tables and triggers with state"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_tables",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("columns", sa.LargeBinary(), nullable=False),
        sa.Column("next_row", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_data_tables_created_by_users")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_data_tables_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_tables")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_data_tables_workspace_id_name")),
    )
    op.create_table(
        "data_rows",
        sa.Column("table_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["data_tables.id"], name=op.f("fk_data_rows_table_id_data_tables")),
        sa.PrimaryKeyConstraint("table_id", "id", name=op.f("pk_data_rows")),
    )
    op.create_table(
        "data_keys",
        sa.Column("table_id", sa.String(length=36), nullable=False),
        sa.Column("column", sa.String(length=63), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["data_tables.id"], name=op.f("fk_data_keys_table_id_data_tables")),
        sa.PrimaryKeyConstraint("table_id", "column", "digest", name=op.f("pk_data_keys")),
    )
    op.create_index("ix_data_keys_row", "data_keys", ["table_id", "row_id"], unique=False)
    op.create_table(
        "watches",
        sa.Column("workflow_id", sa.String(length=36), nullable=False),
        sa.Column("block_id", sa.String(length=100), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("cursor", sa.LargeBinary(), nullable=True),
        sa.Column("driver", sa.String(length=36), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_watches_workflow_id_workflows")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_watches_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("workflow_id", "block_id", name=op.f("pk_watches")),
    )
    op.create_table(
        "watch_items",
        sa.Column("workflow_id", sa.String(length=36), nullable=False),
        sa.Column("block_id", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_watch_items_workflow_id_workflows")),
        sa.PrimaryKeyConstraint("workflow_id", "block_id", "digest", name=op.f("pk_watch_items")),
    )
    op.create_index("ix_watch_items_seen", "watch_items", ["workflow_id", "block_id", "seen_at"], unique=False)


def downgrade() -> None:
    for name in ("watch_items", "watches", "data_keys", "data_rows", "data_tables"):
        op.drop_table(name)
