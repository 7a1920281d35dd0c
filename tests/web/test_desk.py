"""Editors look at the week, change its words and approve it; nobody loses anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import Refused
from newsletter.model import Also, Entry, Issue, Section, Week
from newsletter.pipeline import approving, editing
from newsletter.sending import handover
from newsletter.wiring import House
from tests.web.newsroom import (
    ADA,
    BEN,
    ISSUE,
    KNEE,
    LABEL,
    NERVE,
    SLEEP,
    WEEK,
    Browser,
    gathered,
    issue_of,
    opened,
    reader,
    signed_in,
    words,
    write_issue,
)

DESK = f"/desk/{WEEK}"
SCRIPT = "/static/desk.js"
EVIL = """<script>alert(1)</script>'"><img src=x onerror=alert(1)>{{ 7*7 }}"""


@pytest.fixture
def empty(tmp_path: Path, now: datetime) -> Iterator[House]:
    with opened(tmp_path, now) as house:
        yield house


@pytest.fixture
def house(empty: House) -> House:
    write_issue(empty)
    return empty


@pytest.fixture
def ada(house: House) -> Browser:
    return signed_in(house).get(DESK)


def headlines(house: House) -> dict[str, list[str]]:
    issue = issue_of(house)
    shown = {s.value: [pick.headline for pick in picks] for s, picks in issue.sections.items()}
    return shown | {"spare": [pick.headline for _, pick in issue.spare]}


def post(title: str, link: str, text: str, author: str = "") -> Entry:
    seen = datetime(2026, 11, 17, 9, tzinfo=UTC)
    return Entry(link, link, title, text, published=seen, author=author)


def test_the_overview_shows_this_week_first_with_its_stage(house: House) -> None:
    write_issue(house, replace(ISSUE, week=Week(2026, 45), subject="An older one"))

    page = signed_in(house).get("/desk/").words

    assert page.index("16–22 November 2026") < page.index("2–8 November 2026")
    assert "Drafted" in page
    assert "3 picks" in page
    assert "An older one" in page


def test_a_week_without_a_draft_says_so_and_offers_one(empty: House) -> None:
    page = signed_in(empty).get(DESK)

    assert page.status == 200
    assert "There is no draft yet." in page.words
    assert page.form(f"{DESK}/draft")


@pytest.mark.parametrize("week", ["nothing", "2026-W54", "0001-W01", "9999-W52"])
def test_what_is_no_week_is_not_found(house: House, week: str) -> None:
    assert signed_in(house).get(f"/desk/{week}").status == 404


def test_the_week_shows_picks_findings_and_the_inbox_line(ada: Browser) -> None:
    page = ada.words

    for pick in (KNEE, NERVE, LABEL, SLEEP):
        assert pick.headline in page
    assert "Phone The Pain Letter Strength training for sore knees And why shingles pain" in page
    assert "Joint Journal · trial · 2026-11-16 · 3 min" in page


def test_a_finding_stands_at_its_pick_with_the_cure(empty: House) -> None:
    write_issue(
        empty,
        replace(
            ISSUE,
            sections={
                **ISSUE.sections,
                Section.NEWS: (replace(LABEL, url="http://agency.example.org/labels"),),
            },
        ),
    )

    page = signed_in(empty).get(DESK).page

    (card,) = page.xpath("//article[@id='news-1']")
    assert "is not encrypted" in card.text_content()
    assert "https://" in card.text_content()
    assert page.xpath("//section[@id='checks']//a[@href='#news-1']")


def test_all_candidates_stand_there_with_score_and_reasons(house: House) -> None:
    gathered(
        house,
        post(
            "Exercise for chronic low back pain: a randomised trial",
            "https://journal.example.org/back",
            "In this randomised trial 300 patients with chronic low back pain exercised. "
            "Pain fell by 1.2 points.",
        ),
        post("A new stadium opens", "https://town.example.org/stadium", "The town has a stadium."),
    )

    editor = signed_in(house).get(DESK)

    shelf = editor.page.get_element_by_id("candidates").text_content()
    assert "Exercise for chronic low back pain" in shelf
    assert "Score " in shelf
    assert "1 on topic, 1 off topic" in shelf
    everything = editor.get(f"{DESK}/candidates?show=all").words
    assert "A new stadium opens" in everything
    assert "Exercise for chronic low back pain" in everything


