"""steps packed beside their execution"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("finished_steps", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("executions", "finished_steps")
