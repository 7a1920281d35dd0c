"""Taking in what the provider reported: each event once, with its delivery found.

A post of a thousand events is four questions and one statement that writes. What is known by
its id ends at the first question, so a post that comes again costs little.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, func, select, text

from newsletter.model import BatchState, Event, EventKind, State
from newsletter.store.consents import came_back
from newsletter.store.imports import moment
from newsletter.store.many import among
from newsletter.store.schema import batches, deliveries, events, sends, subscribers

# Traces of a person's reading, which name nobody unless a setting asks for it.
LOOKS = (EventKind.OPENED, EventKind.CLICKED)


@dataclass(frozen=True, slots=True)
class Traced:
    """A new event and whom it is about; None where nothing here matches."""

    event: Event
    send_id: int | None
    delivery_id: int | None
    subscriber_id: int | None


@dataclass(frozen=True, slots=True)
class Marks:
    """What opens and clicks say of who it was: a keyed mark, and the person only if `people`.

    The mark is BLAKE2b (RFC 7693) over send and delivery: it tells the readers of one issue
    apart and no two issues of one reader together.
    """

    key: bytes = b""
    people: bool = False

    def of(self, one: Traced) -> str:
        thing = f"{one.send_id}-{one.delivery_id}" if one.delivery_id else one.event.email
        key = self.key[: blake2b.MAX_KEY_SIZE]
        made = blake2b(thing.encode(), digest_size=12, key=key, person=b"opens and clicks")
        return b64encode(made.digest(), b"-_").decode()


# Events tell whole seconds.
_WHOLE_SECOND = timedelta(seconds=1)

_COLUMNS = {
    "id": "text",
    "kind": "text",
    "at": "timestamptz",
    "received_at": "timestamptz",
    "send_id": "bigint",
    "delivery_id": "bigint",
    "subscriber_id": "bigint",
    "message_id": "text",
    "reason": "text",
    "permanent": "boolean",
    "machine": "boolean",
    "cause": "text",
    "mailbox": "text",
    "mark": "text",
    "link": "text",
}
_INTO = f"INSERT INTO events ({', '.join(_COLUMNS)})"
_BY_DRIVER = f"{_INTO} VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT DO NOTHING"
# The order of ids is the same in every post, so two that hold the same events never wait for
# each other in a circle.
_BY_JSON = text(
    f"{_INTO} SELECT {', '.join(_COLUMNS)} FROM json_to_recordset(CAST(:rows AS json)) AS row("
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    + ") ORDER BY id ON CONFLICT DO NOTHING RETURNING id"
)


def keep(
    connection: Connection, found: Sequence[Event], now: datetime, marks: Marks
) -> list[Traced]:
    """Store events, pass over those known by their id, and give the new ones with their people."""
    unique = {event.id: event for event in found}
    if not unique:
        return []
    known = set(
        connection.scalars(select(events.c.id).where(among(connection, events.c.id, unique)))
    )
    traced = _trace(connection, [one for id, one in unique.items() if id not in known])
    if not traced:
        return []
    rows = [_row(one, now, marks) for one in traced]
    if connection.dialect.name == "sqlite":
        # Who writes is alone: what was not there a moment ago is new.
        connection.exec_driver_sql(_BY_DRIVER, rows)
        return traced
    packed = orjson.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in rows]).decode()
    new = set(connection.execute(_BY_JSON, {"rows": packed}).scalars())
    return [one for one in traced if one.event.id in new]


def _row(one: Traced, now: datetime, marks: Marks) -> tuple[Any, ...]:
    """An event as the columns hold it."""
    event, looks = one.event, one.event.kind in LOOKS
    named = not looks or marks.people
    return (
        event.id,
        event.kind._value_,
        _utc(event.at),
        _utc(now),
        one.send_id,
        one.delivery_id if named else None,
        one.subscriber_id if named else None,
        event.message_id if named else "",
        event.reason[:500],
        event.permanent,
        event.machine,
        event.cause._value_ if event.cause else "",
        event.mailbox,
        marks.of(one) if looks else "",
        event.url if looks else "",
    )


def _utc(at: datetime) -> str:
    return f"{moment(at)}"


def _trace(connection: Connection, found: Sequence[Event]) -> list[Traced]:
    """Find deliveries by the opaque id, else by message id and address, else by the address.

    By the address alone a late bounce finds the newest issue that this person got before;
    what names a message that is none of our issues (a confirmation, say) finds the person.
    """
    by_delivery = _deliveries(connection, found)
    rest = [event for event in found if event.delivery not in by_delivery]
    people = _people(connection, rest)
    by_message = _messages(connection, rest, people)
    by_person = _newest(
        connection, [e for e in rest if not e.message_id and not e.delivery], people
    )
    traced = []
    for event in found:
        place = (
            by_delivery.get(event.delivery)
            or by_message.get((event.message_id, event.email))
            or by_person.get(event.id)
        )
        if place:
            traced.append(Traced(event, *place))
        else:
            traced.append(Traced(event, None, None, people.get(event.email)))
    return traced


_Place = tuple[int, int, int]


def _deliveries(connection: Connection, found: Sequence[Event]) -> dict[str, _Place]:
    """Map opaque ids, `REF-NUMBER`, to send, delivery and subscriber."""
    numbers = set()
    for event in found:
        _, dash, number = event.delivery.rpartition("-")
        if dash and number.isascii() and number.isdigit() and len(number) < 19:
            numbers.add(int(number))
    if not numbers:
        return {}
    rows = connection.execute(
        select(sends.c.ref, deliveries.c.send_id, deliveries.c.id, deliveries.c.subscriber_id)
        .join(sends, sends.c.id == deliveries.c.send_id)
        .where(among(connection, deliveries.c.id, numbers))
    )
    # The reference keeps events of another database's sends apart from ours.
    return {f"{ref}-{number}": (send, number, person) for ref, send, number, person in rows}


def _people(connection: Connection, found: Sequence[Event]) -> dict[str, int]:
    keys = {event.email for event in found if event.email}
    if not keys:
        return {}
    rows = connection.execute(
        select(subscribers.c.key, subscribers.c.id).where(
            among(connection, subscribers.c.key, keys)
        )
    )
    return {row.key: row.id for row in rows}


def _messages(
    connection: Connection, found: Sequence[Event], people: dict[str, int]
) -> dict[tuple[str, str], _Place]:
    ids = {event.message_id for event in found if event.message_id}
    if not ids or not people:
        return {}
    emails = {number: email for email, number in people.items()}
    rows = connection.execute(
        select(
            batches.c.message_id,
            deliveries.c.send_id,
            deliveries.c.id,
            deliveries.c.subscriber_id,
        )
        .join(
            deliveries,
            and_(deliveries.c.send_id == batches.c.send_id, deliveries.c.batch == batches.c.number),
        )
        .where(
            among(connection, batches.c.message_id, ids),
            among(connection, deliveries.c.subscriber_id, emails),
        )
    )
    return {
        (row.message_id, emails[row.subscriber_id]): (row.send_id, row.id, row.subscriber_id)
        for row in rows
    }


def _newest(
    connection: Connection, found: Sequence[Event], people: dict[str, int]
) -> dict[str, _Place]:
    """By event, the newest delivery of its person that was taken and on its way by then.

    Only a batch that is known to be taken: an address alone proves nothing about another one.
    """
    start = func.coalesce(sends.c.send_at, sends.c.frozen_at)
    places: dict[str, _Place] = {}
    for event in found:
        if number := people.get(event.email):
            row = connection.execute(
                select(deliveries.c.send_id, deliveries.c.id, deliveries.c.subscriber_id)
                .join(sends, sends.c.id == deliveries.c.send_id)
                .join(
                    batches,
                    and_(
                        batches.c.send_id == deliveries.c.send_id,
                        batches.c.number == deliveries.c.batch,
                    ),
                )
                .where(
                    deliveries.c.subscriber_id == number,
                    deliveries.c.exception.is_(None),
                    batches.c.state == BatchState.ACCEPTED,
                    start < event.at + _WHOLE_SECOND,
                )
                .order_by(start.desc(), deliveries.c.id.desc())
                .limit(1)
            ).first()
            if row:
                places[event.id] = (row.send_id, row.id, row.subscriber_id)
    return places


class Softly(NamedTuple):
    """One person's bounces that may pass, oldest first."""

    subscriber_id: int
    key: str
    active: bool
    times: list[datetime]


def soft_bounces(connection: Connection, people: Collection[int]) -> list[Softly]:
    """Who of these people had bounces that may pass, and when, since they last came back.

    They are held first, in the order of numbers: of two posts that tell of one person at once,
    the second then counts what the first has stored.
    """
    if not people:
        return []
    connection.execute(
        select(subscribers.c.id)
        .where(among(connection, subscribers.c.id, people))
        .order_by(subscribers.c.id)
        .with_for_update()
    )
    rows = connection.execute(
        select(subscribers.c.id, subscribers.c.key, subscribers.c.state, events.c.at)
        .join(events, events.c.subscriber_id == subscribers.c.id)
        .where(
            among(connection, events.c.subscriber_id, people),
            events.c.kind == EventKind.BOUNCED,
            ~events.c.permanent,
        )
        .order_by(subscribers.c.id, events.c.at)
    )
    back = came_back(connection, people)
    found = []
    for (number, key, state), own in groupby(rows, key=lambda row: tuple(row[:3])):
        times = [row.at for row in own if number not in back or row.at >= back[number]]
        if times:
            found.append(Softly(number, key, state == State.ACTIVE, times))
    return found
