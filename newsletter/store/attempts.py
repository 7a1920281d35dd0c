"""How often a form was used from one origin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from newsletter.store import many
from newsletter.store.schema import attempts

# What is older than this tells nobody anything; windows are shorter.
_FORGOTTEN = timedelta(days=1)

_COUNT = """
INSERT INTO attempts (origin, since, count)
SELECT {0}, :now, CAST({1} AS INTEGER) FROM {each} WHERE true
ON CONFLICT (origin) DO UPDATE SET
    count = CASE WHEN attempts.since <= :closed THEN 0 ELSE attempts.count END + excluded.count,
    since = CASE WHEN attempts.since <= :closed THEN excluded.since ELSE attempts.since END
RETURNING origin, count AS used
"""


def count(connection: Connection, origin: str, now: datetime, within: timedelta) -> int:
    """Note one more use from `origin` and give the uses in its running window.

    A window opens with the first use and closes after `within`.
    """
    return count_all(connection, {origin: 1}, now, within)[origin]


def count_all(
    connection: Connection, uses: Mapping[str, int], now: datetime, within: timedelta
) -> dict[str, int]:
    """Note more uses from each origin, and give those in the running windows.

    Rows are written in the order of origins: two who count the same ones wait in one direction.
    """
    if not uses:
        return {}
    values = {"rows": many.json(sorted(uses.items())), "now": now, "closed": now - within}
    found = connection.execute(many.sql(connection, _COUNT), values)
    counted = {row.origin: row.used for row in found}
    if any(counted[origin] == more for origin, more in uses.items()):
        old = attempts.c.since <= now - max(within, _FORGOTTEN)
        connection.execute(delete(attempts).where(old))
    return counted
