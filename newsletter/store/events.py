"""What the provider reported, counted and compared with the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from newsletter.model import BatchState, EventKind
from newsletter.store.intake import LOOKS, Traced
from newsletter.store.schema import batches, deliveries, events, set_aside
from newsletter.store.upsert import insert_into


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
        (events.c.delivery_id, events.c.kind.not_in(LOOKS)),
        (events.c.mark, events.c.kind.in_(LOOKS)),
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
