"""Addresses that must not be mailed, and what the provider has yet to hear about them.

The provider keeps a list of its own, by which it drops mail that it already holds.
What is new here is told there (`not_told`, `told`), and so is what was taken back
(`to_lift`, `lifted`); otherwise a reader who came back would be dropped for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Select, delete, select, update

from newsletter.model import Suppression
from newsletter.store import many
from newsletter.store.schema import lifts, suppressions
from newsletter.store.upsert import insert_into

LEFT, ERASED, BOUNCED, COMPLAINED = "left", "erased", "bounced", "complained"

# The later one counts when an address is named twice; reasons not listed stand before all.
_LOUDER = (LEFT, ERASED, BOUNCED, COMPLAINED)


def add(
    connection: Connection,
    key: str,
    reason: str,
    at: datetime,
    source: str,
    *,
    told_at: datetime | None = None,
) -> bool:
    """Suppress an address; say whether that changed anything.

    Twice is once, and a louder reason takes a quieter one's place. `told_at` is given when
    the provider itself said so.
    """
    new = insert_into(connection, suppressions).values(
        key=key, reason=reason, at=at, source=source, told_at=told_at
    )
    changed = connection.scalar(
        new.on_conflict_do_update(
            index_elements=["key"],
            set_={"reason": reason, "at": at, "source": source, "told_at": told_at},
            where=suppressions.c.reason.in_(_quieter(reason)),
        ).returning(suppressions.c.key)
    )
    connection.execute(delete(lifts).where(lifts.c.key == key))
    return changed is not None


def has(connection: Connection, key: str) -> bool:
    return reason(connection, key) is not None


def reason(connection: Connection, key: str) -> str | None:
    """Why this address must not be mailed; None if it may."""
    found: str | None = connection.scalar(
        select(suppressions.c.reason).where(suppressions.c.key == key)
    )
    return found


def reasons(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Those of these addresses that must not be mailed, and why."""
    question = _among(connection.dialect.name)
    found = connection.execute(question, {"rows": many.json(list(keys))})
    return {row.key: row.reason for row in found}


def all(connection: Connection) -> list[Suppression]:
    """Every suppressed address, the newest first."""
    found = connection.execute(
        select(suppressions).order_by(suppressions.c.at.desc(), suppressions.c.key)
    )
    return [Suppression(row.key, row.reason, row.at, row.source) for row in found]


def remove(connection: Connection, key: str, at: datetime) -> bool:
    """Let an address be mailed again; say whether it was suppressed."""
    row = connection.execute(
        delete(suppressions).where(suppressions.c.key == key).returning(suppressions.c.told_at)
    ).one_or_none()
    if row is not None and row.told_at is not None:
        _lift(connection, key, at)
    return row is not None


def not_told(connection: Connection, limit: int = 1000) -> list[Suppression]:
    """Suppressions that the provider has not heard of, oldest first."""
    found = connection.execute(
        select(suppressions)
        .where(suppressions.c.told_at.is_(None))
        .order_by(suppressions.c.at, suppressions.c.key)
        .limit(limit)
    )
    return [Suppression(row.key, row.reason, row.at, row.source) for row in found]


def told(connection: Connection, keys: Collection[str], at: datetime) -> None:
    """Note that the provider knows; the plain address of an erased person is then dropped.

    From there on the keyed hash in `erasures` alone keeps that person off the list. Whoever
    came back while the provider was being told is to be lifted there again.
    """
    here = suppressions.c.key.in_(keys)
    known = connection.scalars(
        update(suppressions).where(here).values(told_at=at).returning(suppressions.c.key)
    )
    for key in set(keys).difference(known):
        _lift(connection, key, at)
    connection.execute(delete(suppressions).where(here, suppressions.c.reason == ERASED))


def to_lift(connection: Connection, limit: int = 1000) -> list[str]:
    """Addresses that the provider must be told to deliver to again, oldest first."""
    return list(
        connection.scalars(select(lifts.c.key).order_by(lifts.c.at, lifts.c.key).limit(limit))
    )


def lifted(connection: Connection, keys: Collection[str]) -> None:
    """Note that the provider delivers to these again."""
    connection.execute(delete(lifts).where(lifts.c.key.in_(keys)))


@lru_cache
def _among(kind: str) -> Select[tuple[str, str]]:
    here = suppressions.c.key.in_(many.texts(kind))
    return select(suppressions.c.key, suppressions.c.reason).where(here)


def _lift(connection: Connection, key: str, at: datetime) -> None:
    connection.execute(
        insert_into(connection, lifts)
        .values(key=key, at=at)
        .on_conflict_do_nothing(index_elements=["key"])
    )


def _quieter(reason: str) -> tuple[str, ...]:
    """The reasons that `reason` may replace."""
    return _LOUDER[: _LOUDER.index(reason)] if reason in _LOUDER else ()
