"""What became of an issue, in numbers that an editor reads."""

from __future__ import annotations

import csv
from datetime import timedelta
from itertools import count

from sqlalchemy import select

from newsletter import signup
from newsletter.deliver.events import Report
from newsletter.model import Both, Cause, Event, EventKind, Figures, Followed, Waits
from newsletter.sending import figures, reports, tables
from newsletter.store import subscribers
from newsletter.store.intake import Marks
from newsletter.store.schema import deliveries, sends
from newsletter.store.schema import events as events_table
from tests.sending.conftest import START, WEEK, Operator, act_on

_IDS = count()


def _sent(operator: Operator, people: int = 20) -> list[str]:
    """Send to some people, of whom nothing is heard yet; give the opaque ids."""
    operator.subscribers(people)
    operator.hears = False
    with operator.provider():
        operator.send()
    with operator.db.read() as connection:
        ref = connection.scalar(select(sends.c.ref))
        return [f"{ref}-{one}" for one in connection.scalars(select(deliveries.c.id))]


def _happens(
    operator: Operator, *found: tuple[EventKind, str, float], people: bool = False, **more: object
) -> None:
    """Report what happened to deliveries, each so many seconds after the start."""
    told = [
        Event(
            f"event-{next(_IDS)}",
            kind,
            START + timedelta(seconds=after),
            "reader@gmail.com",
            delivery,
            **{"mailbox": "Gmail", **more},  # type: ignore[arg-type]
        )
        for kind, delivery, after in found
    ]
    reports.take(
        operator.db,
        Report(tuple(told), ()),
        now=operator.clock(),
        act=act_on,
        marks=Marks(b"k" * 32, people),
    )


def _figures(operator: Operator) -> Figures:
    found = figures.of_week(operator.db, WEEK, operator.clock())
    assert found is not None
    return found


def test_an_issue_that_was_not_sent_has_no_figures(operator: Operator) -> None:
    assert figures.of_week(operator.db, WEEK, operator.clock()) is None


def test_an_issue_of_which_nothing_is_heard_yet_was_accepted_and_no_more(
    operator: Operator,
) -> None:
    _sent(operator)

    found = _figures(operator)

    assert (found.audience, found.accepted, found.delivered) == (20, 20, 0)
    assert found.waits is None
    assert found.opens is None
    assert found.series == ()


def test_people_are_counted_once_however_often_a_thing_is_told(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, *[(EventKind.DEFERRED, ids[0], at) for at in (1, 2, 3)])
    _happens(operator, *[(EventKind.DELIVERED, one, 60) for one in ids[:10]])

    found = _figures(operator)

    assert (found.deferred, found.delivered) == (1, 10)
    assert [(one.mailbox, one.delivered, one.deferred) for one in found.mailboxes] == [
        ("Gmail", 10, 1)
    ]


