"""Sends as a whole: finding, closing, undoing, and what an operator decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select, update

from newsletter.model import BatchState, Send, SendState, Week
from newsletter.store.schema import batches, lanes, sends


def newest(connection: Connection, week: Week) -> Send | None:
    """The newest take of a week, if it was ever sent."""
    row = connection.execute(
        select(sends).where(sends.c.week == str(week)).order_by(sends.c.take.desc()).limit(1)
    ).first()
    return _send(row) if row else None


def approved_send(connection: Connection, send_id: int) -> Send:
    """A send by its number."""
    return _send(connection.execute(select(sends).where(sends.c.id == send_id)).one())


def join(connection: Connection, send_id: int) -> Send:
    """A send by its number, held as it is until the transaction ends; many may do so at once."""
    wanted = select(sends).where(sends.c.id == send_id).with_for_update(read=True)
    return _send(connection.execute(wanted).one())


def alone(connection: Connection, send_id: int) -> Send:
    """A send by its number, with nobody else at work on it until the transaction ends.

    For changes of many batches at once: two transactions that lock the same rows in another
    order would wait for each other for ever. SQLite has one writer in any case.
    """
    wanted = select(sends).where(sends.c.id == send_id).with_for_update()
    return _send(connection.execute(wanted).one())


def set_state(connection: Connection, send_id: int, state: SendState, reason: str = "") -> None:
    connection.execute(
        update(sends).where(sends.c.id == send_id).values(state=state, reason=reason[:500])
    )


def resume(connection: Connection, send_id: int, *, now: datetime) -> None:
    """Let a paused send go on; what the brake saw until now does not count again."""
    connection.execute(
        update(sends)
        .where(sends.c.id == send_id, sends.c.state == SendState.PAUSED)
        .values(state=SendState.OPEN, reason="", resumed_at=now)
    )


def close(connection: Connection, send_id: int, *, now: datetime) -> None:
    """Record that every batch of a send has its outcome."""
    connection.execute(
        update(sends)
        .where(sends.c.id == send_id, sends.c.state == SendState.OPEN)
        .values(state=SendState.DONE, finished_at=now)
    )


def undo(connection: Connection, send_id: int, *, now: datetime) -> int:
    """Record that all lanes are cancelled: nobody of this take gets the issue."""
    connection.execute(update(lanes).where(lanes.c.send_id == send_id).values(state="cancelled"))
    found = connection.execute(
        update(batches)
        .where(batches.c.send_id == send_id, batches.c.state != BatchState.REFUSED)
        .values(state=BatchState.UNDONE, done_at=now, lane_id=None, holder="")
    )
    connection.execute(
        update(sends).where(sends.c.id == send_id).values(state=SendState.UNDONE, finished_at=now)
    )
    return found.rowcount


def resend(connection: Connection, send_id: int) -> int:
    """An operator's word: batches of unknown outcome were not taken, hand them over again."""
    return _settle(connection, send_id, BatchState.READY, "resent by the operator")


def give_up(connection: Connection, send_id: int) -> int:
    """An operator's word: batches of unknown outcome are left as they are."""
    return _settle(connection, send_id, BatchState.GIVEN_UP, "given up by the operator")


def _settle(connection: Connection, send_id: int, state: BatchState, reason: str) -> int:
    found = connection.execute(
        update(batches)
        .where(batches.c.send_id == send_id, batches.c.state == BatchState.UNKNOWN)
        .values(state=state, reason=reason, lane_id=None, holder="", not_before=None)
    )
    if found.rowcount and state is BatchState.READY:
        connection.execute(
            update(sends)
            .where(sends.c.id == send_id, sends.c.state == SendState.DONE)
            .values(state=SendState.OPEN, finished_at=None)
        )
    return found.rowcount


def _send(row: Row[Any]) -> Send:
    return Send(
        id=row.id,
        week=Week.parse(row.week, corrections=True),
        take=row.take,
        ref=row.ref,
        approval_id=row.approval_id,
        digest=row.digest,
        state=SendState(row.state),
        frozen_at=row.frozen_at,
        audience=row.audience,
        send_at=row.send_at,
        undo_until=row.undo_until,
        finished_at=row.finished_at,
        reason=row.reason,
        audience_digest=row.audience_digest,
        resumed_at=row.resumed_at,
    )


def open_sends(connection: Connection, *, paused: bool = False) -> list[Send]:
    """The sends that are under way, and the paused ones if they are wanted too."""
    states = (SendState.OPEN, SendState.PAUSED) if paused else (SendState.OPEN,)
    rows = connection.execute(select(sends).where(sends.c.state.in_(states)).order_by(sends.c.id))
    return [_send(row) for row in rows]


def lately(connection: Connection, most: int) -> list[Send]:
    """The sends that are under way or paused, then the others, each the newest first."""
    over = case((sends.c.state.in_((SendState.OPEN, SendState.PAUSED)), 0), else_=1)
    rows = connection.execute(select(sends).order_by(over, sends.c.id.desc()).limit(most))
    return [_send(row) for row in rows]


def lately_done(connection: Connection, *, since: datetime) -> list[Send]:
    """The sends that were handed over whole since then."""
    rows = connection.execute(
        select(sends).where(sends.c.state == SendState.DONE, sends.c.finished_at >= since)
    )
    return [_send(row) for row in rows]


def last_close(connection: Connection, *, before: Week) -> datetime | None:
    """When the audience of the newest earlier issue was frozen: there its window closed."""
    found: datetime | None = connection.scalar(
        select(sends.c.frozen_at)
        .where(sends.c.week < str(before), sends.c.state != SendState.UNDONE)
        .order_by(sends.c.week.desc(), sends.c.take.desc())
        .limit(1)
    )
    return found
