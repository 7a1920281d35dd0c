"""Addresses that must not be mailed, and what the provider has yet to hear about them.

The provider keeps a list of its own, by which it drops mail that it already holds.
What is new here is told there (`not_told`, `told`), and so is what was taken back
(`to_lift`, `lifted`); otherwise a reader who came back would be dropped for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, delete, or_, select, update

from newsletter.model import Suppression
from newsletter.store import many
from newsletter.store.many import among
from newsletter.store.schema import lifts, suppressions
from newsletter.store.upsert import insert_into

LEFT, ERASED, BOUNCED, COMPLAINED = "left", "erased", "bounced", "complained"

# Which of the provider's lists an address is taken off.
ALL, BOUNCES = "all", "bounces"

# The later one counts when an address is named twice; reasons not listed stand before all.
_LOUDER = (LEFT, ERASED, BOUNCED, COMPLAINED)


class NewSuppression(NamedTuple):
    """An address to suppress, why and since when; `told_at` when the provider itself said so."""

    key: str
    reason: str
    at: datetime
    source: str
    told_at: datetime | None = None


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
    row = NewSuppression(key, reason, at, source, told_at)._asdict()
    changed = connection.scalar(_adding(connection).returning(suppressions.c.key), row)
    connection.execute(delete(lifts).where(lifts.c.key == key))
    return changed is not None


def add_all(connection: Connection, new: Sequence[NewSuppression]) -> None:
    """Suppress many addresses, each as `add` does; locks are taken in the order of keys."""
    if not new:
        return
    rows = [one._asdict() for one in sorted(new, key=lambda one: (one.key, one.at))]
    connection.execute(_adding(connection), rows)
    keys = {one.key for one in new}
    connection.execute(delete(lifts).where(among(connection, lifts.c.key, keys)))


def _adding(connection: Connection) -> Any:
    """Of two words about one address the louder counts, of two of a kind the first that was said.

    So it does not matter in which order they come.
    """
    new = insert_into(connection, suppressions)
    ranks = {reason: rank for rank, reason in enumerate(_LOUDER)}
    said = case(ranks, value=new.excluded.reason, else_=-1)
    stands = case(ranks, value=suppressions.c.reason, else_=len(ranks))
    return new.on_conflict_do_update(
        index_elements=["key"],
        set_={name: new.excluded[name] for name in NewSuppression._fields if name != "key"},
        where=or_(said > stands, and_(said == stands, new.excluded.at < suppressions.c.at)),
    )


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
        lift(connection, {key: at})
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
        lift(connection, {key: at})
    connection.execute(delete(suppressions).where(here, suppressions.c.reason == ERASED))


def untell(connection: Connection, known: Collection[str]) -> int:
    """Note which addresses the provider knew and no longer does, to be told again; how many."""
    ours = connection.scalars(
        select(suppressions.c.key).where(suppressions.c.told_at.is_not(None))
    ).all()
    lost = [key for key in ours if key not in known]
    if lost:
        here = many.among(connection, suppressions.c.key, lost)
        connection.execute(update(suppressions).where(here).values(told_at=None))
    return len(lost)


def to_lift(connection: Connection, limit: int = 1000) -> dict[str, str]:
    """Addresses that the provider must be told to deliver to again, oldest first, with scope."""
    rows = connection.execute(select(lifts).order_by(lifts.c.at, lifts.c.key).limit(limit))
    return {row.key: row.scope for row in rows}


def lifted(connection: Connection, keys: Collection[str]) -> None:
    """Note that the provider delivers to these again."""
    connection.execute(delete(lifts).where(lifts.c.key.in_(keys)))


@lru_cache
def _among(kind: str) -> Select[tuple[str, str]]:
    here = suppressions.c.key.in_(many.texts(kind))
    return select(suppressions.c.key, suppressions.c.reason).where(here)


def lift(connection: Connection, keys: Mapping[str, datetime], scope: str = ALL) -> None:
    """Have the provider deliver again to addresses that stand on its lists since then.

    `scope` says from which: `ALL` of them, or `BOUNCES` alone.
    """
    rows = [{"key": key, "at": at, "scope": scope} for key, at in sorted(keys.items())]
    if rows:
        new = insert_into(connection, lifts)
        wider = new.on_conflict_do_update(
            index_elements=["key"],
            set_={"scope": new.excluded.scope},
            where=new.excluded.scope == ALL,
        )
        connection.execute(wider, rows)
