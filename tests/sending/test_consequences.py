"""What follows from events: the table, bounces that may pass, and people who come back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter import signup
from newsletter.deliver.events import Report
from newsletter.model import Event, EventKind, State
from newsletter.sending import reports
from newsletter.sending.consequences import Soft, tipped
from newsletter.sending.steps import Step
from newsletter.store import subscribers, suppressions
from newsletter.store.schema import events, lifts
from newsletter.store.schema import subscribers as people
from newsletter.store.schema import suppressions as barred
from tests.sending.conftest import START, Operator, act_on

DAY = timedelta(days=1)


def _event(kind: EventKind, days: float, permanent: bool = False, number: int = 0) -> Event:
    at = START + days * DAY
    name = f"{kind}-{days}-{permanent}-{number}"
    return Event(name, kind, at, f"reader{number}@example.org", permanent=permanent)


def _take(operator: Operator, *found: Event) -> None:
    reports.take(operator.db, Report(found, ()), now=operator.clock(), act=act_on)


def _state(operator: Operator, number: int = 0) -> State:
    with operator.db.read() as connection:
        person = subscribers.find(connection, f"reader{number}@example.org")
    assert person is not None
    return person.state


def test_three_bounces_that_may_pass_within_two_months_are_one_for_good(
    operator: Operator,
) -> None:
    operator.subscribers(2)

    _take(operator, *[_event(EventKind.BOUNCED, week * 7) for week in (1, 2, 3)])
    _take(operator, *[_event(EventKind.BOUNCED, day, number=1) for day in (1, 40, 80)])

    assert _state(operator, 0) is State.BOUNCED
    assert _state(operator, 1) is State.ACTIVE


def test_who_bounced_softly_is_to_get_the_next_issue_all_the_same(operator: Operator) -> None:
    """The provider lists the address and would drop whatever comes later."""
    operator.subscribers(1)

    _take(operator, _event(EventKind.BOUNCED, 1))

    with operator.db.read() as connection:
        assert suppressions.to_lift(connection) == {"reader0@example.org": suppressions.BOUNCES}
        assert not suppressions.has(connection, "reader0@example.org")


def test_bounces_that_are_told_at_the_same_moment_add_up(operator: Operator) -> None:
    operator.subscribers(1)

    with ThreadPoolExecutor(3) as pool:
        for one in [
            pool.submit(_take, operator, _event(EventKind.BOUNCED, day)) for day in (1, 2, 3)
        ]:
            one.result()

    assert _state(operator) is State.BOUNCED


def test_blocks_and_deferrals_never_add_up(operator: Operator) -> None:
    operator.subscribers(1)

    _take(operator, *[_event(EventKind.BLOCKED, day) for day in range(20)])
    _take(operator, *[_event(EventKind.DEFERRED, day) for day in range(20)])

    assert _state(operator) is State.ACTIVE


@pytest.mark.parametrize("late", [False, True])
def test_who_came_back_stays_however_late_the_old_leave_is_told(
    operator: Operator, late: bool
) -> None:
    operator.subscribers(1)
    old, bounce = _event(EventKind.UNSUBSCRIBED, 1), _event(EventKind.BOUNCED, 2, permanent=True)
    _take(operator, bounce) if late else _take(operator, bounce, old)
    operator.clock.turn(days=5)
    with operator.db.read() as connection:
        number = connection.scalar(select(people.c.id))
    assert number is not None
    visit = signup.Visit("form")
    with operator.db.write() as connection:
        subscribers.change(connection, number, state=State.PENDING)
    signup.confirm(operator.db, number, visit, operator.clock())

    if late:
        _take(operator, old)

    assert _state(operator) is State.ACTIVE
    with operator.db.read() as connection:
        assert not suppressions.has(connection, "reader0@example.org")
        assert suppressions.to_lift(connection) == {"reader0@example.org": suppressions.ALL}


def test_a_complaint_is_never_outdone(operator: Operator) -> None:
    operator.subscribers(1)
    _take(operator, _event(EventKind.BOUNCED, 1, permanent=True))
    operator.clock.turn(days=5)
    with operator.db.write() as connection:
        number = connection.scalar(select(people.c.id))
        assert number is not None
        subscribers.change(connection, number, state=State.PENDING)
    signup.confirm(operator.db, number, signup.Visit("form"), operator.clock())

    _take(operator, _event(EventKind.COMPLAINED, 1))

    assert _state(operator) is State.COMPLAINED


@given(st.lists(st.integers(0, 200), max_size=8), st.randoms(use_true_random=False))
def test_soft_bounces_add_up_the_same_in_any_order(days: list[int], chance: random.Random) -> None:
    times = [START + day * DAY for day in days]
    shuffled = chance.sample(times, len(times))

    assert tipped(times, Soft()) == tipped(shuffled, Soft())
    assert len(tipped([*times, START + 90 * DAY], Soft())) >= len(tipped(times, Soft()))


_KINDS = [
    (EventKind.PROCESSED, False),
    (EventKind.DELIVERED, False),
    (EventKind.DEFERRED, False),
    (EventKind.BLOCKED, False),
    (EventKind.BOUNCED, False),
    (EventKind.BOUNCED, True),
    (EventKind.DROPPED, False),
    (EventKind.DROPPED, True),
    (EventKind.UNSUBSCRIBED, False),
    (EventKind.COMPLAINED, False),
    (EventKind.OPENED, False),
]


def test_any_order_of_any_events_ends_in_the_same_state(operator: Operator) -> None:
    """Whatever is told of three readers, in posts of whatever size, again and again."""
    told = st.builds(
        lambda kind, days, number: _event(kind[0], days, kind[1], number),
        st.sampled_from(_KINDS),
        st.integers(1, 90),
        st.integers(0, 2),
    )

    @settings(max_examples=20 if operator.db.is_sqlite else 12, deadline=None)
    @given(st.lists(told, max_size=12), st.randoms(use_true_random=False), st.integers(1, 5))
    def same(found: list[Event], chance: random.Random, size: int) -> None:
        ends = []
        for order in (found, chance.sample(found * 2, 2 * len(found))):
            name = f"{next(names)}-"
            operator.subscribers(3, name)
            mine = [
                replace(one, id=name + one.id, email=one.email.replace("reader", name))
                for one in order
            ]
            for start in range(0, len(mine), size):
                _take(operator, *mine[start : start + size])
            ends.append(_end(operator, name))
        assert ends[0] == ends[1]

    names = count()
    same()


def _end(operator: Operator, name: str) -> Sequence[object]:
    """What is known of these readers, without the name that tells them from others."""
    asked = (
        select(people.c.key, people.c.state).where(people.c.key.startswith(name)),
        select(barred.c.key, barred.c.reason, barred.c.at).where(barred.c.key.startswith(name)),
        select(events.c.id, events.c.at).where(events.c.id.startswith(name)),
        select(lifts.c.key, lifts.c.scope).where(lifts.c.key.startswith(name)),
    )
    with operator.db.read() as connection:
        return [
            sorted((row[0].removeprefix(name), *row[1:]) for row in connection.execute(one))
            for one in asked
        ]


def test_what_is_told_during_a_send_reaches_the_batches_not_yet_claimed(
    operator: Operator,
) -> None:
    operator.subscribers(80)
    told = [_event(EventKind.COMPLAINED, 0, number=number) for number in range(80)]

    def tell(step: Step) -> None:
        if step is Step.RECORDED and told:
            _take(operator, *told)
            told.clear()

    operator.step = tell
    with operator.provider():
        standing = operator.send(in_flight=1).standing

    # Of eight batches one was recorded and no more than three others claimed by then.
    assert standing.accepted == len(operator.delivered()) <= 40
    assert standing.accepted + standing.suppressed == 80
