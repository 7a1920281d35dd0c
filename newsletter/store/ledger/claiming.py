"""Claiming batches, and reading who in them is to be mailed now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    update,
)

from newsletter.model import Batch, BatchState
from newsletter.store.ledger.lanes import OPEN
from newsletter.store.schema import batches, deliveries, lanes, subscribers, suppressions


@dataclass(frozen=True, slots=True)
class Dropped:
    """A delivery that must not go out after all, and why."""

    delivery_id: int
    reason: str


def claim(
    connection: Connection,
    send_id: int,
    *,
    holder: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    open_lanes: dict[int, int],
) -> list[Batch]:
    """Take up to `limit` ready batches; `open_lanes` maps lane numbers to lane rows.

    A lane that was cancelled since it was looked up takes none: its mail would be thrown away.
    On PostgreSQL rows that another worker is just taking are passed over, and whoever is
    cancelling a lane is waited for; SQLite has one writer.
    """
    open_lanes = _still_open(connection, open_lanes)
    if not open_lanes:
        return []
    wanted = (
        select(batches.c.id)
        .where(
            batches.c.send_id == send_id,
            batches.c.state == BatchState.READY,
            batches.c.lane.in_(list(open_lanes)),
            or_(batches.c.not_before.is_(None), batches.c.not_before <= now),
        )
        .order_by(batches.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(wanted).scalars())
    if not ids:
        return []
    lane_id = case(open_lanes, value=batches.c.lane)
    connection.execute(
        update(batches)
        .where(batches.c.id.in_(ids))
        .values(
            state=BatchState.SENDING,
            holder=holder,
            lease_until=now + lease,
            claimed_at=now,
            attempts=batches.c.attempts + 1,
            lane_id=lane_id,
        )
    )
    rows = connection.execute(
        select(batches, lanes.c.batch_id, lanes.c.send_at)
        .join(lanes, lanes.c.id == batches.c.lane_id)
        .where(batches.c.id.in_(ids))
        .order_by(batches.c.number)
    )
    return [_batch(row) for row in rows]


def _still_open(connection: Connection, known: dict[int, int]) -> dict[int, int]:
    rows = connection.execute(
        select(lanes.c.number, lanes.c.id)
        .where(lanes.c.id.in_(list(known.values())), lanes.c.state == OPEN)
        .with_for_update(read=True)
    )
    return {row.number: row.id for row in rows}


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        id=row.id,
        send_id=row.send_id,
        number=row.number,
        lane=row.lane,
        lane_id=row.lane_id,
        size=row.size,
        attempt=row.attempts,
        variant=row.variant,
        batch_id=row.batch_id,
        send_at=row.send_at,
    )


@dataclass(frozen=True, slots=True)
class Mailable:
    """Who of a batch is to be mailed, column by column: all are of one length."""

    deliveries: list[int]
    readers: list[int]
    emails: list[str]
    names: list[str]


# How a delivery finds its reader, and what stands against mailing them.
_READERS = deliveries.outerjoin(
    subscribers, subscribers.c.id == deliveries.c.subscriber_id
).outerjoin(suppressions, suppressions.c.key == subscribers.c.key)
_OF_BATCH = (
    deliveries.c.send_id == bindparam("send"),
    deliveries.c.batch == bindparam("number"),
    deliveries.c.exception.is_(None),
)
_WHOLE = (
    select(deliveries.c.id, func.coalesce(suppressions.c.reason, subscribers.c.state, "erased"))
    .select_from(_READERS)
    .where(*_OF_BATCH)
)


def _mailable(listed: Callable[[Column[Any]], ColumnElement[str]]) -> Select[str, str, str, str]:
    return (
        select(
            listed(deliveries.c.id),
            listed(subscribers.c.id),
            listed(subscribers.c.email),
            listed(subscribers.c.name),
        )
        .select_from(_READERS)
        .where(*_OF_BATCH, subscribers.c.state == "active", suppressions.c.key.is_(None))
    )


# A column of a batch as one JSON array: the database makes it while Python does something else,
# where a row for each reader would ask for Python's lock a thousand times.
_MAILABLE = {
    "sqlite": _mailable(lambda column: func.json_group_array(column, type_=Text())),
    "postgresql": _mailable(lambda column: cast(func.json_agg(column), Text)),
}


def mailable(connection: Connection, batch: Batch) -> tuple[Mailable, list[Dropped]]:
    """Who of a batch is to be mailed now.

    The second value names those who left, complained, bounced or were erased since the freeze.
    """
    where = {"send": batch.send_id, "number": batch.number}
    columns = connection.execute(_MAILABLE[connection.dialect.name], where).one()
    found = Mailable(*(orjson.loads(column or "[]") for column in columns))
    if len(found.deliveries) == batch.size:
        return found, []
    # Whoever is not in the first answer is left out, even if they came back since it was given.
    mailed = set(found.deliveries)
    others = connection.execute(_WHOLE, where)
    return found, [Dropped(*row) for row in others if row[0] not in mailed]


def drop(connection: Connection, dropped: Sequence[Dropped]) -> None:
    """Give deliveries that must not go out their exception."""
    for one in dropped:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == one.delivery_id, deliveries.c.exception.is_(None))
            .values(exception="suppressed", reason=one.reason)
        )
