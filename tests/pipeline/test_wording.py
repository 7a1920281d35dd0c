"""Every change of an issue's words is noted: who, what, before and after; it can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.compose import file
from newsletter.errors import BadValue, Refused
from newsletter.model import Email, Masthead, Week
from newsletter.pipeline import approving, wording
from newsletter.pipeline.shop import Workshop
from newsletter.render import Templates
from newsletter.store import Database
from newsletter.store.papers import Papers
from tests.web.newsroom import ADA, BEN, ISSUE

WEEK = Week(2026, 47)
FIRST = file.write(ISSUE)


@pytest.fixture
def shop(db: Database, tmp_path: Path, now: datetime) -> Workshop:
    papers = Papers(tmp_path / "issues")
    made = Workshop(
        db, papers, Templates(), Masthead("T", "https://t.example"), UTC, lambda: now, 1, 9
    )
    wording.write(made, WEEK, FIRST, by=wording.MACHINE, what="Drafted", instead_of=None)
    return made


def say(shop: Workshop, subject: str, by: str) -> str:
    """Let an editor change the subject; give the text then."""
    before = shop.papers.words(WEEK) or ""
    text = file.set_value(before, "", "subject", subject)
    wording.write(shop, WEEK, text, by=by, what="Subject", instead_of=before)
    return text


def test_nobody_has_edited_what_the_machine_drafted(shop: Workshop) -> None:
    assert wording.last_editor(shop, WEEK) is None


def test_the_last_editor_is_whoever_changed_the_words_last(shop: Workshop) -> None:
    say(shop, "One", ADA)
    say(shop, "Two", BEN)

    last = wording.last_editor(shop, WEEK)

    assert last
    assert last.by == BEN


def test_a_text_editor_is_noticed_and_nobody_is_named_for_it(shop: Workshop) -> None:
    text = say(shop, "One", ADA)
    shop.papers.write_words(WEEK, text + "# mine\n", instead_of=text)

    assert wording.last_editor(shop, WEEK) == wording.Last(
        wording.OUTSIDE, wording.history(shop, WEEK)[0].at
    )
    assert wording.history(shop, WEEK)[0].id == 0
    say(shop, "Two", BEN)
    assert [one.by for one in wording.history(shop, WEEK)] == [
        BEN,
        wording.OUTSIDE,
        ADA,
        wording.MACHINE,
    ]


def test_a_change_can_be_looked_at_and_undone(shop: Workshop) -> None:
    was = say(shop, "One", ADA)
    became = say(shop, "Two", BEN)
    newest = wording.history(shop, WEEK)[0]

    assert wording.texts(shop, WEEK, newest.id) == (was, became)
    wording.back_to(shop, WEEK, newest.id, by=ADA, instead_of=became, what="Undid")
    assert shop.papers.words(WEEK) == was
    assert len(wording.history(shop, WEEK)) == 4


def test_who_read_an_older_text_writes_nothing(shop: Workshop) -> None:
    say(shop, "One", ADA)

    with pytest.raises(BadValue, match="changed by somebody else"):
        wording.write(shop, WEEK, FIRST, by=BEN, what="Subject", instead_of=FIRST)

    assert wording.history(shop, WEEK)[0].by == ADA


def test_an_older_issue_that_was_there_before_the_history_is_noted(shop: Workshop) -> None:
    old = replace(ISSUE, week=Week(2026, 46))
    shop.papers.write_words(old.week, file.write(old), instead_of=None)

    assert [one.what for one in wording.history(shop, old.week)] == ["The file was there"]


def read_by_two(shop: Workshop) -> Workshop:
    """The same shop where whoever approves must be another than who edited last."""
    masthead = Masthead(
        "T", "https://t.example", "1 Harbour Street, Bergen", "T <letter@t.example>"
    )
    return replace(shop, second_reader=True, masthead=masthead)


def approve(shop: Workshop, by: str, edited_by: str = "") -> str:
    author = Email.parse(edited_by) if edited_by else None
    done = approving.approve(shop, WEEK, Email.parse(by), editors=(ADA, BEN), edited_by=author)
    return done.approval.by


def test_where_two_must_read_nobody_approves_their_own_words(shop: Workshop) -> None:
    shop = read_by_two(shop)
    say(shop, "One", BEN)
    say(shop, "Two", ADA)

    with pytest.raises(Refused, match=f"{ADA} edited 2026-W47 last"):
        approve(shop, ADA)
    assert approve(shop, BEN) == BEN


def test_a_fresh_draft_is_nobodys_words_and_one_reader_will_do(shop: Workshop) -> None:
    assert approve(read_by_two(shop), ADA) == ADA


def test_who_wrote_in_a_text_editor_must_be_said_and_is_kept(shop: Workshop) -> None:
    shop = read_by_two(shop)
    text = say(shop, "One", ADA)
    shop.papers.write_words(WEEK, text + "# mine\n", instead_of=text)

    with pytest.raises(Refused, match="--edited-by ADDRESS"):
        approve(shop, BEN)
    with pytest.raises(Refused, match="edited 2026-W47 last"):
        approve(shop, BEN, edited_by=BEN)

    assert wording.history(shop, WEEK)[0].what == f"Changed the file, as {BEN} says"
    assert approve(shop, ADA) == ADA


def test_whose_words_it_says_must_be_an_editor(shop: Workshop) -> None:
    with pytest.raises(Refused, match="is no editor"):
        approve(read_by_two(shop), ADA, edited_by="eve@example.org")


def test_unless_it_is_asked_for_an_editor_may_approve_their_own_words(shop: Workshop) -> None:
    shop = replace(read_by_two(shop), second_reader=False)
    say(shop, "One", ADA)

    assert approve(shop, ADA) == ADA
