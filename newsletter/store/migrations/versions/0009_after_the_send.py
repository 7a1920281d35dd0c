"""Corrections, picks that were retracted since, readers who were asked whether they stay

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Moment


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("week", "number", name=op.f("pk_corrections")),
    )
    op.create_table(
        "retracted_picks",
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("week", "url", name=op.f("pk_retracted_picks")),
    )
    op.create_table(
        "stays",
        sa.Column("subscriber_id", _KEY, nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_stays")),
    )
    # `2026-W47-c1` is longer than a week; SQLite counts no letters.
    if op.get_bind().dialect.name == "postgresql":
        for table in ("approvals", "sends"):
            op.alter_column(table, "week", type_=sa.String(12))


def downgrade() -> None:
    for table in ("stays", "retracted_picks", "corrections"):
        op.drop_table(table)
