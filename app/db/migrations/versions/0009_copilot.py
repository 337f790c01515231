"""copilot: sessions and messages"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "copilot_settings", "copilot_usage", "copilot_proposals", "copilot_snapshots", "copilot_messages", "copilot_sessions",
)  # fmt: skip


def _belongs_to(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=f"fk_{table}_{name}_{target}", ondelete="CASCADE")
        for name, target in columns
    ]


def upgrade() -> None:
    op.create_table(
        "copilot_sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("workflow_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("sealed_title", sa.LargeBinary()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        *_belongs_to(
            "copilot_sessions", ("workspace_id", "workspaces"), ("workflow_id", "workflows"), ("user_id", "users")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_copilot_sessions"),
    )
    op.create_index("ix_copilot_sessions_of", "copilot_sessions", ["workflow_id", "user_id", "updated_at"])
    op.create_index("ix_copilot_sessions_updated_at", "copilot_sessions", ["updated_at"])
    op.create_table(
        "copilot_messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *_belongs_to("copilot_messages", ("workspace_id", "workspaces"), ("session_id", "copilot_sessions")),
        sa.PrimaryKeyConstraint("id", name="pk_copilot_messages"),
    )
    op.create_index("uq_copilot_messages_place", "copilot_messages", ["session_id", "place"], unique=True)
    op.create_table(
        "copilot_snapshots",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sealed_graph", sa.LargeBinary(), nullable=False),
        *_belongs_to("copilot_snapshots", ("workspace_id", "workspaces"), ("session_id", "copilot_sessions")),
        sa.PrimaryKeyConstraint("id", name="pk_copilot_snapshots"),
    )
    op.create_index("uq_copilot_snapshots_revision", "copilot_snapshots", ["session_id", "revision"], unique=True)
    op.create_table(
        "copilot_proposals",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(36), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("base_revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        *_belongs_to(
            "copilot_proposals",
            ("workspace_id", "workspaces"), ("session_id", "copilot_sessions"), ("message_id", "copilot_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_copilot_proposals"),
    )  # fmt: skip
    op.create_index("ix_copilot_proposals_message_id", "copilot_proposals", ["message_id"])
    op.create_table(
        "copilot_usage",
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        *_belongs_to("copilot_usage", ("workspace_id", "workspaces"), ("user_id", "users")),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "day", name="pk_copilot_usage"),
    )
    op.create_table(
        "copilot_settings",
        sa.Column("workspace_id", sa.String(36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        *_belongs_to("copilot_settings", ("workspace_id", "workspaces")),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_copilot_settings"),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
