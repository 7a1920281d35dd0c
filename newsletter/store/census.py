"""Counts of everything, for machines that watch us: by state and kind, never a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, case, func, select

from newsletter.store import mails as queue
from newsletter.store.schema import (
    Moment,
    batches,
    events,
    mails,
    reports,
    sends,
    set_aside,
    sources,
    subscribers,
    suppressions,
)


@dataclass(frozen=True, slots=True)
class Census:
    """How many there are, by what the name says. `oldest_mail` is when the queue's oldest came."""

    subscribers: Mapping[str, int]
    suppressions: Mapping[str, int]
    sends: Mapping[str, int]
    batches: Mapping[str, int]
    events: Mapping[str, int]
    set_aside: Mapping[str, int]
    mails: Mapping[str, int]
    sources: Mapping[str, int]
    reports: int
    oldest_mail: datetime | None
    last_sent: datetime | None


def take(connection: Connection) -> Census:
    """Count."""
    waiting = mails.c.state.in_((queue.WAITING, queue.SENDING))
    oldest = select(func.min(mails.c.created_at, type_=Moment)).where(waiting)
    health = case(
        (sources.c.state != "active", sources.c.state),
        (sources.c.failures > 0, "failing"),
        (sources.c.checked_at.is_(None), "new"),
        else_="good",
    )
    return Census(
        subscribers=_by(connection, subscribers, subscribers.c.state),
        suppressions=_by(connection, suppressions, suppressions.c.reason),
        sends=_by(connection, sends, sends.c.state),
        batches=_by(connection, batches, batches.c.state),
        events=_by(connection, events, events.c.kind),
        set_aside=_by(connection, set_aside, set_aside.c.stage),
        mails=_by(connection, mails, mails.c.state),
        sources=_by(connection, sources, health),
        reports=int(connection.scalar(select(func.count()).select_from(reports)) or 0),
        oldest_mail=connection.scalar(oldest),
        last_sent=connection.scalar(select(func.max(sends.c.finished_at, type_=Moment))),
    )


def _by(connection: Connection, table: Table, name: Any) -> dict[str, int]:
    named = name.label("name")
    counted = select(named).select_from(table).subquery()
    rows = connection.execute(
        select(counted.c.name, func.count()).group_by(counted.c.name).order_by(counted.c.name)
    )
    return {str(name): int(number) for name, number in rows}
