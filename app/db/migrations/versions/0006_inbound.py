"""inbound webhooks: calls that were seen and refused; sharing and sources of credentials"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seen_calls",
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_seen_calls_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("webhook_id", "digest", name=op.f("pk_seen_calls")),
    )
    op.create_index(op.f("ix_seen_calls_expires_at"), "seen_calls", ["expires_at"], unique=False)
    op.create_table(
        "refused_calls",
        sa.Column("webhook_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_refused_calls_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_refused_calls")),
    )
    op.create_table(
        "credential_shares",
        sa.Column("credential_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("fk_credential_shares_credential_id_credentials")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_credential_shares_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("credential_id", "kind", "target_id", name=op.f("pk_credential_shares")),
    )
    op.create_index(op.f("ix_credential_shares_workspace_id"), "credential_shares", ["workspace_id"], unique=False)
    op.add_column("credentials", sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("credentials", sa.Column("source", sa.String(length=16), server_default="stored", nullable=False))


def downgrade() -> None:
    op.drop_column("credentials", "source")
    op.drop_column("credentials", "restricted")
    op.drop_table("credential_shares")
    op.drop_table("refused_calls")
    op.drop_table("seen_calls")