def test_drafting_from_the_desk_writes_the_issue(tmp_path: Path, now: datetime) -> None:
    with opened(tmp_path, now, smallest_issue=1) as house:
        gathered(
            house,
            post(
                "Spinal cord stimulation for chronic back pain: a randomised trial",
                "https://journal.example.org/stimulation",
                "In a randomised trial patients with chronic back pain got spinal cord "
                "stimulation. Pain relief lasted for a year.",
            ),
        )

        first = signed_in(house).get(DESK).submit(f"{DESK}/draft").words
        second = signed_in(house).get(DESK).submit(f"{DESK}/draft").words

        assert "Drafted." in first
        assert "Spinal cord stimulation" in words(house)
        assert "Nothing is new since the last draft." in second


def test_an_editor_changes_subject_preheader_and_introduction(house: House, ada: Browser) -> None:
    ada.submit(f"{DESK}/head", subject='Knees, "again"', intro="One.\r\n\r\nTwo *lines*.")

    issue = issue_of(house)
    assert ada.status == 200
    assert "Saved." in ada.words
    assert issue.subject == 'Knees, "again"'
    assert issue.intro == "One.\n\nTwo *lines*."
    assert issue.preheader == ISSUE.preheader


def test_an_editor_changes_headline_blurb_and_address(house: House, ada: Browser) -> None:
    ada.edit("treatments[1]", headline="Stronger legs", link="https://other.example.org/knee")

    (pick,) = issue_of(house).sections[Section.TREATMENTS]
    assert pick == replace(KNEE, headline="Stronger legs", url="https://other.example.org/knee")


def test_only_what_was_changed_is_written(house: House, ada: Browser) -> None:
    before = words(house)

    ada.edit("treatments[1]", headline="Stronger legs")

    assert words(house) == before.replace(KNEE.headline, "Stronger legs")


def test_a_form_sent_as_it_was_writes_nothing(house: House, ada: Browser) -> None:
    path = house.papers.words_path(WEEK)
    before = path.stat().st_mtime_ns, path.read_bytes()

    for place in ("conditions[1]", "treatments[1]", "news[1]"):
        ada.get(DESK).edit(place, act="save")
    ada.get(DESK).submit(f"{DESK}/head")

    assert "Nothing was changed" in ada.words
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


@pytest.mark.parametrize(
    ("place", "changes", "after"),
    [
        pytest.param(
            "news[1]",
            {"section": "treatments", "position": "1"},
            {"treatments": [LABEL.headline, KNEE.headline]},
            id="to the front of another section",
        ),
        pytest.param(
            "news[1]",
            {"section": "treatments", "position": "9"},
            {"treatments": [KNEE.headline, LABEL.headline]},
            id="past the end",
        ),
        pytest.param(
            "treatments[1]",
            {"act": "drop"},
            {"treatments": [], "spare": [SLEEP.headline, KNEE.headline]},
            id="dropped",
        ),
        pytest.param(
            "spare[1]",
            {"act": "take"},
            {"news": [LABEL.headline, SLEEP.headline], "spare": []},
            id="taken in at the end",
        ),
        pytest.param(
            "spare[1]",
            {"act": "take", "section": "conditions", "position": "1"},
            {"conditions": [SLEEP.headline, NERVE.headline], "spare": []},
            id="taken in at a place",
        ),
    ],
)
def test_an_editor_moves_stories(
    house: House, ada: Browser, place: str, changes: dict[str, str], after: dict[str, list[str]]
) -> None:
    ada.edit(place, **changes)

    now = headlines(house)
    assert ada.status == 200
    assert {name: now.get(name, []) for name in after} == after


def test_an_editor_says_which_story_opens_the_mail(house: House, ada: Browser) -> None:
    ada.edit("news[1]", act="lead")

    assert issue_of(house).lead == LABEL.url
    assert "The mail opens with it now." in ada.words


def test_the_story_that_opens_the_mail_still_does_at_its_new_address(
    house: House, ada: Browser
) -> None:
    ada.edit("news[1]", act="lead").edit("news[1]", link="https://agency.example.org/new")

    assert issue_of(house).lead == "https://agency.example.org/new"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"headline": " "}, "headline is missing", id="no headline"),
        pytest.param({"link": "javascript:alert(1)"}, "is not a web address", id="no address"),
        pytest.param({"section": "sport"}, "Choose a section", id="no section"),
        pytest.param({"position": "first"}, "a position as a number", id="no number"),
        pytest.param({"headline": "Bell\x07"}, "invisible control character", id="control sign"),
    ],
)
def test_what_cannot_stand_in_the_file_is_refused_with_a_sentence(
    house: House, ada: Browser, changes: dict[str, str], sentence: str
) -> None:
    before = words(house)

    ada.edit("news[1]", **changes)

    assert ada.status == 422
    assert sentence in ada.words
    assert words(house) == before


