"""What is kept for how long, and readers whom nothing reaches any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select, update

from newsletter.deliver.events import Report
from newsletter.model import Event, EventKind, SendState, State, Week
from newsletter.sending import figures, keeping, reports
from newsletter.sending.keeping import Keep
from newsletter.signup import sunset
from newsletter.store import ledger, mails, silence, subscribers, suppressions
from newsletter.store.schema import deliveries, events, sends
from tests.sending.conftest import Operator, act_on

DAY = timedelta(days=1)
_IDS = count()


def _sent(operator: Operator, number: int, arrived: Sequence[int]) -> Week:
    """Send an issue to everybody, of which it reached these; then a week goes by."""
    assert operator.approval is not None
    week = Week(2026, number)
    now = operator.clock()
    with operator.db.write() as connection:
        send_id, _ = ledger.freeze(
            connection,
            week=week,
            take=1,
            ref=f"ref{number}",
            approval_id=operator.approval.id,
            digest="",
            mask=7,
            now=now,
            batch_size=10,
            lanes=1,
        )
        ledger.set_times(connection, send_id, send_at=now, undo_until=None)
        ledger.set_state(connection, send_id, SendState.DONE)
        own = dict(
            connection.execute(
                select(deliveries.c.subscriber_id, deliveries.c.id).where(
                    deliveries.c.send_id == send_id
                )
            ).all()
        )
    told = [
        Event(f"kept-{next(_IDS)}", kind, now + timedelta(minutes=1), "", f"ref{number}-{own[one]}")
        for one in arrived
        for kind in (EventKind.DELIVERED, EventKind.OPENED)
    ]
    reports.take(operator.db, Report(tuple(told), ()), now=now, act=act_on)
    operator.clock.turn(days=7)
    return week


def _number(operator: Operator, kind: EventKind) -> int:
    with operator.db.read() as connection:
        here = select(func.count()).select_from(events).where(events.c.kind == kind)
        return connection.scalar(here) or 0


def test_figures_stay_when_events_and_marks_go(operator: Operator) -> None:
    operator.subscribers(5)
    week = _sent(operator, 40, [1, 2, 3])
    before = figures.of_week(operator.db, week, operator.clock())

    operator.clock.turn(days=90)
    first = keeping.prune(operator.db, Keep(), operator.clock())
    assert (first.looks, first.events) == (3, 0)
    assert (_number(operator, EventKind.OPENED), _number(operator, EventKind.DELIVERED)) == (0, 3)
    assert figures.of_week(operator.db, week, operator.clock()) == before

    operator.clock.turn(days=400)
    assert keeping.prune(operator.db, Keep(), operator.clock()).events == 3
    assert keeping.prune(operator.db, Keep(), operator.clock()) == keeping.Pruned()
    assert figures.of_week(operator.db, week, operator.clock()) == before


def test_events_of_a_send_under_way_are_never_removed(operator: Operator) -> None:
    operator.subscribers(5)
    _sent(operator, 40, [1])
    with operator.db.write() as connection:
        connection.execute(update(sends).values(state="open"))
    operator.clock.turn(days=1000)

    keeping.prune(operator.db, Keep(), operator.clock())

    assert _number(operator, EventKind.DELIVERED) == 1


def test_mails_that_went_are_forgotten_and_those_that_wait_are_not(operator: Operator) -> None:
    with operator.db.write() as connection:
        for to in ("sent@example.org", "waits@example.org"):
            mails.queue(
                connection, "welcome", to, subscriber_id=None, values={}, now=operator.clock()
            )
        first = mails.claim(connection, operator.clock(), DAY, 1)[0]
        mails.done(connection, first.id, "id")
    operator.clock.turn(days=91)

    assert keeping.prune(operator.db, Keep(), operator.clock()).mails == 1


@pytest.mark.parametrize("arrived", [[1, 2], [1, 2, 3]])
def test_who_got_none_of_the_last_issues_is_shown(operator: Operator, arrived: list[int]) -> None:
    operator.subscribers(3)
    for number in (40, 41, 42):
        _sent(operator, number, arrived if number == 41 else [1, 2])

    found = sunset.silent(operator.db, 3, operator.clock())

    assert [one.id for one in found] == ([3] if arrived == [1, 2] else [])
    assert sunset.silent(operator.db, 4, operator.clock()) == []


def test_an_issue_of_which_nothing_is_reported_makes_nobody_silent(operator: Operator) -> None:
    operator.subscribers(2)
    for number in (40, 41):
        _sent(operator, number, [])

    assert sunset.silent(operator.db, 2, operator.clock()) == []


def test_a_silent_reader_is_asked_once_and_let_go_without_an_answer(operator: Operator) -> None:
    operator.subscribers(4)
    for number in (40, 41):
        _sent(operator, number, [1])
    patience = 30 * DAY

    assert sunset.ask(operator.db, 2, operator.clock()) == 3
    assert sunset.ask(operator.db, 2, operator.clock()) == 0
    assert sunset.let_go(operator.db, 2, patience, operator.clock()) == 0
    sunset.stay(operator.db, 2, operator.clock())
    operator.clock.turn(days=31)
    assert sunset.let_go(operator.db, 2, patience, operator.clock()) == 2
    assert sunset.let_go(operator.db, 2, patience, operator.clock()) == 0

    with operator.db.read() as connection:
        states = [one.state for one in subscribers.everyone(connection)]
        assert states == [State.ACTIVE, State.ACTIVE, State.LEFT, State.LEFT]
        assert suppressions.reason(connection, "reader2@example.org") == "left"
    with operator.db.write() as connection:
        waiting = mails.claim(connection, operator.clock(), DAY, 10)
    assert [one.kind for one in waiting] == ["stay"] * 3


def test_who_said_that_they_stay_is_asked_anew_only_after_as_many_issues(
    operator: Operator,
) -> None:
    operator.subscribers(2)
    for number in (40, 41):
        _sent(operator, number, [1])
    sunset.ask(operator.db, 2, operator.clock())
    sunset.stay(operator.db, 2, operator.clock())
    operator.clock.turn(hours=1)

    _sent(operator, 42, [1])
    assert sunset.silent(operator.db, 2, operator.clock()) == []
    _sent(operator, 43, [1])

    found = sunset.silent(operator.db, 2, operator.clock())
    assert [(one.id, one.asked_at) for one in found] == [(2, None)]
    assert isinstance(found[0], silence.Silent)
