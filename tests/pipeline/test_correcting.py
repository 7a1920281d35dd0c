"""Correcting an issue that went out, and works that were retracted after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter.errors import Refused, WrongUsage
from newsletter.model import Approval, Email, Rendered, Retracted, SendState, Week
from newsletter.pipeline import correcting, recalling
from newsletter.store import corrections, issues, ledger, mails, retracted
from newsletter.wiring import House
from tests.web.newsroom import ADA, BEN, opened, reader

WEEK = Week(2026, 40)
EDITORS = (ADA, BEN)
PAGE = '<body><a href="https://doi.org/10.5555/pain.1">A trial</a> <a href="/issues">All</a></body>'


@pytest.fixture
def house(tmp_path: Path, now: datetime) -> Iterator[House]:
    """A house whose issue of week 40 went to one reader."""
    with opened(tmp_path, now) as made:
        reader(made, now)
        mail = Rendered("Trials, weighed", "pre", "<p>%leave_url% %preferences_url%</p>", "text")
        approval = Approval(WEEK, ADA, now, mail.digest, mail, web=PAGE, variants={7: mail})
        with made.db.write() as connection:
            number, _ = ledger.freeze(
                connection,
                week=WEEK,
                take=1,
                ref="abc",
                approval_id=issues.approve(connection, approval),
                digest=mail.digest,
                mask=7,
                now=now,
                batch_size=10,
                lanes=1,
            )
            ledger.set_state(connection, number, SendState.DONE)
        yield made


def _correct(
    house: House, note: str = "It had 214 people.", by: str = ADA
) -> corrections.Correction:
    return correcting.correct(house.shop, WEEK, note, Email.parse(by), editors=EDITORS).correction


def test_a_correction_is_numbered_and_said_once(house: House) -> None:
    first = _correct(house)
    again = correcting.correct(
        house.shop, WEEK, "It had 214 people. ", Email.parse(BEN), editors=EDITORS
    )
    second = _correct(house, "And it ran for a year.")

    assert str(first.week) == "2026-W40-c1"
    assert again == correcting.Corrected(first, new=False)
    assert str(second.week) == "2026-W40-c2"


def test_only_editors_correct_and_only_what_went_out(house: House) -> None:
    with pytest.raises(Refused, match="NEWSLETTER_EDITORS"):
        _correct(house, by="stranger@example.org")
    with pytest.raises(Refused, match="did not go out"):
        correcting.correct(house.shop, Week(2026, 41), "x", Email.parse(ADA), editors=EDITORS)
    with pytest.raises(WrongUsage, match="--note"):
        _correct(house, " ")


def test_the_mail_of_a_correction_is_approved_as_it_renders(house: House) -> None:
    week = _correct(house, "See [the trial](https://example.org/trial).").week
    with pytest.raises(Refused, match="not approved"):
        correcting.approved(house.shop, week)

    approval = correcting.approve(house.shop, week, Email.parse(ADA), editors=EDITORS)
    same = correcting.approve(house.shop, week, Email.parse(BEN), editors=EDITORS)

    assert approval.rendered.subject == "Correction: Trials, weighed"
    assert "https://example.org/trial" in approval.rendered.text
    assert "/issues/2026-W40#correction-1" in approval.rendered.html
    assert "%leave_url%" in approval.rendered.html
    assert same == approval
    assert correcting.approved(house.shop, week) == approval


def test_a_correction_that_reads_otherwise_now_is_not_sent(house: House) -> None:
    week = _correct(house).week
    approval = correcting.approve(house.shop, week, Email.parse(ADA), editors=EDITORS)
    with house.db.write() as connection:
        issues.approve(connection, replace(approval, digest="0" * 64))

    with pytest.raises(Refused, match="changed since"):
        correcting.approved(house.shop, week)


def test_a_tag_in_a_correction_is_no_readers_private_address(house: House) -> None:
    week = _correct(house, "Look at %leave_url% here.").week
    approval = correcting.approve(house.shop, week, Email.parse(ADA), editors=EDITORS)

    assert "Look at leave url here." in approval.rendered.text


def test_a_pick_that_was_retracted_is_raised_to_every_editor_once(house: House) -> None:
    with house.db.write() as connection:
        bad = Retracted(("doi 10.5555/pain.1",), "retracted", reason="fabricated data")
        retracted.replace(connection, [bad])

    first = recalling.look(house.shop, EDITORS)
    second = recalling.look(house.shop, EDITORS)

    assert [(str(one.week), "fabricated data" in one.said) for one in first] == [("2026-W40", True)]
    assert second == []
    with house.db.write() as connection:
        waiting = mails.claim(connection, house.clock(), timedelta(minutes=1), 10)
    assert sorted((one.kind, one.to) for one in waiting if one.kind == "retracted") == [
        ("retracted", ADA),
        ("retracted", BEN),
    ]
    with house.db.read() as connection:
        assert corrections.retracted(connection, WEEK) == first