def test_of_two_editors_the_slower_one_overwrites_nothing(house: House, ada: Browser) -> None:
    ben = signed_in(house, BEN).get(DESK)
    ada.edit("treatments[1]", headline="Ada's headline")
    before = words(house)

    ben.edit("treatments[1]", headline="Ben's headline")

    assert ben.status == 409
    assert "Ada's headline" in ben.words
    assert "Ben's headline" in ben.words
    assert words(house) == before


def test_the_slower_editor_may_still_decide_for_their_own_words(house: House, ada: Browser) -> None:
    ben = signed_in(house, BEN).get(DESK)
    ada.edit("news[1]", section="treatments", position="1")

    ben.edit("treatments[1]", headline="Ben's headline").submit(f"{DESK}/pick")

    assert ben.status == 200
    assert "Ben's headline" in headlines(house)["treatments"]
    assert LABEL.headline in headlines(house)["treatments"]


def test_two_editors_at_the_top_of_the_issue_see_both_versions(house: House, ada: Browser) -> None:
    ben = signed_in(house, BEN).get(DESK)
    ada.submit(f"{DESK}/head", subject="Ada's subject")

    ben.submit(f"{DESK}/head", subject="Ben's subject")

    assert ben.status == 409
    assert "Ada's subject" in ben.words
    assert "Ben's subject" in ben.words
    assert issue_of(house).subject == "Ada's subject"


def test_words_for_a_story_that_is_gone_are_shown_to_be_copied(house: House, ada: Browser) -> None:
    ben = signed_in(house, BEN).get(DESK)
    ada.edit("news[1]", link="https://elsewhere.example.org/labels")

    ben.edit("news[1]", blurb="Ben's careful blurb")

    assert ben.status == 409
    assert "no longer in the issue" in ben.words
    assert "Ben's careful blurb" in ben.words


def test_what_is_approved_at_the_desk_is_approved(house: House, ada: Browser) -> None:
    ada.get(f"{DESK}/approval").submit(f"{DESK}/approve")

    approval = approving.approved(house.shop, WEEK)
    assert "Approved by ada@example.org on 18 November 2026" in ada.words
    assert approval.by == ADA
    assert approval.rendered.subject == ISSUE.subject


def test_nobody_approves_what_they_have_not_seen(house: House, ada: Browser) -> None:
    ben = signed_in(house, BEN).get(f"{DESK}/approval")
    ada.edit("news[1]", headline="Another headline")

    ben.submit(f"{DESK}/approve")

    assert ben.status == 409
    assert "changed since you opened the page" in ben.words
    with pytest.raises(Refused):
        approving.approved(house.shop, WEEK)


def test_a_change_after_approval_is_named(ada: Browser) -> None:
    ada.get(f"{DESK}/approval").submit(f"{DESK}/approve")
    ada.get(DESK).submit(f"{DESK}/head", subject="Quite another subject")

    page = ada.get(DESK).words

    assert "Changed since approval" in page
    assert "the subject was 'Strength training for sore knees'" in page
    assert ada.get(f"{DESK}/approval").form(f"{DESK}/approve")


def test_a_sent_issue_shows_its_figures_and_changes_no_more(
    house: House, ada: Browser, now: datetime
) -> None:
    reader(house, now)
    ada.get(f"{DESK}/approval").submit(f"{DESK}/approve")
    late = signed_in(house, BEN).get(DESK)
    handover.send(house.means, approving.approved(house.shop, WEEK))
    before = words(house)

    refused = late.submit(f"{DESK}/head", subject="Too late").words
    page = ada.get(DESK)

    assert "was sent" in refused
    assert words(house) == before
    assert "Audience 1 Accepted 1" in page.words
    assert "Sent" in ada.get("/desk/").words
    assert [form.action for form in page.get(DESK).page.forms] == ["/desk/leave"] * 2


def test_an_issue_with_errors_cannot_be_approved(empty: House) -> None:
    write_issue(empty, replace(ISSUE, subject=""))
    editor = signed_in(empty).get(DESK)
    token = editor.form(f"{DESK}/draft")["token"]
    rendered = editing.rendered(empty.shop, replace(ISSUE, subject=""))

    offered = [form.action for form in editor.page.forms]
    editor.post(f"{DESK}/approve", token=token, seen=rendered.digest)

    assert f"{DESK}/approve" not in offered
    assert editor.status == 409
    assert "cannot be approved" in editor.words


