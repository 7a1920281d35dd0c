"""What the provider reported: each event once, found its delivery, in any order."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from newsletter.model import BatchState, Event, EventKind
from newsletter.store.schema import batches, deliveries, events, sends, set_aside, subscribers
from newsletter.store.upsert import insert_into


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
        made = blake2b(
            thing.encode(), digest_size=12, key=self.key[:64], person=b"opens and clicks"
        )
        return b64encode(made.digest(), b"-_").decode()


_LOOKS = (EventKind.OPENED, EventKind.CLICKED)


def keep(
    connection: Connection, found: Sequence[Event], now: datetime, marks: Marks
) -> list[Traced]:
    """Store events, pass over those known by their id, and give the new ones with their people."""
    unique = {event.id: event for event in found}
    traced = _trace(connection, list(unique.values()))
    rows = [_row(one, now, marks) for one in traced]
    if not rows:
        return []
    statement = insert_into(connection, events).on_conflict_do_nothing().returning(events.c.id)
    new = set(connection.execute(statement, rows).scalars())
    return [one for one in traced if one.event.id in new]


def _row(one: Traced, now: datetime, marks: Marks) -> dict[str, Any]:
    event, looks = one.event, one.event.kind in _LOOKS
    named = not looks or marks.people
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at,
        "received_at": now,
        "send_id": one.send_id,
        "delivery_id": one.delivery_id if named else None,
        "subscriber_id": one.subscriber_id if named else None,
        "message_id": event.message_id if named else "",
        "reason": event.reason[:500],
        "permanent": event.permanent,
        "machine": event.machine,
        "cause": event.cause or "",
        "mailbox": event.mailbox,
        "mark": marks.of(one) if looks else "",
        "link": event.url if looks else "",
    }


def _trace(connection: Connection, found: list[Event]) -> list[Traced]:
    """Find deliveries by the opaque id, else by message id and address, else the person alone."""
    by_delivery = _deliveries(connection, found)
    people = _people(connection, [e for e in found if e.delivery not in by_delivery])
    by_message = _messages(connection, [e for e in found if e.delivery not in by_delivery], people)
    traced = []
    for event in found:
        place = by_delivery.get(event.delivery) or by_message.get((event.message_id, event.email))
        if place:
            traced.append(Traced(event, *place))
        else:
            traced.append(Traced(event, None, None, people.get(event.email)))
    return traced


def _deliveries(connection: Connection, found: list[Event]) -> dict[str, tuple[int, int, int]]:
    """Map opaque ids, `REF-NUMBER`, to send, delivery and subscriber."""
    numbers = set()
    for event in found:
        _, dash, number = event.delivery.rpartition("-")
        if dash and number.isdigit() and len(number) < 19:
            numbers.add(int(number))
    if not numbers:
        return {}
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.send_id, deliveries.c.subscriber_id, sends.c.ref)
        .join(sends, sends.c.id == deliveries.c.send_id)
        .where(deliveries.c.id.in_(numbers))
    )
    # The reference keeps events of another database's sends apart from ours.
    return {f"{row.ref}-{row.id}": (row.send_id, row.id, row.subscriber_id) for row in rows}


def _people(connection: Connection, found: list[Event]) -> dict[str, int]:
    keys = {event.email for event in found if event.email}
    if not keys:
        return {}
    rows = connection.execute(
        select(subscribers.c.key, subscribers.c.id).where(subscribers.c.key.in_(keys))
    )
    return {row.key: row.id for row in rows}


def _messages(
    connection: Connection, found: list[Event], people: dict[str, int]
) -> dict[tuple[str, str], tuple[int, int, int]]:
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
        .where(batches.c.message_id.in_(ids), deliveries.c.subscriber_id.in_(list(emails)))
    )
    return {
        (row.message_id, emails[row.subscriber_id]): (row.send_id, row.id, row.subscriber_id)
        for row in rows
    }


def settle_unknown(connection: Connection, traced: Sequence[Traced]) -> int:
    """An event proves that its whole request was taken: unknown batches become accepted."""
    ids = [one.delivery_id for one in traced if one.delivery_id]
    if not ids:
        return 0
    found = connection.execute(
        update(batches)
        .where(
            batches.c.state == BatchState.UNKNOWN,
            select(deliveries.c.id)
            .where(
                deliveries.c.send_id == batches.c.send_id,
                deliveries.c.batch == batches.c.number,
                deliveries.c.id.in_(ids),
            )
            .exists(),
        )
        .values(state=BatchState.ACCEPTED, reason="proved by an event", lease_until=None)
    )
    return found.rowcount


def lay_aside(connection: Connection, stage: str, reasons: Sequence[str], now: datetime) -> None:
    """Keep the reasons why things could not be taken in, to be counted and looked at."""
    if reasons:
        connection.execute(
            insert_into(connection, set_aside),
            [{"stage": stage, "at": now, "reason": reason} for reason in reasons],
        )


def counts(connection: Connection, send_id: int) -> dict[str, int]:
    """Deliveries of a send by kind of event; a delivery counts once for each kind."""
    found: dict[str, int] = {}
    for whose, of in (
        (events.c.delivery_id, events.c.kind.not_in(_LOOKS)),
        (events.c.mark, events.c.kind.in_(_LOOKS)),
    ):
        rows = connection.execute(
            select(events.c.kind, func.count(func.distinct(whose)))
            .where(events.c.send_id == send_id, whose.is_not(None), of)
            .group_by(events.c.kind)
        )
        found |= {str(kind): int(count) for kind, count in rows}
    return {kind.value: found.get(kind.value, 0) for kind in EventKind}


def any_of(connection: Connection, send_id: int) -> bool:
    """Whether anything was reported of a send."""
    wanted = select(events.c.id).where(events.c.send_id == send_id).limit(1)
    return connection.scalar(wanted) is not None


def twice(connection: Connection, send_id: int) -> int:
    """How many deliveries were reported delivered more than once (two events of their own)."""
    repeated = (
        select(events.c.delivery_id)
        .where(
            events.c.send_id == send_id,
            events.c.kind == EventKind.DELIVERED,
            events.c.delivery_id.is_not(None),
        )
        .group_by(events.c.delivery_id)
        .having(func.count() > 1)
        .subquery()
    )
    return int(connection.scalar(select(func.count()).select_from(repeated)) or 0)


def unexpected(connection: Connection, send_id: int) -> dict[str, int]:
    """Deliveries with events although the ledger says that they did not go out, by what it says."""
    handed_over = (BatchState.ACCEPTED, BatchState.UNKNOWN, BatchState.GIVEN_UP)
    says = func.coalesce(deliveries.c.exception, batches.c.state)
    rows = connection.execute(
        select(says, func.count(func.distinct(deliveries.c.id)))
        .select_from(events)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .join(
            batches,
            and_(batches.c.send_id == deliveries.c.send_id, batches.c.number == deliveries.c.batch),
        )
        .where(
            events.c.send_id == send_id,
            events.c.kind == EventKind.DELIVERED,
            (deliveries.c.exception.is_not(None)) | (batches.c.state.not_in(handed_over)),
        )
        .group_by(says)
    )
    return {str(name): int(count) for name, count in rows}


def without(connection: Connection, send_id: int) -> int:
    """Deliveries that were accepted and of which no event tells yet."""
    told: Any = select(events.c.id).where(events.c.delivery_id == deliveries.c.id).exists()
    return int(
        connection.scalar(
            select(func.count())
            .select_from(deliveries)
            .join(
                batches,
                and_(
                    batches.c.send_id == deliveries.c.send_id,
                    batches.c.number == deliveries.c.batch,
                ),
            )
            .where(
                deliveries.c.send_id == send_id,
                deliveries.c.exception.is_(None),
                batches.c.state == BatchState.ACCEPTED,
                ~told,
            )
        )
        or 0
    )
