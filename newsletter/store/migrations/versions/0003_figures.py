"""Why mail did not arrive and where, marks of opens and clicks, figures that are kept

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Moment


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SOFT = sa.text("kind = 'bounced' AND NOT permanent")
_LEFT = sa.text("act = 'leave'")


def upgrade() -> None:
    for name, kind in (
        ("cause", sa.String(20)),
        ("mailbox", sa.String(20)),
        ("mark", sa.String(16)),
        ("link", sa.Text()),
    ):
        op.add_column("events", sa.Column(name, kind, server_default="", nullable=False))
    op.create_index(
        "ix_events_soft", "events", ["subscriber_id"], sqlite_where=_SOFT, postgresql_where=_SOFT
    )
    op.create_index(
        "ix_consents_left", "consents", ["at"], sqlite_where=_LEFT, postgresql_where=_LEFT
    )
    op.create_table(
        "figures",
        sa.Column("send_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("events", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_figures_send_id_sends")),
        sa.PrimaryKeyConstraint("send_id", name=op.f("pk_figures")),
    )


def downgrade() -> None:
    op.drop_table("figures")
    op.drop_index("ix_consents_left", "consents")
    op.drop_index("ix_events_soft", "events")
    for name in ("link", "mark", "mailbox", "cause"):
        op.drop_column("events", name)
