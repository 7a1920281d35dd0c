"""What drafts proposed and editors made of it; the list of retracted works

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _text(name):
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("section", sa.String(length=10), nullable=False),
        sa.Column("printed", sa.Boolean(), nullable=False),
        _text("source"),
        _text("title"),
        sa.Column("subjects", sa.JSON(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("week", "url", name=op.f("pk_proposals")),
    )
    op.create_table(
        "lessons",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("deed", sa.String(length=8), nullable=False),
        _text("title"),
        _text("came"),
        _text("went"),
        sa.PrimaryKeyConstraint("week", "url", "about", "name", "deed", name=op.f("pk_lessons")),
    )
    op.create_index("ix_lessons_about_name", "lessons", ["about", "name"])
    op.create_table(
        "retracted",
        sa.Column("key", sa.Text(), nullable=False),
        _text("nature"),
        _text("day"),
        _text("reason"),
        _text("notice"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_retracted")),
    )


def downgrade() -> None:
    for table in ("retracted", "lessons", "proposals"):
        op.drop_table(table)