def test_what_did_not_arrive_is_told_by_cause_and_provider(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(
        operator,
        (EventKind.BOUNCED, ids[0], 5),
        (EventKind.BOUNCED, ids[1], 5),
        permanent=True,
        cause=Cause.INVALID,
    )
    _happens(operator, (EventKind.BLOCKED, ids[2], 5), cause=Cause.REPUTATION, mailbox="Outlook")

    found = _figures(operator)

    assert (found.bounced, found.blocked) == (2, 1)
    assert [
        (one.kind, one.lasting, one.cause, one.mailbox, one.people) for one in found.fallen
    ] == [
        ("bounced", True, "invalid address", "Gmail", 2),
        ("blocked", False, "reputation", "Outlook", 1),
    ]


def test_the_time_to_the_inbox_is_told_by_shares(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, *[(EventKind.DELIVERED, one, at) for at, one in enumerate(ids, 1)])

    waits = _figures(operator).waits
    assert waits is not None
    # Handing over took a moment, from which it is counted.
    shift = 10 - waits.median
    assert waits == Waits(20, 10 - shift, 18 - shift, 20 - shift)


def test_the_first_two_days_are_told_hour_by_hour(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(
        operator,
        (EventKind.DELIVERED, ids[0], 10),
        (EventKind.DELIVERED, ids[1], 3700),
        (EventKind.DELIVERED, ids[2], 49 * 3600),
    )

    series = _figures(operator).series

    assert len(series) == 48
    assert [one.delivered for one in series[:3]] == [1, 1, 0]
    assert sum(one.delivered for one in series) == 2


def test_who_left_after_the_issue_counts_whatever_way_they_took(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.UNSUBSCRIBED, ids[0], 30))
    operator.clock.turn(hours=2.5)
    with operator.db.read() as connection:
        person = subscribers.find(connection, "reader7@example.org")
    assert person is not None
    signup.leave(operator.db, person.id, signup.Visit("link in a mail"), operator.clock())

    found = _figures(operator)

    assert found.left == 2
    assert [one.left for one in found.series[:3]] == [1, 0, 1]


def test_people_and_machines_are_told_apart_and_both_are_shown(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.OPENED, ids[0], 5), machine=True)
    _happens(operator, (EventKind.OPENED, ids[0], 900))
    _happens(operator, (EventKind.OPENED, ids[1], 5), machine=True)
    _happens(operator, (EventKind.CLICKED, ids[0], 950), url="https://a.example.org/")
    for number in range(4):
        _happens(
            operator, (EventKind.CLICKED, ids[2], 7), url=f"https://a.example.org/{number or ''}"
        )

    found = _figures(operator)

    assert found.opens == Both(people=1, machines=1)
    assert found.clicks == Both(people=1, machines=1)
    assert found.links[0] == Followed("https://a.example.org/", people=1, machines=1)


def test_no_row_says_who_opened_or_clicked_unless_that_is_asked_for(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.CLICKED, ids[0], 9), url="https://a.example.org/")
    _happens(operator, (EventKind.CLICKED, ids[1], 9), url="https://a.example.org/", people=True)

    with operator.db.read() as connection:
        rows = connection.execute(
            select(events_table.c.delivery_id, events_table.c.subscriber_id).order_by(
                events_table.c.id
            )
        ).all()

    assert rows[0] == (None, None)
    assert None not in rows[1]
    assert _figures(operator).clicks == Both(2, 0)


def test_figures_are_counted_anew_when_more_is_heard(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.DELIVERED, ids[0], 1))
    first = _figures(operator)
    kept = _figures(operator)
    _happens(operator, (EventKind.DELIVERED, ids[1], 1))

    assert kept == first
    assert _figures(operator).delivered == 2
    aged = figures.of_week(operator.db, WEEK, operator.clock(), most_age=timedelta(minutes=1))
    assert aged is not None


def test_figures_are_lines_that_a_spreadsheet_reads(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.DELIVERED, ids[0], 1))

    rows = list(csv.DictReader(tables.lines(_figures(operator))))

    assert {"week": "2026-W47", "figure": "delivered", "people": "1"}.items() <= rows[2].items()
    assert any(row["mailbox"] == "Gmail" for row in rows)
    assert any(row["hour"] == "0" for row in rows)


def test_opens_and_clicks_are_shown_only_if_they_are_to_be_counted(operator: Operator) -> None:
    ids = _sent(operator)
    _happens(operator, (EventKind.OPENED, ids[0], 900))
    _happens(operator, (EventKind.CLICKED, ids[0], 950), url="https://a.example.org/")
    found = _figures(operator)

    neither = figures.shown(found, opens=False, clicks=False)
    opens = figures.shown(found, opens=True, clicks=False)

    assert neither is not None
    assert (neither.opens, neither.clicks, neither.links) == (None, None, ())
    assert not any(hour.opened or hour.clicked or hour.by_machines for hour in neither.series)
    assert opens is not None
    assert (opens.opens, opens.clicks) == (Both(1, 0), None)
    assert figures.shown(found, opens=True, clicks=True) == found
