"""Recording what became of claimed batches: outcomes, halves, claims whose process died."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from newsletter.model import Answer, Batch, BatchState
from newsletter.store.schema import batches, deliveries, events


def refuse_one(connection: Connection, delivery_id: int, reason: str) -> None:
    """Give the delivery that the provider will not take its exception."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id)
        .values(exception="refused", reason=reason)
    )


def record(
    connection: Connection,
    batch: Batch,
    state: BatchState,
    *,
    now: datetime,
    message_id: str = "",
    status: int = 0,
    reason: str = "",
) -> bool:
    """Write the outcome of a claim; False if the claim is no longer ours (its lane was undone).

    An answer that comes after its lease ran out is still an answer: `UNKNOWN` may be settled.
    """
    found = connection.execute(
        update(batches)
        .where(*_still_ours(batch))
        .values(
            state=state,
            message_id=message_id,
            status=status,
            reason=reason[:500],
            done_at=now,
            lease_until=None,
        )
    )
    return found.rowcount == 1


_ACCEPT = (
    update(batches)
    .where(
        batches.c.id == bindparam("of_batch"),
        batches.c.attempts == bindparam("of_attempt"),
        batches.c.lane_id == bindparam("of_lane"),
        or_(batches.c.state == BatchState.SENDING, batches.c.state == BatchState.UNKNOWN),
    )
    .values(
        state=BatchState.ACCEPTED,
        message_id=bindparam("message"),
        status=bindparam("answered"),
        reason=bindparam("why"),
        done_at=bindparam("now"),
        lease_until=None,
    )
)


def accept(connection: Connection, taken: Sequence[tuple[Batch, Answer]], now: datetime) -> None:
    """Write down all that a turn brought of what everybody hopes for, as `record` would."""
    if taken:
        connection.execute(
            _ACCEPT,
            [
                {
                    "of_batch": batch.id,
                    "of_attempt": batch.attempt,
                    "of_lane": batch.lane_id,
                    "message": answer.message_id,
                    "answered": answer.status,
                    "why": answer.reason[:500],
                    "now": now,
                }
                for batch, answer in taken
            ],
        )


def defer(
    connection: Connection, batch: Batch, *, not_before: datetime | None, status: int, reason: str
) -> bool:
    """Put a claimed batch back, to be tried again; nothing of it was taken."""
    found = connection.execute(
        update(batches)
        .where(*_still_ours(batch))
        .values(
            state=BatchState.READY,
            not_before=not_before,
            status=status,
            reason=reason[:500],
            holder="",
            lease_until=None,
        )
    )
    return found.rowcount == 1


def put_back(connection: Connection, send_id: int, holder: str, known: list[int]) -> int:
    """Make batches ready that `holder` claimed without hearing of it; `known` are the others.

    Nothing of them left: a request is made only once the claim is known to stand.
    """
    found = connection.execute(
        update(batches)
        .where(
            batches.c.send_id == send_id,
            batches.c.state == BatchState.SENDING,
            batches.c.holder == holder,
            batches.c.id.not_in(known),
        )
        .values(state=BatchState.READY, holder="", lease_until=None, lane_id=None)
    )
    return found.rowcount


def _still_ours(batch: Batch) -> tuple[Any, ...]:
    return (
        batches.c.id == batch.id,
        batches.c.attempts == batch.attempt,
        batches.c.lane_id == batch.lane_id,
        batches.c.state.in_((BatchState.SENDING, BatchState.UNKNOWN)),
    )


def split(connection: Connection, batch: Batch) -> bool:
    """Halve a refused batch into two ready ones; False if the claim is no longer ours."""
    ids = list(
        connection.execute(
            select(deliveries.c.id)
            .where(
                deliveries.c.send_id == batch.send_id,
                deliveries.c.batch == batch.number,
                deliveries.c.exception.is_(None),
            )
            .order_by(deliveries.c.id)
        ).scalars()
    )
    if not defer(connection, batch, not_before=None, status=0, reason=""):
        return False
    moved = ids[len(ids) // 2 :]
    number = 1 + int(
        connection.scalar(
            select(func.max(batches.c.number)).where(batches.c.send_id == batch.send_id)
        )
        or 0
    )
    connection.execute(
        insert(batches).values(
            send_id=batch.send_id,
            number=number,
            lane=batch.lane,
            variant=batch.variant,
            state=BatchState.READY,
            size=len(moved),
        )
    )
    connection.execute(update(deliveries).where(deliveries.c.id.in_(moved)).values(batch=number))
    connection.execute(
        update(batches).where(batches.c.id == batch.id).values(size=batches.c.size - len(moved))
    )
    return True


def expire(
    connection: Connection, send_id: int, *, now: datetime, alive: Callable[[str], bool]
) -> int:
    """Mark claimed batches whose holder died, or whose lease ran out, as of unknown outcome."""
    rows = connection.execute(
        select(batches.c.id, batches.c.holder, batches.c.lease_until).where(
            batches.c.send_id == send_id, batches.c.state == BatchState.SENDING
        )
    )
    gone = [row.id for row in rows if row.lease_until < now or not alive(row.holder)]
    if gone:
        connection.execute(
            update(batches)
            .where(batches.c.id.in_(gone), batches.c.state == BatchState.SENDING)
            .values(state=BatchState.UNKNOWN, reason="cut off before an answer was recorded")
        )
    return len(gone)


def prove(connection: Connection, send_id: int) -> int:
    """Take unknown batches for accepted of which an event tells already; give their number.

    An event may come before the answer is given up, or before a claim is seen to be dead.
    """
    told = (
        select(events.c.id)
        .join(deliveries, deliveries.c.id == events.c.delivery_id)
        .where(deliveries.c.send_id == batches.c.send_id, deliveries.c.batch == batches.c.number)
        .exists()
    )
    found = connection.execute(
        update(batches)
        .where(batches.c.send_id == send_id, batches.c.state == BatchState.UNKNOWN, told)
        .values(state=BatchState.ACCEPTED, reason="proved by an event", lease_until=None)
    )
    return found.rowcount
