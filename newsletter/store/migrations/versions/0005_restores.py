"""Restores from a backup

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Moment


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("backup_at", Moment(), nullable=False),
        sa.Column("restored_at", Moment(), nullable=False),
        sa.Column("synced_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restores")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("restores")
