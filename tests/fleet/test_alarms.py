"""What an operator must know is mailed to them, each cause once, and again if it comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter import signup
from newsletter.fleet import watch
from newsletter.sending import deciding
from newsletter.store import alerts, sources
from newsletter.store.schema import sources as source_rows
from tests.sending.conftest import START, WEEK, Operator, clock, operator  # noqa: F401
from tests.stories.conftest import Person


def standing(one: Operator) -> list[str]:
    with one.db.read() as connection:
        return [cause.partition(" ")[0] for cause, _ in watch.alarms(connection, one.clock())]


def test_all_is_quiet_in_a_house_that_is_well(operator: Operator) -> None:  # noqa: F811
    assert standing(operator) == []


def test_a_paused_send_is_an_alarm_until_it_goes_on(operator: Operator) -> None:  # noqa: F811
    operator.subscribers(20)
    with operator.provider("503"):
        with pytest.raises(Exception, match="takes no mail now"):
            operator.send(first_patience=timedelta(seconds=0.1))
        deciding.pause(operator.db, WEEK, "by the operator")
        paused = standing(operator)
        deciding.resume(operator.db, WEEK, now=operator.clock())
        resumed = standing(operator)
        operator.clock.turn(hours=1)
        still = standing(operator)

    assert (paused, resumed, still) == (["paused"], [], ["still"])


def test_a_webhook_that_is_silent_after_a_send_is_an_alarm(
    operator: Operator,  # noqa: F811
) -> None:
    operator.subscribers(20)
    with operator.provider() as world:
        operator.send()
        early = standing(operator)
        operator.clock.turn(hours=3)
        late = standing(operator)
        world.release_due()
        world.flush_events()
        told = standing(operator)

    assert (early, late, told) == ([], ["silent"], [])


def test_feeds_that_fail_together_are_an_alarm_and_one_is_not(
    operator: Operator,  # noqa: F811
) -> None:
    with operator.db.write() as connection:
        for number in range(4):
            sources.put(connection, f"https://feeds.example.org/{number}", now=START)
        connection.execute(source_rows.update().values(checked_at=START))
        connection.execute(source_rows.update().where(source_rows.c.id == 1).values(failures=2))
    one = standing(operator)
    with operator.db.write() as connection:
        connection.execute(source_rows.update().values(failures=2))
    all_of_them = standing(operator)
    operator.clock.turn(hours=40)
    unread = standing(operator)

    assert (one, all_of_them, unread) == ([], ["gather"], ["gather"])


def test_a_list_that_shrinks_is_an_alarm(operator: Operator) -> None:  # noqa: F811
    operator.clock.turn(days=-30)
    operator.subscribers(200)
    operator.clock.turn(days=30)
    for number in range(1, 31):
        signup.leave(operator.db, number, signup.Visit("test"), operator.clock())

    assert "shrinking" in standing(operator)


def test_each_cause_is_told_once_and_again_if_it_comes_back(
    operator: Operator,  # noqa: F811
) -> None:
    told = []
    for found in ({"a": "A"}, {"a": "A"}, {"a": "A", "b": "B"}, {}, {"a": "A"}):
        with operator.db.write() as connection:
            told.append(alerts.stand(connection, found, operator.clock()))

    assert told == [["a"], [], ["b"], [], ["a"]]


def test_operators_get_the_mail(person: Person) -> None:
    person.settings |= {
        "NEWSLETTER_OPERATORS": "ops@example.org, night@example.org",
        "NEWSLETTER_EDITORS": "ines@example.org",
        "NEWSLETTER_CALENDAR__GATHER": "never",
    }
    with person.house() as house, house.db.write() as connection:
        for number in range(3):
            sources.put(connection, f"https://feeds.example.org/{number}", now=house.clock())
        long_ago = house.clock() - timedelta(days=3)
        connection.execute(source_rows.update().values(checked_at=long_ago))
    first = person.run("schedule")
    letters = person.letters()
    person.settings["NEWSLETTER_NOW"] = "2026-11-22T19:00:00Z"
    person.run("schedule")

    assert first.code == 0, first.err
    assert {one["To"] for one in letters} == {"ops@example.org", "night@example.org"}
    body = letters[0].get_body(("plain",))
    assert body is not None
    assert "No feed was read since" in " ".join(body.get_content().split())
    assert len(person.letters()) == 2
