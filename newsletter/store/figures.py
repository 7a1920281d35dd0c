"""Counting what became of a send: by mailbox provider, by cause, by the minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, cast, func, select
from sqlalchemy import String as SqlString

from newsletter.model import EventKind
from newsletter.store.schema import (
    Moment,
    batches,
    consents,
    deliveries,
    events,
    figures,
    lanes,
    sends,
)
from newsletter.store.upsert import insert_into

_LOOKS = (EventKind.OPENED, EventKind.CLICKED)


class Group(NamedTuple):
    """Deliveries of one kind of event at one provider for one cause."""

    kind: str
    mailbox: str
    cause: str
    lasting: bool
    people: int


class Look(NamedTuple):
    """An open or click: who by mark, when, where, and whether it called itself a machine."""

    mark: str
    kind: str
    at: datetime
    link: str
    machine: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures as they were counted last: when, from how many events, and the numbers as JSON."""

    at: datetime
    events: int
    counted: dict[str, Any]


def number_of_events(connection: Connection, send_id: int) -> int:
    query = select(func.count()).select_from(events).where(events.c.send_id == send_id)
    return int(connection.scalar(query) or 0)


def groups(connection: Connection, send_id: int) -> list[Group]:
    """Count deliveries by kind, provider and cause; opens and clicks are not among them."""
    columns = (events.c.kind, events.c.mailbox, events.c.cause, events.c.permanent)
    rows = connection.execute(
        select(*columns, func.count(func.distinct(events.c.delivery_id)))
        .where(events.c.send_id == send_id, events.c.delivery_id.is_not(None), ~_is_a_look())
        .group_by(*columns)
    )
    return [Group(*row) for row in rows]


def began(connection: Connection, send_id: int) -> datetime | None:
    """The hour of delivery, or when the first batch went; None before that."""
    query = select(func.coalesce(sends.c.send_at, _first_claim(send_id), type_=Moment))
    found: datetime | None = connection.scalar(query.where(sends.c.id == send_id))
    return found


def waits(connection: Connection, send_id: int) -> Iterator[tuple[int, int]]:
    """Seconds from the hour of its lane (or from handing over) to the inbox, with how many."""
    start = func.coalesce(lanes.c.send_at, batches.c.done_at, batches.c.claimed_at, type_=Moment)
    rows = connection.execute(
        select(events.c.at, start.label("start"), func.count())
        .select_from(events)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .join(
            batches,
            and_(batches.c.send_id == deliveries.c.send_id, batches.c.number == deliveries.c.batch),
        )
        .outerjoin(lanes, lanes.c.id == batches.c.lane_id)
        .where(events.c.send_id == send_id, events.c.kind == EventKind.DELIVERED)
        .group_by(events.c.at, start)
    )
    for at, begun, number in rows:
        if begun is not None:
            # Events tell whole seconds: one may seem to come before its cause.
            yield max(0, round((at - begun).total_seconds())), int(number)


def by_minute(
    connection: Connection, send_id: int, until: datetime
) -> Iterator[tuple[str, datetime, int]]:
    """Count events of a send by kind and minute, up to a moment; not opens and clicks."""
    minute = _minute(connection, events.c.at)
    rows = connection.execute(
        select(events.c.kind, minute, func.count())
        .where(events.c.send_id == send_id, events.c.at < until, ~_is_a_look())
        .group_by(events.c.kind, minute)
    )
    for kind, text, number in rows:
        yield str(kind), datetime.fromisoformat(f"{text}:00+00:00"), int(number)


def looks(connection: Connection, send_id: int) -> Iterator[Look]:
    """Opens and clicks of a send, one reader's after the other's; memory stays flat."""
    rows = connection.execution_options(yield_per=5000).execute(
        select(events.c.mark, events.c.kind, events.c.at, events.c.link, events.c.machine)
        .where(events.c.send_id == send_id, _is_a_look())
        .order_by(events.c.mark, events.c.at)
    )
    for row in rows:
        yield Look(*row)


def leaves(connection: Connection, send_id: int, since: datetime) -> list[datetime]:
    """When people of the audience left, from then until the next issue went."""
    following = select(func.min(sends.c.frozen_at)).where(
        sends.c.frozen_at > since, sends.c.id != send_id
    )
    until: datetime | None = connection.scalar(following)
    rows = connection.execute(
        select(func.min(consents.c.at, type_=Moment))
        .join(deliveries, deliveries.c.subscriber_id == consents.c.subscriber_id)
        .where(
            consents.c.act == "leave",
            consents.c.at >= since,
            *(() if until is None else (consents.c.at < until,)),
            deliveries.c.send_id == send_id,
        )
        .group_by(consents.c.subscriber_id)
    )
    return [row[0] for row in rows]


def kept(connection: Connection, send_id: int) -> Kept | None:
    """Figures that were counted before."""
    row = connection.execute(select(figures).where(figures.c.send_id == send_id)).first()
    return Kept(row.at, row.events, row.counted) if row else None


def keep(connection: Connection, send_id: int, counted: Kept) -> None:
    """Keep figures in place of older ones."""
    values = {"at": counted.at, "events": counted.events, "counted": counted.counted}
    connection.execute(
        insert_into(connection, figures)
        .values(send_id=send_id, **values)
        .on_conflict_do_update(index_elements=["send_id"], set_=values)
    )


def _is_a_look() -> ColumnElement[bool]:
    return events.c.kind.in_(_LOOKS)


def _first_claim(send_id: int) -> Any:
    return (
        select(func.min(batches.c.claimed_at)).where(batches.c.send_id == send_id).scalar_subquery()
    )


def _minute(connection: Connection, column: Any) -> Any:
    """`2026-11-18 12:07`, in UTC."""
    if connection.dialect.name == "sqlite":
        return func.substr(cast(column, SqlString), 1, 16)
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI")
