"""Mail to one person that waits to be handed over: confirmations, welcomes, notices.

A mail is waiting, sending, sent or failed. `sending` is a claim with a lease: a worker that
dies leaves the mail to the next one, because a confirmation twice is better than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from newsletter.store import many
from newsletter.store.schema import mails

WAITING, SENDING, SENT, FAILED = "waiting", "sending", "sent", "failed"

_QUEUE = """
INSERT INTO mails ("to", subscriber_id, kind, "values", state, created_at, due_at)
SELECT {0}, CAST({1} AS BIGINT), :kind, '{}', :state, :now, :now FROM {each}
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One claimed mail; `attempts` counts this one."""

    id: int
    kind: str
    to: str
    subscriber_id: int | None
    values: Mapping[str, Any]
    attempts: int
    created_at: datetime


def queue(
    connection: Connection,
    kind: str,
    to: str,
    *,
    subscriber_id: int | None,
    values: Mapping[str, Any],
    now: datetime,
) -> int:
    """Let a mail wait, in the transaction of what it tells of; give its number."""
    row = {
        "kind": kind,
        "to": to,
        "subscriber_id": subscriber_id,
        "values": dict(values),
        "state": WAITING,
        "created_at": now,
        "due_at": now,
    }
    number: int = connection.execute(insert(mails).returning(mails.c.id), row).scalar_one()
    return number


def queue_all(
    connection: Connection, kind: str, to: Sequence[tuple[str, int]], now: datetime
) -> None:
    """Let a mail of one kind wait for each of these people: address, number."""
    if to:
        values = {"rows": many.json(to), "kind": kind, "state": WAITING, "now": now}
        connection.execute(many.sql(connection, _QUEUE), values)


def claim(connection: Connection, now: datetime, lease: timedelta, limit: int) -> list[Mail]:
    """Take up to `limit` mails that are due, oldest first, for as long as `lease`.

    Two workers never get the same one: SQLite writes one at a time, PostgreSQL skips locked rows.
    """
    free = or_(
        and_(mails.c.state == WAITING, mails.c.due_at <= now),
        and_(mails.c.state == SENDING, mails.c.lease_until <= now),
    )
    due = select(mails.c.id).where(free).order_by(mails.c.due_at, mails.c.id).limit(limit)
    numbers = connection.scalars(due.with_for_update(skip_locked=True)).all()
    if not numbers:
        return []
    taken = connection.execute(
        update(mails)
        .where(mails.c.id.in_(numbers))
        .values(state=SENDING, lease_until=now + lease, attempts=mails.c.attempts + 1)
        .returning(mails)
    )
    return sorted(map(_mail, taken), key=lambda mail: numbers.index(mail.id))


def done(connection: Connection, mail_id: int, message_id: str = "") -> None:
    """The provider took it."""
    connection.execute(
        update(mails)
        .where(mails.c.id == mail_id)
        # What a mail carried, a sign-in link say, is nobody's business once it is gone.
        .values(state=SENT, message_id=message_id, lease_until=None, reason="", values={})
    )


def later(connection: Connection, mail_id: int, due_at: datetime, reason: str) -> None:
    """It could not go now; try again from `due_at` on. One that another worker sent stays sent."""
    connection.execute(
        update(mails)
        .where(mails.c.id == mail_id, mails.c.state == SENDING)
        .values(state=WAITING, due_at=due_at, lease_until=None, reason=reason)
    )


def failed(connection: Connection, mail_id: int, reason: str) -> None:
    """It will never go, and this is why."""
    connection.execute(
        update(mails)
        .where(mails.c.id == mail_id, mails.c.state == SENDING)
        .values(state=FAILED, lease_until=None, reason=reason, values={})
    )


def count(connection: Connection) -> dict[str, int]:
    """How many mails stand in each state, with a zero for empty ones."""
    found = connection.execute(
        select(mails.c.state, func.count().label("number")).group_by(mails.c.state)
    )
    return dict.fromkeys((WAITING, SENDING, SENT, FAILED), 0) | {
        row.state: row.number for row in found
    }


def _mail(row: Any) -> Mail:
    return Mail(
        row.id,
        row.kind,
        row.to,
        row.subscriber_id,
        row._mapping["values"],
        row.attempts,
        row.created_at,
    )
