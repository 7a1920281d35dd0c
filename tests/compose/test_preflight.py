"""What stands between an editor and approval, and what does not."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.compose import preflight
from newsletter.compose.preflight import CHECKS, Context, run
from newsletter.compose.preflight.size import meter
from newsletter.compose.preflight.waivers import place_to_waive
from newsletter.model import (
    Also,
    Evidence,
    Image,
    Issue,
    Level,
    Masthead,
    Pick,
    Rendered,
    Section,
    Waiver,
)
from tests.compose import examples
from tests.compose.examples import issue, pick
from tests.compose.mail import CONTEXT, HTML, MASTHEAD, RENDERED, TEXT, findings, spoiled


def with_pick(**changes: object) -> Issue:
    """The good issue with its one news story changed."""
    good = issue()
    return replace(good, sections={**good.sections, Section.NEWS: (pick(3, **changes),)})


def test_an_issue_that_is_in_order_gives_no_finding() -> None:
    assert [f for f in run(issue(), RENDERED, MASTHEAD, CONTEXT) if f.level is not Level.NOTE] == []


def test_each_check_is_a_module_of_its_own() -> None:
    folder = Path(preflight.__file__).parent
    others = {
        *("__init__", "features", "looks", "overlay", "promises", "proof", "support", "waivers")
    }

    assert {path.stem for path in folder.glob("*.py")} - others == set(CHECKS)


def test_findings_come_gravest_first_and_in_the_order_of_the_mail() -> None:
    blurbs = {
        Section.CONDITIONS: tuple(
            pick(n, headline=f"Story {n} about pain", blurb="") for n in range(1, 12)
        )
    }

    found = run(issue(subject="", sections=blurbs), RENDERED, MASTHEAD, CONTEXT)

    assert [f.level for f in found] == sorted((f.level for f in found), key=list(Level).index)
    places = [f.place for f in found if f.level is Level.WARNING]
    assert places == [f"conditions[{n}].blurb" for n in range(1, 12)]
    assert found[0].place == "subject"


@pytest.mark.parametrize(
    ("changes", "level", "place"),
    [
        ({"subject": " "}, Level.ERROR, "subject"),
        ({"subject": "x" * 61}, Level.WARNING, "subject"),
        ({"subject": "x" * 49}, None, ""),
        ({"subject": "x" * 60}, Level.NOTE, "subject"),
        ({"subject": "TODO"}, Level.ERROR, "subject"),
        ({"subject": "NEW HOPE FOR KNEES"}, Level.WARNING, "subject"),
        ({"subject": "FDA and NIH on NSAID use"}, None, ""),
        ({"subject": "Knees!!"}, Level.WARNING, "subject"),
        ({"subject": "Knees!"}, None, ""),
        ({"preheader": ""}, Level.WARNING, "preheader"),
        ({"preheader": "x" * 101}, Level.WARNING, "preheader"),
        ({"preheader": "strength training eases knee pain."}, Level.WARNING, "preheader"),
        ({"intro": "Lorem ipsum dolor."}, Level.ERROR, "intro"),
        ({"intro": "Dear {{ name }}, hello."}, Level.ERROR, "intro"),
        ({"intro": "Numbers TK."}, Level.WARNING, "intro"),
        ({"intro": "A TK inhibitor was tried."}, None, ""),
        ({"intro": "See [insert link] for more."}, Level.ERROR, "intro"),
        ({"intro": "See [Your Pain Guide](https://x.example) for more."}, None, ""),
        ({"intro": "This is THE VERY BEST WEEK ever."}, Level.WARNING, "intro"),
        ({"intro": "It was was good."}, Level.WARNING, "intro"),
        ({"intro": "She had had pain, that that is."}, None, ""),
        ({"intro": "A long, long week in Walla Walla."}, None, ""),
        ({"intro": "From 10 10 people came."}, None, ""),
    ],
)
def test_words_that_an_editor_would_want_to_see_again(
    changes: dict[str, object], level: Level | None, place: str
) -> None:
    found = findings("words", issue(**changes))

    assert [(f.level, f.place) for f in found] == ([(level, place)] if level else [])


def test_a_lead_that_is_no_story_of_the_issue_is_noticed() -> None:
    lost = findings("structure", issue(lead="https://elsewhere.example/"))

    assert [(f.level, f.place) for f in lost] == [(Level.WARNING, "lead")]
    assert findings("structure", issue(lead=pick(3).url)) == []


def test_the_subject_of_last_week_is_noticed() -> None:
    same = replace(CONTEXT, last_subject="STRENGTH training eases knee pain!")
    other = replace(CONTEXT, last_subject="Another week")

    assert [f.place for f in findings("words", context=same)] == ["subject"]
    assert findings("words", context=other) == []


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"url": "http://a.example/x"}, Level.WARNING, "not encrypted"),
        ({"url": "http://127.0.0.1:8000/x"}, None, ""),
        ({"url": "http://localhost/x"}, None, ""),
        ({"url": "https://a.example/x?utm_source=rss&id=4"}, Level.WARNING, "track readers"),
        ({"url": "https://a.example/x?id=4"}, None, ""),
        ({"url": "https://ä.example/x"}, None, ""),
        ({"also": (Also("B", "http://b.example/"),)}, Level.WARNING, "not encrypted"),
        ({"url": pick(1).url}, Level.WARNING, "linked a second time"),
        ({"also": (Also("B", pick(4).url),)}, Level.WARNING, "linked a second time"),
        ({"also": (Also("B", pick(3).url),)}, Level.WARNING, "linked a second time"),
        ({"blurb": f"Read [the trial]({pick(3).url})."}, None, ""),
        ({"blurb": "Read it [here](https://b.example/)."}, Level.WARNING, "only “here”"),
        ({"blurb": "[Read more »](https://b.example/)"}, Level.WARNING, "only “Read more »”"),
        ({"blurb": "[Here is why](https://b.example/)"}, None, ""),
        ({"blurb": "<https://b.example/>"}, Level.NOTE, "bare address"),
        ({"blurb": "[the page](/page)"}, Level.ERROR, "is not a web address"),
        ({"blurb": "[write us](mailto:a@b.example)"}, None, ""),
    ],
)
def test_links_lead_where_readers_can_follow(
    changes: dict[str, object], level: Level | None, words: str
) -> None:
    found = findings("links", with_pick(**changes))

    assert [f.level for f in found] == ([level] if level else [])
    assert words in "".join(f.text for f in found)


@pytest.mark.parametrize(
    ("status", "level"),
    [
        (200, None),
        (301, None),
        (403, Level.NOTE),
        (429, Level.NOTE),
        (404, Level.WARNING),
        (500, Level.WARNING),
        ("The host is not known.", Level.WARNING),
    ],
)
def test_a_link_that_could_not_be_opened_is_told(status: str | int, level: Level | None) -> None:
    context = replace(CONTEXT, link_status={pick(3).url: status})

    found = findings("links", context=context)

    assert [f.level for f in found] == ([level] if level else [])


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ('href="%preferences_url%"', 'href="http://news.example.org/p"', 1),
        (">Leave this list<", ">click here<", 1),
        (">Leave this list<", ' aria-label="Leave this list">here<', 0),
        ('href="%preferences_url%"', 'href="https://news.example.org/p"', 0),
        ('href="%preferences_url%"', 'href="javascript:alert(1)"', 1),
    ],
)
def test_links_of_the_template_are_checked_too(old: str, new: str, count: int) -> None:
    assert len(findings("links", rendered=spoiled(old, new))) == count


GOOD_IMAGE = Image("https://a.example/i.jpg", "A knee being bent", 600, 400)


@pytest.mark.parametrize(
    ("image", "level", "words"),
    [
        (GOOD_IMAGE, None, ""),
        (replace(GOOD_IMAGE, alt=" "), Level.ERROR, "no words"),
        (replace(GOOD_IMAGE, alt=pick(3).headline), Level.NOTE, "repeat the headline"),
        (replace(GOOD_IMAGE, url="http://a.example/i.jpg"), Level.ERROR, "not encrypted"),
        (replace(GOOD_IMAGE, url="http://127.0.0.1:80/i.jpg"), None, ""),
        (replace(GOOD_IMAGE, width=0), Level.ERROR, "size of the picture"),
    ],
)
def test_pictures_are_said_encrypted_and_measured(
    image: Image, level: Level | None, words: str
) -> None:
    found = findings("images", with_pick(image=image))

    assert [f.level for f in found] == ([level] if level else [])
    assert all(f.place == "news[1].image" and words in f.text for f in found)


def test_the_same_picture_at_two_stories_is_probably_a_logo() -> None:
    both = issue(sections={Section.NEWS: (pick(1, image=GOOD_IMAGE), pick(2, image=GOOD_IMAGE))})

    assert [f.place for f in findings("images", both)] == ["news[2].image"]


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        (' alt=""', "", Level.ERROR),
        ('src="https:', 'src="http:', Level.ERROR),
        (' width="600"', "", Level.WARNING),
    ],
)
def test_pictures_of_the_template_are_checked_too(old: str, new: str, level: Level) -> None:
    assert [f.level for f in findings("images", rendered=spoiled(old, new))] == [level]


DOI = "https://doi.org/10.1000/x"


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"evidence": Evidence.TRIAL}, Level.NOTE),
        ({"evidence": Evidence.TRIAL, "url": DOI}, None),
        ({"evidence": Evidence.TRIAL, "also": (Also("J", DOI),)}, None),
        ({"evidence": Evidence.CLINIC}, Level.NOTE),
        ({}, Level.NOTE),
        ({"url": DOI}, None),
        ({"evidence": Evidence.EXPLAINER}, Level.NOTE),
        ({"evidence": Evidence.PRESS_RELEASE}, Level.WARNING),
        ({"signals": ("press release",)}, Level.WARNING),
        (
            {
                "evidence": Evidence.PRESS_RELEASE,
                "also": (Also("J", "https://doi.org/10.1000/x"),),
            },
            None,
        ),
        (
            {
                "evidence": Evidence.PRESS_RELEASE,
                "blurb": "See [the study](https://pubmed.ncbi.nlm.nih.gov/1/) in 40 people there.",
            },
            None,
        ),
        ({"evidence": Evidence.PRESS_RELEASE, "url": "https://evil-doi.org/1"}, Level.WARNING),
        ({"evidence": Evidence.PREPRINT}, Level.WARNING),
        ({"evidence": Evidence.PREPRINT, "blurb": "A preprint, not yet reviewed."}, Level.NOTE),
        ({"signals": ("preprint",), "blurb": "Not yet peer-reviewed."}, Level.NOTE),
        ({"evidence": Evidence.ANIMAL, "url": DOI}, Level.WARNING),
        ({"evidence": Evidence.ANIMAL, "url": DOI, "blurb": "In rats, pain fell."}, None),
        ({"url": DOI, "signals": ("sponsored",)}, Level.WARNING),
        ({"url": DOI, "signals": ("sponsored",), "blurb": "The maker paid for this."}, None),
        ({"url": DOI, "signals": ("retraction",)}, Level.ERROR),
        ({"url": DOI, "signals": ("retraction",), "headline": "Journal retracts a trial"}, None),
        ({"url": DOI, "signals": ("retraction",), "headline": "A trial and its correction"}, None),
    ],
)
def test_readers_are_told_what_a_story_rests_on(
    changes: dict[str, object], level: Level | None
) -> None:
    found = [f for f in findings("evidence", with_pick(**changes)) if f.place.startswith("news[1]")]

    assert [f.level for f in found] == ([level] if level else [])


@pytest.mark.parametrize(
    ("known", "url"),
    [
        ("https://a.example/1", "http://www.a.example/1/?utm_source=x"),
        ("10.1000/ABC.1", "https://doi.org/10.1000/abc.1"),
        ("https://doi.org/10.1000/abc.1", "https://journal.example/doi/full/10.1000/abc.1?af=R"),
    ],
)
def test_a_retracted_paper_cannot_be_sent(known: str, url: str) -> None:
    context = replace(CONTEXT, retracted={known: "2026-10-01, data could not be checked"})

    found = findings("evidence", with_pick(url=url), context=context)[0]

    assert found.level is Level.ERROR
    assert "data could not be checked" in found.text


ONE_CLICK = {
    "List-Unsubscribe": "<https://news.example.org/leave/x>, <mailto:editor@news.example.org>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (ONE_CLICK, ""),
        ({**ONE_CLICK, "List-Unsubscribe": ""}, "no List-Unsubscribe"),
        ({**ONE_CLICK, "List-Unsubscribe": "<mailto:a@news.example.org>"}, "no List-Unsubscribe"),
        ({**ONE_CLICK, "List-Unsubscribe-Post": ""}, "lacks List-Unsubscribe-Post"),
        ({**ONE_CLICK, "List-Unsubscribe": "<http://news.example.org/l>"}, "not encrypted"),
    ],
)
def test_the_send_plan_lets_readers_leave_with_one_click(
    headers: dict[str, str], words: str
) -> None:
    found = findings("law", context=replace(CONTEXT, headers=headers))

    assert [f.place for f in found] == (["plan"] if words else [])
    assert all(f.level is Level.ERROR and words in f.text for f in found)


@pytest.mark.parametrize(
    ("rendered", "places"),
    [
        (RENDERED, []),
        (spoiled("Harbour", "Other"), ["html", "text"]),
        (spoiled("not medical advice", "good"), ["html", "text"]),
        (spoiled("is not medical advice", "does not replace medical advice", text=False), []),
        (spoiled('href="%leave_url%"', 'href="https://x.example"'), ["html"]),
        (spoiled("Leave: %leave_url%", "Leave"), ["text"]),
        (spoiled('href="%preferences_url%"', 'href="https://x.example"'), ["html"]),
    ],
)
def test_every_mail_says_who_where_and_how_to_leave(rendered: Rendered, places: list[str]) -> None:
    assert [f.place for f in findings("law", rendered=rendered)] == places


@pytest.mark.parametrize(
    ("masthead", "count"),
    [
        (replace(MASTHEAD, sender="editor@news.example.org"), 0),
        (replace(MASTHEAD, sender=""), 1),
        (replace(MASTHEAD, sender="Pain Weekly"), 1),
        (replace(MASTHEAD, postal_address=" "), 1),
    ],
)
def test_a_mail_needs_a_sender_and_an_address_on_paper(masthead: Masthead, count: int) -> None:
    found = findings("law", masthead=masthead)

    assert [(f.level, f.place) for f in found] == [(Level.ERROR, "masthead")] * count


@pytest.mark.parametrize(
    ("subject", "count"), [("Re: your knees", 1), ("Fwd: x", 1), ("Relief", 0)]
)
def test_a_subject_must_not_pose_as_an_answer(subject: str, count: int) -> None:
    assert len(findings("law", issue(subject=subject))) == count


@pytest.mark.parametrize(
    ("rendered", "places"),
    [
        (spoiled("%leave_url%", "", text=False), ["html"]),
        (spoiled("%leave_url%", "", html=False), ["text"]),
        (spoiled("Ask your", "Ask %first_name%, your"), ["html"]),
        (spoiled("Ask your", "Ask {{ doctor }} your"), ["html"]),
        (spoiled("Leave:", "{% if x %} Leave:"), ["text"]),
        (spoiled('href="%leave_url%"', 'href="%25leave_url%25"', text=False), ["html", "html"]),
        (spoiled("Ask your", "Ask *|FNAME|* your"), ["html"]),
        (spoiled("Ask your", "100% of them, 50% of you, a%20b%20c"), []),
        (spoiled("color: #333333", "width: 100%} .a{width:50%"), []),
        (replace(RENDERED, subject="Hi %leave_url%"), ["subject"]),
    ],
)
def test_tags_are_there_whole_and_no_others(rendered: Rendered, places: list[str]) -> None:
    assert [f.place for f in findings("tags", rendered=rendered)] == places


def test_a_post_cannot_smuggle_in_a_readers_own_address() -> None:
    found = findings("tags", with_pick(headline="Win at %leave_url%"))

    assert [(f.level, f.place) for f in found] == [(Level.ERROR, "news[1].headline")]


def of_size(count: int) -> Rendered:
    longer = count - meter(RENDERED, MASTHEAD).html
    return spoiled("Ask your", "Ask your" + "x" * longer)


@pytest.mark.parametrize(
    ("size", "level"),
    [
        (89_999, None),
        (90_000, Level.WARNING),
        (102_399, Level.WARNING),
        (102_400, Level.ERROR),
    ],
)
def test_a_mail_that_gmail_would_cut_is_refused(size: int, level: Level | None) -> None:
    found = findings("size", rendered=of_size(size))

    assert [f.level for f in found] == ([level] if level else [])


def test_bytes_are_counted_as_they_are_sent() -> None:
    plain = meter(RENDERED, MASTHEAD).html

    assert meter(spoiled("Ask your", "Äsk your"), MASTHEAD).html == plain + 1
    assert plain > len(HTML.encode())


def test_too_much_style_is_told() -> None:
    rule = "p { color: #333333 }"
    count = 16_384 // len(rule)

    assert findings("size", rendered=spoiled(rule, rule * count)) == []
    assert [f.level for f in findings("size", rendered=spoiled(rule, rule * (count + 1)))] == [
        Level.WARNING
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('<html lang="en" dir="ltr">', '<html dir="ltr">', "its language"),
        ('<html lang="en" dir="ltr">', '<html lang="en">', "direction it reads"),
        ('<div lang="en" dir="ltr">', "<div>", "Within Gmail"),
        ("<title>Pain Weekly</title>", "", "no title"),
        ("<h1>Pain Weekly</h1>", "<h1>A</h1><h1>B</h1>", "2 main headings"),
        ("<h2>Conditions</h2>", "", "level 3 follows one of level 1"),
        (' role="presentation"', "", "layout tables"),
        (">Leave this list<", "> <", "has no words"),
    ],
)
def test_the_mail_can_be_heard(old: str, new: str, words: str) -> None:
    assert old in HTML
    (found,) = findings("accessibility", rendered=spoiled(old, new))

    assert words in found.text


@pytest.mark.parametrize(
    ("checked", "level", "words"),
    [
        (issue(sections={}), Level.ERROR, "has no story"),
        (issue(sections={Section.NEWS: (pick(1), pick(2))}), Level.WARNING, "only 2 stories"),
        (with_pick(blurb=" "), Level.WARNING, "has no blurb"),
        (with_pick(blurb="word " * 91), Level.WARNING, "91 words"),
        (with_pick(blurb="word " * 90), None, ""),
        (with_pick(blurb="Too short"), Level.NOTE, "only 2 words"),
        (with_pick(source=""), Level.WARNING, "name its source"),
        (with_pick(headline=pick(1).headline.upper()), Level.WARNING, "same as at treatments[1]"),
        (with_pick(headline="word " * 30), Level.NOTE, "characters long"),
        (with_pick(changed="The post changed"), Level.WARNING, "changed at its source"),
        (with_pick(published=date(2026, 12, 24)), Level.NOTE, "future"),
        (with_pick(published=date(2026, 1, 1)), Level.NOTE, "two months ago"),
        (with_pick(published=None), None, ""),
    ],
)
def test_the_build_of_an_issue(checked: Issue, level: Level | None, words: str) -> None:
    found = [f for f in findings("structure", checked) if "has no story" not in f.text or not level]
    if level is Level.ERROR:
        found = findings("structure", checked)

    assert [f.level for f in found] == ([level] if level else [])
    assert all(words in f.text for f in found)


def test_an_empty_section_and_a_crowded_issue_are_told() -> None:
    one = issue(sections={Section.NEWS: tuple(pick(1, headline=f"H {n}") for n in range(16))})

    found = findings("structure", one)

    assert [(f.level, f.place) for f in found] == [
        (Level.WARNING, "week"),
        (Level.NOTE, "conditions"),
        (Level.NOTE, "treatments"),
    ]


CLAIM = {"blurb": "The agency says that this gel cures nothing at all, yet the ads say it cures."}


@pytest.mark.parametrize(
    ("place", "waived"),
    [
        ("news[1].blurb", True),
        ("news[1]", True),
        (pick(3).url, True),
        (pick(3).url.replace("https://", "http://www."), True),
        ("news[2]", False),
        ("news", False),
        (pick(1).url, False),
    ],
)
def test_an_editor_may_let_a_warning_stand_with_name_and_reason(place: str, waived: bool) -> None:
    waiver = Waiver("claims", place, "They quote the ads.", "Anna")
    checked = replace(with_pick(**CLAIM), waivers=(waiver,))

    (claim,) = findings("claims", checked)

    assert (claim.level is Level.NOTE) == waived
    assert ("waived by Anna: They quote the ads." in claim.text) == waived
    assert [f.level for f in findings("waivers", checked)] == ([] if waived else [Level.NOTE])


@pytest.mark.parametrize(("reason", "by"), [("", "Anna"), ("Because", " "), ("", "")])
def test_a_waiver_without_reason_or_name_is_an_error_and_waives_nothing(
    reason: str, by: str
) -> None:
    checked = replace(with_pick(**CLAIM), waivers=(Waiver("claims", "news[1]", reason, by),))

    assert [(f.level, f.place) for f in findings("waivers", checked)] == [(Level.ERROR, "waive[1]")]
    assert [f.level for f in findings("claims", checked)] == [Level.WARNING]


def test_an_error_cannot_be_waived() -> None:
    checked = issue(subject="", waivers=(Waiver("words", "subject", "I like it", "Anna"),))

    assert [f.level for f in findings("words", checked)] == [Level.ERROR]
    assert [f.level for f in findings("waivers", checked)] == [Level.NOTE]


def test_a_waiver_is_best_given_to_the_storys_address() -> None:
    checked = with_pick(**CLAIM)
    (claim,) = findings("claims", checked)

    assert place_to_waive(checked, claim) == pick(3).url


@given(examples.issues, st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_issue_and_no_mail_whatever_stops_the_checks(
    any_issue: Issue, html: str, text: str
) -> None:
    found = run(any_issue, Rendered("", "", html, text), MASTHEAD, CONTEXT)

    assert found
    for finding in found:
        assert finding.check in {*CHECKS, "waivers"}
        assert finding.text.endswith((".", ")", "]"))
        assert finding.cure


def test_a_full_issue_is_checked_while_an_editor_types() -> None:
    blurb = "In this trial [120 people](https://doi.org/10.1000/{n}) trained twice a week. " * 4
    picks = tuple(pick(n, headline=f"Story {n}", blurb=blurb.format(n=n)) for n in range(1, 13))
    big = spoiled("Ask your", "<p>Ask your</p>" * 3000)
    full = issue(sections={Section.NEWS: picks})
    run(full, big, MASTHEAD, CONTEXT)
    start = time.process_time()

    run(full, big, MASTHEAD, CONTEXT)

    assert time.process_time() - start < 0.3


def test_context_needs_nothing_but_the_day() -> None:
    context = Context(date(2026, 11, 20))

    found = run(issue(), Rendered("", "", HTML, TEXT), MASTHEAD, context)

    assert [one for one in found if one.level is not Level.NOTE] == []
    assert isinstance(next(iter(issue().picks()))[2], Pick)
