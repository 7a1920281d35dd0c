"""Readers whom nothing reached for many issues, and what they said when they were asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from newsletter.model import EventKind, SendState, State
from newsletter.store.many import among
from newsletter.store.schema import deliveries, events, sends, stays, subscribers


@dataclass(frozen=True, slots=True)
class Silent:
    """A reader whom nothing reached; `asked_at` if they were asked whether they stay."""

    id: int
    email: str
    asked_at: datetime | None


def newest_sends(
    connection: Connection, number: int, before: datetime
) -> list[tuple[int, datetime]]:
    """The newest issues of which deliveries were reported at all, newest first, and their hour."""
    told = (
        select(events.c.id)
        .where(events.c.send_id == sends.c.id, events.c.kind == EventKind.DELIVERED)
        .exists()
    )
    rows = connection.execute(
        select(sends.c.id, sends.c.frozen_at)
        .where(
            sends.c.state == SendState.DONE,
            sends.c.frozen_at < before,
            ~sends.c.week.like("%-c%"),
            told,
        )
        .order_by(sends.c.frozen_at.desc())
        .limit(number)
    )
    return [(row.id, row.frozen_at) for row in rows]


def unreached(connection: Connection, send_ids: Sequence[int]) -> list[Silent]:
    """Active readers who were mailed each of these issues and got none of them."""
    if not send_ids:
        return []
    rows = connection.execute(
        select(subscribers.c.id, subscribers.c.email, stays.c.asked_at)
        .outerjoin(stays, stays.c.subscriber_id == subscribers.c.id)
        .where(
            subscribers.c.state == State.ACTIVE,
            *(_missed(send_id) for send_id in send_ids),
        )
        .order_by(subscribers.c.id)
    )
    return [Silent(*row) for row in rows]


def note_asked(connection: Connection, people: Collection[int], now: datetime) -> None:
    """Note that these were asked, in place of an earlier time."""
    connection.execute(delete(stays).where(among(connection, stays.c.subscriber_id, people)))
    rows: list[dict[str, Any]] = [{"subscriber_id": one, "asked_at": now} for one in sorted(people)]
    if rows:
        connection.execute(insert(stays), rows)


def note_answer(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Note that a reader who was asked wants to stay."""
    here = stays.c.subscriber_id == subscriber_id
    connection.execute(update(stays).where(here).values(answered_at=now))


def answers(connection: Connection, people: Collection[int]) -> dict[int, datetime]:
    """Who of these said that they stay, and when."""
    if not people:
        return {}
    here = and_(among(connection, stays.c.subscriber_id, people), stays.c.answered_at.is_not(None))
    rows = connection.execute(select(stays.c.subscriber_id, stays.c.answered_at).where(here))
    return {row.subscriber_id: row.answered_at for row in rows}


def _missed(send_id: int) -> ColumnElement[bool]:
    arrived = (
        select(events.c.id)
        .where(events.c.delivery_id == deliveries.c.id, events.c.kind == EventKind.DELIVERED)
        .exists()
    )
    return (
        select(deliveries.c.id)
        .where(
            deliveries.c.send_id == send_id,
            deliveries.c.subscriber_id == subscribers.c.id,
            deliveries.c.exception.is_(None),
            ~arrived,
        )
        .exists()
    )
