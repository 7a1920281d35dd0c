"""Which works were retracted, by a data set that the operator loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, delete, func, select

from newsletter.model import Retracted
from newsletter.store.schema import retracted
from newsletter.store.upsert import insert_into

_CHUNK = 500
_AT_ONCE = 5_000


def replace(connection: Connection, rows: Iterable[Retracted]) -> int:
    """Put a data set in the place of the one before; give how many works it names."""
    connection.execute(delete(retracted))
    insert = insert_into(connection, retracted).on_conflict_do_nothing()
    for some in _chunks(rows):
        connection.execute(insert, some)
    return count(connection)


def count(connection: Connection) -> int:
    """How many names of retracted works are known."""
    return int(connection.scalar(select(func.count()).select_from(retracted)) or 0)


def among(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """Give what is known of those among `names` ("doi 10.1/x", "pmid 123") that were retracted."""
    wanted = list(names)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(retracted).where(retracted.c.key.in_(wanted[start : start + _CHUNK]))
        for row in connection.execute(query):
            said = (row.nature, row.day, row.reason, row.notice and f"notice {row.notice}")
            found[row.key] = ", ".join(filter(None, said))
    return found


def _chunks(rows: Iterable[Retracted]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for one in rows:
        said = {"nature": one.nature, "day": one.day, "reason": one.reason, "notice": one.notice}
        some += [{"key": name, **said} for name in one.names]
        if len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
