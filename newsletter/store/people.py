"""Looking through the list a page at a time, by the beginning of an address or by number.

Every question walks along an index, so a million people cost no more than a hundred.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select

from newsletter.model import Email, State, Subscriber, Suppression
from newsletter.store.schema import subscribers, suppressions

# The last sign that Unicode has: behind everything that begins in the same way.
_LAST = "\U0010ffff"


def search(
    connection: Connection,
    *,
    begins: str,
    state: State | None,
    after_key: str,
    before_id: int,
    limit: int,
) -> list[Subscriber]:
    """People whose address begins so, by address past `after_key`; else the newest first."""
    query = select(subscribers)
    if state is not None:
        query = query.where(subscribers.c.state == state.value)
    if begins:
        key = subscribers.c.key
        query = query.where(*_from(key, begins, after_key)).order_by(key)
    else:
        if before_id:
            query = query.where(subscribers.c.id < before_id)
        query = query.order_by(subscribers.c.id.desc())
    return [
        Subscriber(
            row.id,
            Email(row.email, row.key),
            State(row.state),
            row.name,
            row.created_at,
            row.confirmed_at,
            row.source,
        )
        for row in connection.execute(query.limit(limit))
    ]


def suppressed(
    connection: Connection, *, begins: str, after_key: str, limit: int
) -> list[Suppression]:
    """Suppressed addresses that begin so, by address past `after_key`."""
    key = suppressions.c.key
    rows = connection.execute(
        select(suppressions).where(*_from(key, begins, after_key)).order_by(key).limit(limit)
    )
    return [Suppression(row.key, row.reason, row.at, row.source) for row in rows]


def _from(key: ColumnElement[str], begins: str, after: str) -> list[ColumnElement[bool]]:
    found = [key > after] if after else []
    if begins:
        found += [key >= begins, key < begins + _LAST, key.startswith(begins, autoescape=True)]
    return found
