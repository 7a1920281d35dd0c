"""The job queue's tables (PostgreSQL), the calendar's ticks, alerts, reports that wait

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Moment


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_alerts")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reports_received_at", "reports", ["received_at"])
    op.create_table(
        "ticks",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ticks")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The queue's own tables belong to procrastinate, whose version is pinned to one that
        # has this schema; they are made by its text and looked after by it.
        from procrastinate.schema import SchemaManager

        op.get_bind().connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    for table in ("ticks", "reports", "alerts"):
        op.drop_table(table)