def test_a_file_that_cannot_be_read_is_named_with_its_line(house: House, ada: Browser) -> None:
    house.papers.words_path(WEEK).write_text(words(house).replace("intro =", "intros ="))

    page = ada.get(DESK)
    front = ada.get("/desk/")

    assert page.status == 200
    assert "intros" in front.words
    assert "Did you mean “intro”?" in page.get(DESK).words
    assert "issue.toml, line " in page.words


def hostile() -> Issue:
    """An issue whose every text attacks whoever looks at it."""
    link = "https://evil.example.org/?q=';alert(1)//"
    pick = replace(
        KNEE,
        headline=EVIL,
        url=link,
        source=EVIL,
        blurb=EVIL,
        changed=EVIL,
        signals=(EVIL,),
        also=(Also(EVIL, link + "2"),),
    )
    return replace(
        ISSUE,
        subject=EVIL,
        preheader=EVIL,
        intro=f"{EVIL}\n</textarea><script>alert(2)</script>",
        alternatives=(EVIL,),
        sections={Section.NEWS: (pick, replace(pick, url=link + "3"))},
        spare=((Section.NEWS, replace(pick, url=link + "4")),),
    )


def attacks(browser: Browser) -> list[str]:
    """What on a page could run, load or lead astray."""
    page = browser.page
    inside = ("/", "#", "https://", "http://")
    return [
        *(one.get("src", "inline") for one in page.iter("script") if one.get("src") != SCRIPT),
        *(element.tag for element in page.iter("img", "object", "embed", "svg", "base")),
        *(name for node in page.xpath("//*") for name in node.attrib if name.startswith("on")),
        *(link for link in page.xpath("//@href|//@src|//@action") if not link.startswith(inside)),
        *(["template"] if "{{ 7*7 }}" not in browser.text and "49" in browser.words else []),
    ]


@pytest.mark.parametrize(
    "path", ["/desk/", DESK, f"{DESK}/preview", f"{DESK}/preview?part=text&width=375&theme=dark"]
)
def test_hostile_words_stay_words_on_every_page(empty: House, path: str) -> None:
    write_issue(empty, hostile())
    gathered(
        empty,
        post(
            f"Chronic back pain trial {EVIL}",
            "javascript:alert(1)",
            f"Patients with chronic back pain took part in a trial. {EVIL}",
            author=EVIL,
        ),
        source=EVIL,
    )

    page = signed_in(empty).get(path)

    assert page.status == 200
    assert "alert(1)" in page.text
    assert attacks(page) == []


def test_hostile_words_stay_words_where_two_editors_meet(empty: House) -> None:
    write_issue(empty, hostile())
    editor = signed_in(empty).get(DESK)
    other = signed_in(empty, BEN).get(DESK)
    other.edit("news[1]", blurb="Harmless now")

    editor.edit("news[1]", blurb=f"{EVIL} and more")

    assert editor.status == 409
    assert "alert(1)" in editor.text
    assert attacks(editor) == []


def test_the_preview_shuts_the_real_mail_into_a_frame(house: House, ada: Browser) -> None:
    page = ada.get(f"{DESK}/preview?width=375&theme=dark").page
    (frame,) = page.iter("iframe")
    mail = ada.client.get(frame.get("src"))

    policy = mail.headers["content-security-policy"]
    assert frame.get("sandbox") == ""
    assert frame.get("width") == "375"
    assert KNEE.headline in mail.text
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert mail.headers["x-frame-options"] == "SAMEORIGIN"
    assert "prefers-color-scheme" not in mail.text
    assert editing.rendered(house.shop, ISSUE).subject in ada.words


def test_the_preview_shows_the_text_part(ada: Browser) -> None:
    page = ada.get(f"{DESK}/preview?part=text")

    assert KNEE.url in page.page.xpath("string(//pre)")


def test_looking_changes_nothing(house: House, ada: Browser) -> None:
    def everything() -> list[bytes]:
        folder = house.settings.home
        return [p.read_bytes() for p in sorted(folder.rglob("*")) if p.name == "issue.toml"]

    with house.db.read() as connection:
        before = list(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    files = everything()

    for path in ("/desk/", DESK, f"{DESK}/preview", f"{DESK}/mail.html", "/desk/2026-W30"):
        assert ada.get(path).status == 200

    with house.db.read() as connection:
        after = list(connection.connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert after == before
    assert everything() == files
