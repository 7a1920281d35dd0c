"""Taking out what is no longer needed, a few thousand rows at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from newsletter.model import SendState
from newsletter.store import mails as queue
from newsletter.store.intake import LOOKS
from newsletter.store.schema import events, logins, mails, sends, sessions, set_aside

AT_ONCE = 5_000


def finished_before(connection: Connection, moment: datetime) -> list[int]:
    """Sends that were over by then and of which events are still kept."""
    told = select(events.c.id).where(events.c.send_id == sends.c.id).exists()
    rows = connection.scalars(
        select(sends.c.id)
        .where(
            sends.c.state.in_((SendState.DONE, SendState.UNDONE)), sends.c.frozen_at < moment, told
        )
        .order_by(sends.c.id)
    )
    return list(rows)


def drop_events(connection: Connection, send_id: int | None, before: datetime) -> int:
    """Delete some events of a send, or of none; give how many, 0 when none are left."""
    if send_id is None:
        return _some(connection, events, events.c.send_id.is_(None), events.c.at < before)
    return _some(connection, events, events.c.send_id == send_id)


def drop_looks(connection: Connection, send_id: int) -> int:
    """Delete some opens and clicks of a send."""
    return _some(connection, events, events.c.send_id == send_id, events.c.kind.in_(LOOKS))


def drop_mails(connection: Connection, before: datetime) -> int:
    """Delete some mails to single people that went out, or never could, before then."""
    over = mails.c.state.in_((queue.SENT, queue.FAILED))
    return _some(connection, mails, over, mails.c.created_at < before)


def drop_set_aside(connection: Connection, before: datetime) -> int:
    """Delete some notes of what could not be taken in."""
    return _some(connection, set_aside, set_aside.c.at < before)


def drop_sign_ins(connection: Connection, now: datetime) -> int:
    """Delete editors' one-time links and sessions that are over."""
    old = delete(logins).where(or_(logins.c.expires_at < now, logins.c.used_at.is_not(None)))
    gone = connection.execute(old).rowcount
    return gone + connection.execute(delete(sessions).where(sessions.c.expires_at < now)).rowcount


def _some(connection: Connection, table: Table, *here: ColumnElement[bool]) -> int:
    key: Any = table.c.id
    wanted = select(key).where(*here).limit(AT_ONCE)
    return connection.execute(delete(table).where(key.in_(wanted))).rowcount
