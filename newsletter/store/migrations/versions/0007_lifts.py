"""From which of the provider's lists an address is taken off

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lifts", sa.Column("scope", sa.String(10), server_default="all", nullable=False))


def downgrade() -> None:
    op.drop_column("lifts", "scope")
