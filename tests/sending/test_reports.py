"""What the provider reports: each event once, in any order, with its consequences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.deliver.events import Report
from newsletter.model import Act, Event, EventKind, State
from newsletter.sending import reports
from newsletter.store import Database, consents, events, ledger, subscribers, suppressions
from newsletter.store.schema import deliveries, set_aside
from newsletter.store.schema import events as events_table
from tests.sending.conftest import START, WEEK, Operator, act_on


def _event(kind: EventKind, person: int = 0, **fields: object) -> Event:
    event = Event(id=f"{kind}-{person}", kind=kind, at=START, email=f"reader{person}@example.org")
    return replace(event, **fields)  # type: ignore[arg-type]


def _take(db: Database, *found: Event, aside: Sequence[str] = ()) -> reports.Taken:
    return reports.take(db, Report(found, tuple(aside)), now=START, act=act_on)


def _state(db: Database, person: int = 0) -> State:
    with db.read() as connection:
        found = subscribers.find(connection, f"reader{person}@example.org")
    assert found is not None
    return found.state


def _suppressed(db: Database, person: int = 0) -> str | None:
    with db.read() as connection:
        return suppressions.reason(connection, f"reader{person}@example.org")


@pytest.mark.parametrize(
    ("kind", "permanent", "state", "reason"),
    [
        (EventKind.BOUNCED, True, State.BOUNCED, "bounced"),
        (EventKind.DROPPED, True, State.BOUNCED, "bounced"),
        (EventKind.COMPLAINED, False, State.COMPLAINED, "complained"),
        (EventKind.UNSUBSCRIBED, False, State.LEFT, "left"),
        (EventKind.BLOCKED, False, State.ACTIVE, None),
        (EventKind.DEFERRED, False, State.ACTIVE, None),
        (EventKind.DROPPED, False, State.ACTIVE, None),
        (EventKind.DELIVERED, False, State.ACTIVE, None),
        (EventKind.OPENED, False, State.ACTIVE, None),
    ],
)
def test_what_an_event_makes_of_a_reader(
    operator: Operator, kind: EventKind, permanent: bool, state: State, reason: str | None
) -> None:
    operator.subscribers(1)

    taken = _take(operator.db, _event(kind, permanent=permanent))

    assert taken.new == 1
    assert _state(operator.db) is state
    assert _suppressed(operator.db) == reason


def test_the_same_report_again_changes_nothing(operator: Operator) -> None:
    operator.subscribers(1)
    event = _event(EventKind.BOUNCED, permanent=True)

    _take(operator.db, event)
    again = _take(operator.db, event, event)

    assert (again.new, again.known) == (0, 2)
    with operator.db.read() as connection:
        person = subscribers.find(connection, "reader0@example.org")
        assert person is not None
        acts = [one.act for one in consents.history(connection, person.id)]
    assert acts == [Act.IMPORT, Act.BOUNCE]


def test_a_complaint_is_louder_than_a_bounce_in_any_order(operator: Operator) -> None:
    operator.subscribers(6)
    order = random.Random(1)
    for person in range(6):
        found = [
            _event(EventKind.BOUNCED, person, permanent=True),
            _event(EventKind.COMPLAINED, person),
            _event(EventKind.DELIVERED, person),
        ]
        order.shuffle(found)
        for one in found:
            _take(operator.db, one)

    assert {_state(operator.db, person) for person in range(6)} == {State.COMPLAINED}
    assert {_suppressed(operator.db, person) for person in range(6)} == {"complained"}


def test_what_could_not_be_read_is_counted_and_kept(operator: Operator) -> None:
    taken = _take(operator.db, aside=["KeyError: 'event'"])

    with operator.db.read() as connection:
        rows = connection.execute(select(set_aside.c.stage, set_aside.c.reason)).all()
    assert taken.set_aside == 1
    assert rows == [("events", "KeyError: 'event'")]


def test_an_event_finds_its_delivery_by_the_opaque_id_else_message_else_address(
    operator: Operator,
) -> None:
    operator.subscribers(3)
    with operator.provider():
        operator.send()
    with operator.db.read() as connection:
        send = ledger.newest(connection, WEEK)
        assert send is not None
        first = connection.scalar(select(deliveries.c.id).order_by(deliveries.c.id)) or 0
        message = connection.exec_driver_sql("SELECT message_id FROM batches").scalar()

    _take(
        operator.db,
        _event(EventKind.DELIVERED, 0, delivery=f"{send.ref}-{first}"),
        _event(EventKind.DELIVERED, 1, message_id=str(message)),
        _event(EventKind.DELIVERED, 2, at=START + timedelta(hours=1)),
        _event(EventKind.DELIVERED, 3, delivery=f"other-{first}"),
    )

    with operator.db.read() as connection:
        rows = connection.execute(
            select(events_table.c.delivery_id, events_table.c.subscriber_id)
            .where(events_table.c.id.like("delivered-%"))
            .order_by(events_table.c.id)
        ).all()
    assert rows == [(first, 1), (first + 1, 2), (first + 2, 3), (None, None)]


def test_the_sandboxs_signed_events_are_counted_per_delivery(operator: Operator) -> None:
    operator.subscribers(30)

    with operator.provider() as sandbox:
        operator.send()
        sandbox.flush_events()

    found = operator.reconcile()
    assert found.events["processed"] == found.events["delivered"] == 30
    assert found.without_event == 0
    assert found.differences == ()


def test_a_mail_reported_delivered_twice_is_named(operator: Operator) -> None:
    operator.subscribers(1)
    with operator.provider() as sandbox:
        operator.send()
        sandbox.flush_events()
    with operator.db.read() as connection:
        send = ledger.newest(connection, WEEK)
        first = connection.scalar(select(deliveries.c.id)) or 0
    assert send is not None

    _take(operator.db, _event(EventKind.DELIVERED, id="again", delivery=f"{send.ref}-{first}"))

    assert any("twice" in one for one in operator.reconcile().differences)


def test_any_order_of_events_ends_in_the_same_state(operator: Operator) -> None:
    operator.subscribers(20)
    chance = random.Random(7)
    kinds = [
        (EventKind.BOUNCED, True),
        (EventKind.COMPLAINED, False),
        (EventKind.UNSUBSCRIBED, False),
        (EventKind.DEFERRED, False),
        (EventKind.DELIVERED, False),
    ]
    found = [
        _event(kind, person, permanent=permanent, at=START + timedelta(minutes=minute))
        for person in range(10)
        for minute, (kind, permanent) in enumerate(kinds)
        if (person >> minute) & 1 or kind is EventKind.DELIVERED
    ]
    # Readers 10 to 19 get the same events as 0 to 9, shuffled, one at a time and doubled.
    twins = [
        replace(
            one,
            id=f"twin-{one.id}",
            email=f"reader{int(one.email[6:].split('@')[0]) + 10}@example.org",
        )
        for one in found
    ] * 2
    chance.shuffle(twins)

    _take(operator.db, *found)
    for one in twins:
        _take(operator.db, one)

    for person in range(10):
        assert _state(operator.db, person) is _state(operator.db, person + 10), person
        assert _suppressed(operator.db, person) == _suppressed(operator.db, person + 10), person


def test_events_of_nobody_here_are_kept_and_harm_nobody(operator: Operator) -> None:
    taken = _take(operator.db, _event(EventKind.COMPLAINED, 99))

    assert taken.new == 1
    with operator.db.read() as connection:
        assert events.counts(connection, 1)["complained"] == 0
