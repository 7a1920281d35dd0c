"""What is left of those who asked to be forgotten: a keyed hash each, by which no list brings
them back, and the name of the key that made it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from newsletter.store import many
from newsletter.store.schema import erasures
from newsletter.store.upsert import insert_into


def remember(connection: Connection, hash: str, keyed_by: str, now: datetime) -> None:
    """Keep the keyed hash of an address that was erased."""
    connection.execute(
        insert_into(connection, erasures)
        .values(hash=hash, at=now, keyed_by=keyed_by)
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def among(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Which of these hashes belong to somebody who asked to be forgotten."""
    here = erasures.c.hash.in_(many.texts(connection.dialect.name))
    rows = {"rows": many.json(list(hashes))}
    return set(connection.scalars(select(erasures.c.hash).where(here), rows))


def any_at_all(connection: Connection) -> bool:
    return connection.scalar(select(erasures.c.hash).limit(1)) is not None


def unreadable(connection: Connection, keys: Collection[str]) -> int:
    """How many were made with a key that is none of these: nobody can compare them any more."""
    lost = erasures.c.keyed_by.not_in([*keys, ""])
    found: int = connection.scalar(select(func.count()).where(lost)) or 0
    return found
