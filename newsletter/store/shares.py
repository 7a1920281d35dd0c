"""Links under which a week's preview may be looked at, known by the hash of their token only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from newsletter.model import Week
from newsletter.store.editors import known_by
from newsletter.store.schema import shares


def add(
    connection: Connection, week: Week, token: str, *, by: str, now: datetime, until: datetime
) -> None:
    """Let `token` show the preview of a week before `until`; those whose time is over go."""
    connection.execute(delete(shares).where(shares.c.expires_at <= now))
    connection.execute(
        insert(shares).values(
            hash=known_by(token), week=str(week), by=by, created_at=now, expires_at=until
        )
    )


def week(connection: Connection, token: str, now: datetime) -> Week | None:
    """Which week a link shows, if it still does."""
    found = connection.scalar(
        select(shares.c.week).where(shares.c.hash == known_by(token), shares.c.expires_at > now)
    )
    return Week.parse(found) if found else None


def count(connection: Connection, of: Week, now: datetime) -> int:
    """How many links to a week's preview are open."""
    number = connection.scalar(
        select(func.count())
        .select_from(shares)
        .where(shares.c.week == str(of), shares.c.expires_at > now)
    )
    return int(number or 0)


def end(connection: Connection, of: Week) -> int:
    """Close all links to a week's preview; give how many there were."""
    return connection.execute(delete(shares).where(shares.c.week == str(of))).rowcount
