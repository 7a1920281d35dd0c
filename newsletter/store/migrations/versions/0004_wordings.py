"""Versions of the words under which people agreed; proof that cannot be changed; keys of erasures

Revision 0004, after 0003.
"""

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from newsletter.store.schema import Moment


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = "subscriber_id, act, at, source, wording_id"
_REFUSAL = "consents are append-only"
_TRIGGERS = {
    "sqlite": (
        f"CREATE TRIGGER consents_stay BEFORE UPDATE OF {_KEPT} ON consents "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION consents_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        f"CREATE TRIGGER consents_stay BEFORE UPDATE OF {_KEPT} ON consents "
        "FOR EACH ROW EXECUTE FUNCTION consents_stay()",
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    wordings = op.create_table(
        "wordings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
        sa.UniqueConstraint("digest", name=op.f("uq_wordings_digest")),
        sqlite_autoincrement=True,
    )
    op.add_column(
        "consents", sa.Column("wording_id", sa.Integer(), server_default="0", nullable=False)
    )
    old = sa.table("consents", sa.column("wording", sa.Text()), sa.column("at", Moment()))
    said = connection.execute(
        sa.select(old.c.wording, sa.func.min(old.c.at, type_=Moment()))
        .where(old.c.wording != "")
        .group_by(old.c.wording)
        .order_by(sa.func.min(old.c.at), old.c.wording)
    ).all()
    for words, since in said:
        digest = hashlib.sha256(words.encode()).hexdigest()
        since = since or datetime.now(UTC)
        connection.execute(wordings.insert(), {"digest": digest, "text": words, "since": since})
    connection.execute(
        sa.text(
            "UPDATE consents SET wording_id = "
            "(SELECT id FROM wordings WHERE wordings.text = consents.wording) WHERE wording <> ''"
        )
    )
    op.execute("ALTER TABLE consents DROP COLUMN wording")
    for statement in _TRIGGERS[connection.dialect.name]:
        op.execute(statement)
    op.add_column(
        "erasures", sa.Column("keyed_by", sa.String(length=8), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.execute(
        "DROP TRIGGER consents_stay"
        + (" ON consents" if op.get_bind().dialect.name == "postgresql" else "")
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION consents_stay()")
    op.execute("ALTER TABLE erasures DROP COLUMN keyed_by")
    op.execute("ALTER TABLE consents ADD COLUMN wording TEXT NOT NULL DEFAULT ''")
    op.execute(
        "UPDATE consents SET wording = "
        "coalesce((SELECT text FROM wordings WHERE id = consents.wording_id), '')"
    )
    op.execute("ALTER TABLE consents DROP COLUMN wording_id")
    op.drop_table("wordings")
