"""pages around the studio: inputs to try workflows with, tags, the language of people"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "test_inputs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("workflow_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("start_block", sa.String(length=100), nullable=False),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_test_inputs_workspace_id_workspaces")),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_test_inputs_workflow_id_workflows")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_test_inputs_created_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_inputs")),
        sa.UniqueConstraint("workflow_id", "name", name=op.f("uq_test_inputs_workflow_id_name")),
    )
    op.create_table(
        "workflow_tags",
        sa.Column("workflow_id", sa.String(length=36), nullable=False),
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"], name=op.f("fk_workflow_tags_workflow_id_workflows")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_workflow_tags_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("workflow_id", "tag", name=op.f("pk_workflow_tags")),
    )
    op.create_index("ix_workflow_tags_tag", "workflow_tags", ["workspace_id", "tag"], unique=False)
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_preferences_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )


def downgrade() -> None:
    op.drop_table("preferences")
    op.drop_index("ix_workflow_tags_tag", table_name="workflow_tags")
    op.drop_table("workflow_tags")
    op.drop_table("test_inputs")
