"""Restores of this database from a backup: what went out between the two is not known here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from newsletter.model import BatchState, SendState
from newsletter.store.schema import batches, mails, restores, sends

REASON = "restored from a backup: whether it was handed over since is not known"


@dataclass(frozen=True, slots=True)
class Restore:
    """One restore. `synced_at`: when the provider's lists of who left were taken in since."""

    backup_at: datetime
    restored_at: datetime
    synced_at: datetime | None


def newest(connection: Connection) -> Restore | None:
    row = connection.execute(
        select(restores.c.backup_at, restores.c.restored_at, restores.c.synced_at)
        .order_by(restores.c.restored_at.desc(), restores.c.id.desc())
        .limit(1)
    ).first()
    return Restore(*row) if row else None


def synced(connection: Connection, now: datetime) -> None:
    """Note that who left since the backup is known again."""
    connection.execute(update(restores).where(restores.c.synced_at.is_(None)).values(synced_at=now))


def note(connection: Connection, *, backup_at: datetime, now: datetime) -> tuple[int, int]:
    """Take back what the backup says is still to go out; give how many batches and mails.

    Sends under way pause, and what they had not recorded as done is of unknown outcome, under no
    lane that could be cancelled: later lanes are not known here. Events or an operator settle it.
    Mails to single people that waited went out long ago, or are asked for again.
    """
    connection.execute(insert(restores).values(backup_at=backup_at, restored_at=now))
    under_way = select(sends.c.id).where(sends.c.state.in_((SendState.OPEN, SendState.PAUSED)))
    doubtful = connection.execute(
        update(batches)
        .where(
            batches.c.send_id.in_(under_way),
            batches.c.state.in_((BatchState.READY, BatchState.SENDING, BatchState.UNKNOWN)),
        )
        .values(state=BatchState.UNKNOWN, reason=REASON, lane_id=None, holder="", lease_until=None)
    )
    connection.execute(
        update(sends)
        .where(sends.c.state == SendState.OPEN)
        .values(state=SendState.PAUSED, reason=REASON)
    )
    unsent = connection.execute(
        update(mails)
        .where(mails.c.state.in_(("waiting", "sending")))
        .values(state="failed", reason=REASON)
    )
    return doubtful.rowcount, unsent.rowcount
