"""`check` asks those who may know, and approval keeps what was found."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from newsletter import render
from newsletter.compose import file
from newsletter.compose.preflight import Spam
from newsletter.errors import Refused
from newsletter.model import Email, Entry, Finding, Issue, Level, Section, Waiver
from newsletter.pipeline import approving, checking, crossref, linking, spamming
from newsletter.pipeline.shop import Workshop
from newsletter.render import Templates
from newsletter.store import Database, links, posts, sources
from newsletter.store.links import Looked
from newsletter.store.papers import Papers
from tests.compose.examples import WEEK, issue, pick
from tests.render.samples import MASTHEAD

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MAJA, OLE = Email.parse("maja@example.org"), Email.parse("ole@example.org")


@pytest.fixture
def shop(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop on a machine without SpamAssassin, which takes seconds to answer."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return Workshop(
        db=db,
        papers=Papers(tmp_path / "issues"),
        templates=Templates(),
        masthead=MASTHEAD,
        zone=UTC,
        clock=lambda: NOON,
        smallest=1,
        largest=12,
    )


def write(shop: Workshop, words: Issue) -> None:
    shop.papers.write_words(WEEK, file.write(words), instead_of=shop.papers.words(WEEK))


def checked(shop: Workshop, *, offline: bool) -> list[Finding]:
    return checking.check(
        shop, WEEK, offline=offline, allow_private=True, user_agent="Newsletter/1"
    ).findings


def refused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_check_looks_links_up_and_one_offline_remembers_what_it_found(shop: Workshop) -> None:
    gone = f"http://127.0.0.1:{refused_port()}/gone"
    good = issue()
    write(shop, replace(good, sections={**good.sections, Section.NEWS: (pick(3, url=gone),)}))

    before = [one for one in checked(shop, offline=True) if one.check == "links"]
    online = [one for one in checked(shop, offline=False) if one.check == "links"]
    after = [one for one in checked(shop, offline=True) if one.check == "links"]

    assert before == []
    assert [(one.level, one.place) for one in online] == [(Level.WARNING, "news[1].url")]
    assert "could not be opened" in online[0].text
    assert after == online


def test_what_a_link_answered_long_ago_is_not_held_against_it(shop: Workshop) -> None:
    write(shop, issue())
    old = Looked(pick(3).url, 404, datetime(2026, 11, 1, tzinfo=UTC))
    with shop.db.write() as connection:
        links.record(connection, [old])

    assert not [one for one in checked(shop, offline=True) if one.check == "links"]


def test_a_check_without_spamassassin_says_so(shop: Workshop) -> None:
    write(shop, issue())

    found = [one for one in checked(shop, offline=True) if one.check == "spam"]

    assert [one.level for one in found] == [Level.NOTE]
    assert "not installed" in found[0].text


def test_a_story_whose_work_was_retracted_cannot_be_approved(shop: Workshop) -> None:
    story = pick(3)
    notice = "https://journal3.example.org/notice"
    posts_of = [
        Entry(story.url, story.url, story.headline, "Words."),
        Entry(notice, notice, f"Retraction: {story.headline}", "Words."),
    ]
    with shop.db.write() as connection:
        source, _ = sources.add(connection, "https://journal3.example.org/feed", now=NOON)
        posts.keep(connection, source, posts_of, NOON)
    write(shop, issue())

    with pytest.raises(Refused, match=r"news\[1\]: The paper .* was retracted \(see https://"):
        approving.approve(shop, WEEK, MAJA, editors=())


@pytest.mark.parametrize("told", ["by the feed", "in the address"])
def test_a_story_that_crossref_calls_retracted_cannot_be_approved(
    shop: Workshop, told: str
) -> None:
    story = pick(3)
    if told == "in the address":
        story = replace(story, url="https://journal3.example.org/doi/10.1000/abc")
    good = issue()
    write(shop, replace(good, sections={**good.sections, Section.NEWS: (story,)}))
    record = Looked(crossref.address("10.1000/abc"), 200, NOON, "retraction by Crossref's record")
    with shop.db.write() as connection:
        source, _ = sources.add(connection, "https://journal3.example.org/feed", now=NOON)
        doi = "10.1000/abc" if told == "by the feed" else ""
        entry = Entry(story.url, story.url, story.headline, "Words.", doi=doi)
        posts.keep(connection, source, [entry], NOON)
        links.record(connection, [record])

    with pytest.raises(Refused, match=r"was retracted \(retraction by Crossref"):
        approving.approve(shop, WEEK, MAJA, editors=())


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "X-Spam-Status: No, score=0.7 required=5.0 tests=HTML_FONT_LOW_CONTRAST,\n"
            "\tHTML_MESSAGE autolearn=no version=4.0.1\nFrom: a\n",
            Spam(0.7, 5.0, ("HTML_FONT_LOW_CONTRAST", "HTML_MESSAGE")),
        ),
        (
            "X-Spam-Status: No, score=-0.0 required=5.0 tests=none autolearn=no\n",
            Spam(-0.0, 5.0),
        ),
        ("X-Spam-Status: strange\n", "SpamAssassin gave no points."),
        ("", "SpamAssassin gave no points."),
    ],
)
def test_points_and_rules_are_read(output: str, said: Spam | str) -> None:
    assert spamming.verdict(output) == said


def test_the_filter_reads_the_mail_as_it_would_arrive() -> None:
    mail = render.issue(issue(), MASTHEAD, Templates())

    raw = spamming.letter(mail, MASTHEAD, NOON)

    read = message_from_bytes(raw, policy=policy.default)
    text, html = (read.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == mail.text.strip()
    assert html.get_content().strip() == mail.html.strip()
    assert read["Subject"] == mail.subject


@pytest.mark.usefixtures("spamassassin")
def test_spamassassin_finds_nothing_in_an_issue_that_is_in_order() -> None:
    said = spamming.judge(render.issue(issue(), MASTHEAD, Templates()), MASTHEAD, NOON)

    assert isinstance(said, Spam)
    assert said.points <= 0


def test_approval_refuses_errors_and_names_the_first(shop: Workshop) -> None:
    write(shop, issue(subject=""))

    with pytest.raises(Refused, match=r"2026-W47 cannot be approved: subject: The mail has no"):
        approving.approve(shop, WEEK, MAJA, editors=())


def test_approval_keeps_who_when_what_was_found_and_what_was_waived(shop: Workshop) -> None:
    miracle = pick(3, blurb="A miracle cure for knees, says its maker, after one week of use.")
    waiver = Waiver("claims", "news[1].blurb", "It is a quotation.", "Maja")
    good = issue(waivers=(waiver,))
    write(shop, replace(good, sections={**good.sections, Section.NEWS: (miracle,)}))

    done = approving.approve(shop, WEEK, MAJA, editors=(MAJA.key,))
    again = approving.approve(shop, WEEK, MAJA, editors=(MAJA.key,))

    kept = approving.approved(shop, WEEK)
    assert (kept.by, kept.at) == (MAJA.key, NOON)
    assert kept.waivers == (waiver,)
    assert any("waived by Maja" in one.text for one in kept.findings)
    assert (done.new, again.new) == (True, False)


def test_any_later_change_voids_an_approval(shop: Workshop) -> None:
    write(shop, issue())
    approving.approve(shop, WEEK, MAJA, editors=())
    write(shop, issue(preheader="Also: something else"))

    with pytest.raises(Refused, match=r"changed since maja@example\.org approved it"):
        approving.approved(shop, WEEK)


def test_who_is_no_editor_does_not_approve(shop: Workshop) -> None:
    write(shop, issue())

    with pytest.raises(Refused, match="may not approve"):
        approving.approve(shop, WEEK, OLE, editors=(MAJA.key,))


def test_names_kept_for_examples_are_never_asked() -> None:
    assert linking.addresses(issue()) == []
