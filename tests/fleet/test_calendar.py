"""The calendar: each moment once, whoever keeps it, and what was missed is made up for in time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.fleet import calendar, schedule, work
from newsletter.settings import CalendarSettings
from newsletter.store import Database, ticks
from tests.stories.conftest import Person

HOURS = CalendarSettings().hours()
ZURICH = ZoneInfo("Europe/Zurich")


def test_every_entry_has_its_hour_and_its_work() -> None:
    names = [entry.name for entry in calendar.CALENDAR]

    assert sorted(HOURS) == sorted(names)
    assert sorted(work.WORK) == sorted(names)


@pytest.mark.parametrize(
    ("cron", "now", "last"),
    [
        ("0 5 * * *", "2026-11-18T05:00:00", "2026-11-18T05:00:00"),
        ("0 5 * * *", "2026-11-18T04:59:59", "2026-11-17T05:00:00"),
        ("0 6 * * 4", "2026-11-18T12:00:00", "2026-11-12T06:00:00"),
        ("*/15 * * * *", "2026-11-18T12:16:03", "2026-11-18T12:15:00"),
    ],
)
def test_the_newest_moment_is_the_one_that_counts(cron: str, now: str, last: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert calendar.last_moment(cron, moment, UTC).isoformat() == f"{last}+00:00"


@pytest.mark.parametrize(("month", "hour"), [(1, 4), (7, 3)])
def test_hours_are_those_of_the_newsletters_zone_in_winter_and_summer(
    month: int, hour: int
) -> None:
    noon = datetime(2026, month, 20, 12, tzinfo=UTC)

    assert calendar.last_moment("0 5 * * *", noon, ZURICH).hour == hour


def test_what_was_missed_too_long_ago_waits_for_its_next_moment() -> None:
    friday_night = datetime(2026, 11, 20, 23, tzinfo=UTC)

    due = [name for name, _ in calendar.due(HOURS, friday_night, UTC, fleet=False)]

    assert "gather" in due
    assert "draft" not in due


def test_an_hour_that_is_never_never_comes() -> None:
    hours = HOURS | {"gather": calendar.NEVER}
    noon = datetime(2026, 11, 19, 6, tzinfo=UTC)

    assert "gather" not in [name for name, _ in calendar.due(hours, noon, UTC, fleet=True)]


def test_of_many_who_keep_the_calendar_one_begins_a_moment(db: Database) -> None:
    moment = datetime(2026, 11, 18, 5, tzinfo=UTC)
    won: list[bool] = []
    gate = threading.Barrier(4)

    def keep() -> None:
        gate.wait()
        with db.write() as connection:
            won.append(ticks.begin(connection, "gather", moment, moment))

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.write() as connection:
        earlier = ticks.begin(connection, "gather", moment - timedelta(days=1), moment)
        later = ticks.begin(connection, "gather", moment + timedelta(days=1), moment)

    assert sorted(won) == [False, False, False, True]
    assert (earlier, later) == (False, True)


def test_a_day_of_the_calendar_on_one_machine(person: Person) -> None:
    (person.home / "feeds.opml").write_text('<opml version="2.0"><body/></opml>')
    person.settings["NEWSLETTER_CALENDAR__DRAFT"] = "0 6 * * 0"

    first = person.run("schedule", "--json")
    again = person.run("schedule")
    shown = person.run("schedule", "--show", "--json")

    assert first.code == 0
    assert {"gather", "draft", "watch"} <= {*first.json["done"]}
    assert "sends" not in first.json["done"]
    assert "Nothing is due" in again.err
    told = {one["name"]: one["outcome"] for one in shown.json["entries"]}
    assert told["draft"] == "2026-W47: nothing good enough among 0 stories"


def test_a_home_without_sources_begins_with_its_list(person: Person) -> None:
    (person.home / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="http://127.0.0.1:9/a.xml"/></body></opml>'
    )

    ran = person.run("schedule", "--json")

    told = {one["name"]: one["outcome"] for one in ran.json["entries"]}
    assert told["gather"] == "0 sources ok, 0 unchanged, 1 failed; 0 new posts"


def test_what_fails_is_told_and_does_not_hold_up_the_rest(person: Person) -> None:
    person.settings |= {
        "SENDGRID_API_KEY": "SG.away",
        "SENDGRID_BASE_URL": "http://127.0.0.1:9",
    }

    ran = person.run("schedule", "--json")

    assert ran.code == 3
    assert "watch" in ran.json["done"]
    trouble = {one["name"]: one["trouble"] for one in ran.json["entries"]}
    assert "http://127.0.0.1:9 did not answer" in trouble["suppressions"]
    assert not trouble["watch"]


@pytest.mark.parametrize("wrong", ["daily", "* * *", "61 * * * *"])
def test_an_hour_that_is_no_hour_is_refused(person: Person, wrong: str) -> None:
    person.settings["NEWSLETTER_CALENDAR__GATHER"] = wrong

    ran = person.run("schedule")

    assert ran.code == 2
    assert "NEWSLETTER_CALENDAR__GATHER" in ran.err
    assert "five fields of cron" in ran.err


def test_serve_keeps_the_calendar_when_asked(person: Person) -> None:
    del person.settings["NEWSLETTER_NOW"]
    person.settings["NEWSLETTER_CALENDAR__WATCH"] = "* * * * *"
    with person.house() as house, schedule.kept(house):
        end = datetime.now(UTC) + timedelta(seconds=20)
        begun: set[str] = set()
        while "watch" not in begun and datetime.now(UTC) < end:
            with house.db.read() as connection:
                begun = {one.name for one in ticks.all(connection) if one.done_at}

    assert "watch" in begun
