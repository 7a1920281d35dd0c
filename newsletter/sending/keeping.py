"""How long what came of mail is kept: events, marks of opens and clicks, mails to single people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from newsletter.sending import figures
from newsletter.store import Database, keeping, ledger
from newsletter.store import figures as counting
from newsletter.store.figures import Kept


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept after it happened."""

    events: timedelta = timedelta(days=400)
    looks: timedelta = timedelta(days=90)
    mails: timedelta = timedelta(days=90)
    set_aside: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were removed, by what they were."""

    events: int = 0
    looks: int = 0
    mails: int = 0
    set_aside: int = 0
    sign_ins: int = 0


def prune(db: Database, keep: Keep, now: datetime) -> Pruned:
    """Remove what was kept long enough; twice is once.

        figures.count | figures.keep | drop events, looks, mails, set_aside, sign_ins

    Figures of an issue are counted and kept before the first of its events goes.
    """
    looks = events = 0
    with db.read() as connection:
        for_looks = keeping.finished_before(connection, now - keep.looks)
        for_events = keeping.finished_before(connection, now - keep.events)
    for send_id in for_looks:
        _kept_figures(db, send_id, now)
        looks += _all(db, partial(keeping.drop_looks, send_id=send_id))
    for one in (*for_events, None):
        events += _all(db, partial(keeping.drop_events, send_id=one, before=now - keep.events))
    return Pruned(
        events=events,
        looks=looks,
        mails=_all(db, partial(keeping.drop_mails, before=now - keep.mails)),
        set_aside=_all(db, partial(keeping.drop_set_aside, before=now - keep.set_aside)),
        sign_ins=_once(db, partial(keeping.drop_sign_ins, now=now)),
    )


def _kept_figures(db: Database, send_id: int, now: datetime) -> None:
    with db.read() as connection:
        before = counting.kept(connection, send_id)
        number = counting.number_of_events(connection, send_id)
        if before and number <= before.events:
            return
        found = figures.count(connection, ledger.approved_send(connection, send_id))
    with db.write() as connection:
        counting.keep(connection, send_id, Kept(now, number, asdict(found)))


def _all(db: Database, drop: Callable[[Connection], int]) -> int:
    """Drop some until none are left, each time in a transaction of its own."""
    gone = 0
    while some := _once(db, drop):
        gone += some
    return gone


def _once(db: Database, drop: Callable[[Connection], int]) -> int:
    with db.write() as connection:
        return drop(connection)
