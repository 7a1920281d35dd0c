"""A correction by mail: to those who got the issue and are still there, each once."""

from __future__ import annotations

from dataclasses import replace

from newsletter import signup
from newsletter.model import Rendered, Week
from newsletter.sending import figures
from newsletter.store import issues, subscribers
from tests.sending.conftest import MAIL, WEEK, Operator

CORRECTION = Week(2026, 47, 1)
NOTE = Rendered("Correction: The week in pain", "", MAIL.html, MAIL.text)


def test_a_correction_reaches_who_got_the_issue_and_nobody_else(operator: Operator) -> None:
    operator.subscribers(25)
    with operator.provider():
        operator.send()
        with operator.db.read() as connection:
            gone = subscribers.find(connection, "reader3@example.org")
        assert gone is not None
        signup.leave(operator.db, gone.id, signup.Visit("link"), operator.clock())
        operator.subscribers(5, "newcomer")
        issue = operator.approve(NOTE)
        operator.approval = replace(
            issue, week=CORRECTION, variants=dict.fromkeys(range(1, 8), NOTE)
        )
        with operator.db.write() as connection:
            number = issues.approve(connection, operator.approval)
        operator.approval = replace(operator.approval, id=number)

        first = operator.send()
        again = operator.send()

    assert first.standing.accepted == again.standing.audience == 24
    twice = {f"reader{number}@example.org": 2 for number in range(25)}
    assert operator.delivered() == twice | {"reader3@example.org": 1}
    of_the_issue = figures.of_week(operator.db, WEEK, operator.clock())
    assert of_the_issue is not None
    assert of_the_issue.accepted == 25


def test_the_archive_lists_issues_and_no_corrections(operator: Operator) -> None:
    operator.subscribers(3)
    with operator.provider():
        operator.send()
        operator.approval = replace(operator.approve(NOTE), week=CORRECTION)
        with operator.db.write() as connection:
            number = issues.approve(connection, operator.approval)
        operator.approval = replace(operator.approval, id=number)
        operator.send()
    operator.clock.turn(minutes=5)

    with operator.db.read() as connection:
        assert [one.week for one in issues.sent(connection, operator.clock())] == [WEEK]
        assert issues.approved_weeks(connection) == {WEEK}
