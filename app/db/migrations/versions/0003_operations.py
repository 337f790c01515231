"""operation log"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("workflow_id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("unit", sa.String(36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name="fk_operations_workflow_id_workflows"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_operations_workspace_id_workspaces"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_operations_author_id_users"),
        sa.PrimaryKeyConstraint("workflow_id", "revision", name="pk_operations"),
    )
    op.create_index("uq_operations_batch", "operations", ["workflow_id", "batch_id"], unique=True)
    op.create_table(
        "revision_names",
        sa.Column("workflow_id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name="fk_revision_names_workflow_id_workflows"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_revision_names_workspace_id_workspaces"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_revision_names_author_id_users"),
        sa.PrimaryKeyConstraint("workflow_id", "revision", name="pk_revision_names"),
    )


def downgrade() -> None:
    op.drop_table("revision_names")
    op.drop_index("uq_operations_batch", table_name="operations")
    op.drop_table("operations")
