"""surfaces of the contract: folders, triggers, channels, outbound webhooks"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channels',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('auth_mode', sa.String(length=16), nullable=False),
        sa.Column('sealed_token', sa.LargeBinary(), nullable=True),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('routes', sa.LargeBinary(), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('updated_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_channels_created_by_users')),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_channels_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channels')),
        sa.UniqueConstraint('name', name=op.f('uq_channels_name'))
    )
    op.create_table('endpoints',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('url', sa.String(length=2000), nullable=False),
        sa.Column('events', sa.LargeBinary(), nullable=False),
        sa.Column('description', sa.String(length=500), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('disabled_reason', sa.String(length=200), nullable=False),
        sa.Column('sealed_secret', sa.LargeBinary(), nullable=False),
        sa.Column('sealed_old_secret', sa.LargeBinary(), nullable=True),
        sa.Column('old_until', sa.BigInteger(), nullable=True),
        sa.Column('created_by', sa.String(length=36), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('updated_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_endpoints_created_by_users')),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_endpoints_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_endpoints'))
    )
    op.create_table('groups',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('updated_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_groups_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_groups')),
        sa.UniqueConstraint('workspace_id', 'name', name=op.f('uq_groups_workspace_id_name'))
    )
    op.create_table('deliveries',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('endpoint_id', sa.String(length=36), nullable=False),
        sa.Column('event_key', sa.String(length=200), nullable=False),
        sa.Column('type', sa.String(length=100), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.BigInteger(), nullable=True),
        sa.Column('status_code', sa.Integer(), nullable=True),
        sa.Column('error', sa.String(length=500), nullable=False),
        sa.Column('replay_of', sa.String(length=36), nullable=True),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('finished_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['endpoint_id'], ['endpoints.id'], name=op.f('fk_deliveries_endpoint_id_endpoints')),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_deliveries_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
        sa.UniqueConstraint('endpoint_id', 'event_key', name=op.f('uq_deliveries_endpoint_id_event_key'))
    )
    op.create_index('ix_deliveries_due', 'deliveries', ['next_at'], unique=False, sqlite_where=sa.text('next_at IS NOT NULL'), postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_deliveries_endpoint_created', 'deliveries', ['endpoint_id', 'created_at'], unique=False)
    op.create_table('flow_details',
        sa.Column('workflow_id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('namespace', sa.String(length=100), nullable=False),
        sa.Column('category', sa.String(length=100), nullable=False),
        sa.Column('group_id', sa.String(length=36), nullable=True),
        sa.Column('text', sa.Text(), nullable=True),
        sa.Column('text_revision', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_flow_details_group_id_groups')),
        sa.ForeignKeyConstraint(['workflow_id'], ['workflows.id'], name=op.f('fk_flow_details_workflow_id_workflows')),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_flow_details_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('workflow_id', name=op.f('pk_flow_details'))
    )
    op.create_index(op.f('ix_flow_details_group_id'), 'flow_details', ['group_id'], unique=False)
    op.create_table('triggers',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('workspace_id', sa.String(length=36), nullable=False),
        sa.Column('workflow_id', sa.String(length=36), nullable=False),
        sa.Column('type', sa.String(length=16), nullable=False),
        sa.Column('key_hash', sa.LargeBinary(length=32), nullable=True),
        sa.Column('sealed_key', sa.LargeBinary(), nullable=True),
        sa.Column('config', sa.LargeBinary(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('anchor', sa.BigInteger(), nullable=False),
        sa.Column('planned_at', sa.BigInteger(), nullable=True),
        sa.Column('next_run_at', sa.BigInteger(), nullable=True),
        sa.Column('last_run_at', sa.BigInteger(), nullable=True),
        sa.Column('runs', sa.Integer(), nullable=False),
        sa.Column('created_by', sa.String(length=36), nullable=False),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('updated_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_triggers_created_by_users')),
        sa.ForeignKeyConstraint(['workflow_id'], ['workflows.id'], name=op.f('fk_triggers_workflow_id_workflows')),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_triggers_workspace_id_workspaces')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_triggers')),
        sa.UniqueConstraint('key_hash', name=op.f('uq_triggers_key_hash'))
    )
    op.create_index(op.f('ix_triggers_next_run_at'), 'triggers', ['next_run_at'], unique=False)
    op.create_index(op.f('ix_triggers_workflow_id'), 'triggers', ['workflow_id'], unique=False)
    op.create_index('ix_triggers_workspace_type', 'triggers', ['workspace_id', 'type'], unique=False)
    op.create_table('delivery_attempts',
        sa.Column('delivery_id', sa.String(length=36), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.Column('duration_ms', sa.Integer(), nullable=False),
        sa.Column('status_code', sa.Integer(), nullable=True),
        sa.Column('error', sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_delivery_attempts_delivery_id_deliveries')),
        sa.PrimaryKeyConstraint('delivery_id', 'number', name=op.f('pk_delivery_attempts'))
    )


def downgrade() -> None:
    op.drop_table('delivery_attempts')
    op.drop_table('triggers')
    op.drop_table('flow_details')
    op.drop_table('deliveries')
    op.drop_table('groups')
    op.drop_table('endpoints')
    op.drop_table('channels')
