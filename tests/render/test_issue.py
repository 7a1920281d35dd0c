"""The weekly mail, as readers get it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import html as lxml_html

from newsletter import render
from newsletter.model import (
    LEAVE_URL,
    PREFERENCES_URL,
    TAGS,
    Also,
    Evidence,
    Image,
    Issue,
    Pick,
    Rendered,
    Section,
    Week,
)
from newsletter.render import Templates
from tests.render.samples import ISSUE, LEAD, MASTHEAD


def issue_of(*picks: Pick) -> Issue:
    return Issue(Week(2026, 47), "A subject", sections={Section.NEWS: picks})


def page(html: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html)


def words(html: str) -> str:
    return " ".join(page(html).text_content().split())


def test_a_reader_finds_every_pick_with_its_link_in_html_and_text(rendered: Rendered) -> None:
    links = {link.get("href") for link in page(rendered.html).iter("a")}

    for _, _, pick in ISSUE.picks():
        assert pick.headline in words(rendered.html)
        assert pick.headline in " ".join(rendered.text.split())
        assert pick.url in links
        assert pick.url in rendered.text
        assert f"Read at {pick.source}" in words(rendered.html)


def test_a_reader_sees_who_sends_which_issue_and_when(rendered: Rendered) -> None:
    for body in (words(rendered.html), " ".join(rendered.text.split())):
        assert "16–22 November 2026" in body
        assert "Issue 2026-W47" in body
        assert "12 Harbour Street" in body
        assert "not medical advice" in body
        assert "because you asked for it" in body


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_reader_can_leave_choose_and_read_on_the_web(rendered: Rendered, part: str) -> None:
    body: str = getattr(rendered, part)

    assert body.count(LEAVE_URL) == 1
    assert body.count(PREFERENCES_URL) == 1
    assert "https://letter.example.org/issues/2026-W47" in body


def test_a_reader_sees_what_each_pick_rests_on(rendered: Rendered) -> None:
    body = words(rendered.html)

    assert "Trial 17 November · 6 min read" in body.replace("\xa0", " ").replace("  ", " ")
    assert "not yet peer-reviewed" in body
    assert "not tested in people" in body
    assert "Preprint · Open Preprints" in rendered.text


def test_every_kind_of_evidence_has_a_mark(templates: Templates) -> None:
    for kind in Evidence:
        html = render.issue(issue_of(replace(LEAD, evidence=kind)), MASTHEAD, templates).html

        assert ("What the marks mean" in html) is (kind is not Evidence.NONE)


def test_a_reader_learns_who_else_covers_a_story(rendered: Rendered) -> None:
    assert "Also covered by Physio Weekly, The Health Desk" in words(rendered.html)
    assert "Physio Weekly: https://physio.example.com/walking" in rendered.text


def test_the_first_pick_leads_with_the_largest_picture_and_headline(rendered: Rendered) -> None:
    document = page(rendered.html)

    pictures = [(image.get("width"), image.get("height")) for image in document.iter("img")]
    leads = document.xpath("//h3[@class='first']")
    assert pictures == [("544", "306"), ("168", "126")]
    assert [" ".join(lead.text_content().split()) for lead in leads] == [LEAD.headline]


def test_the_editors_lead_opens_the_issue_whatever_its_section(templates: Templates) -> None:
    last = [pick for _, _, pick in ISSUE.picks()][-1]

    rendered = render.issue(replace(ISSUE, lead=last.url), MASTHEAD, templates)

    document = page(rendered.html)
    heads = [" ".join(head.text_content().split()) for head in document.iter("h2")]
    stories = [" ".join(head.text_content().split()) for head in document.iter("h3")]
    assert heads[0] == "Top story"
    assert stories[0] == last.headline
    assert stories.count(last.headline) == 1
    assert len(stories) == sum(1 for _ in ISSUE.picks())
    assert rendered.text.index("TOP STORY") < rendered.text.index("CONDITIONS")


def test_a_lead_that_is_no_pick_changes_nothing(templates: Templates) -> None:
    other = replace(ISSUE, lead="https://elsewhere.example/")

    assert render.issue(other, MASTHEAD, templates) == render.issue(ISSUE, MASTHEAD, templates)


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [
        (1200, 675, ("544", "306")),  # a wide one fills the column
        (300, 200, ("300", "200")),  # a small one is not blown up
        (800, 1600, ("204", "408")),  # a tall one does not fill the screen
        (0, 0, ("544", None)),  # one of unknown size gets the column's width
    ],
)
def test_a_lead_picture_fits_the_column(
    templates: Templates, width: int, height: int, shown: tuple[str, str | None]
) -> None:
    image = Image("https://images.example.org/a.png", "A hand", width, height)
    html = render.issue(issue_of(replace(LEAD, image=image)), MASTHEAD, templates).html

    (found,) = page(html).iter("img")
    assert (found.get("width"), found.get("height")) == shown
    assert found.get("alt") == "A hand"


def test_sections_without_picks_are_not_printed(templates: Templates) -> None:
    rendered = render.issue(issue_of(LEAD), MASTHEAD, templates)

    assert [head.text for head in page(rendered.html).iter("h2")] == ["News", "What the marks mean"]
    assert "CONDITIONS" not in rendered.text


def test_an_issue_with_nothing_in_it_still_renders_for_its_editor(templates: Templates) -> None:
    rendered = render.issue(Issue(Week(2026, 47), "Soon"), MASTHEAD, templates)

    assert rendered.subject == "Soon"
    assert LEAVE_URL in rendered.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//evil.example"])
def test_a_pick_without_a_web_address_is_printed_unlinked(templates: Templates, url: str) -> None:
    pick = Pick("A headline", url, "A source", also=(Also("Another", url),))
    rendered = render.issue(issue_of(pick), MASTHEAD, templates)

    assert "A headline" in rendered.text
    assert not [a for a in page(rendered.html).iter("a") if "headline" in a.text_content()]
    assert "javascript:" not in rendered.html + rendered.text


def test_markup_in_a_headline_is_shown_as_it_is_written(templates: Templates) -> None:
    pick = Pick(
        "Pain <b>& </b><script>alert(1)</script>", "https://a.example/?a=1&b=\"'", "<i>S</i>"
    )
    rendered = render.issue(issue_of(pick), MASTHEAD, templates)

    document = page(rendered.html)
    assert not list(document.iter("script"))
    assert pick.headline in document.text_content()
    assert pick.url in {link.get("href") for link in document.iter("a")}
    assert pick.headline in rendered.text


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(
    "form", ["{}", "%{}%", "&#37;{0}", "{0}{0}"], ids=["plain", "nested", "entity", "twice"]
)
def test_a_feed_cannot_learn_a_readers_own_address(
    templates: Templates, tag: str, form: str
) -> None:
    text = form.format(tag)
    hidden = tag.replace("_", "\\_")
    pick = Pick(
        headline=f"Read {text}",
        url=f"https://thief.example/?{tag}",
        source=text,
        blurb=f"{hidden} [x](https://thief.example/{tag}) {text}",
        also=(Also(text, f"https://thief.example/{tag}"),),
        image=Image(f"https://thief.example/{tag}.png", text, 600, 400),
    )
    hostile = Issue(Week(2026, 47), text, text, text, sections={Section.NEWS: (pick,)})
    rendered = render.issue(hostile, MASTHEAD, templates)

    assert rendered.html.count(tag) == 1
    assert rendered.text.count(tag) == 1
    assert tag not in rendered.subject + rendered.preheader


def test_a_subject_is_one_line(templates: Templates) -> None:
    rendered = render.issue(replace(ISSUE, subject="One\r\nBcc: all"), MASTHEAD, templates)

    assert rendered.subject == "One Bcc: all"


def test_the_same_issue_renders_to_the_same_bytes(rendered: Rendered) -> None:
    again = render.issue(ISSUE, MASTHEAD, Templates())

    assert again.digest == rendered.digest


def test_notes_for_editors_are_never_printed(templates: Templates) -> None:
    pick = replace(LEAD, changed="changed at its source", signals=("sponsored signal",))
    rendered = render.issue(issue_of(pick), MASTHEAD, templates)

    assert "changed at its source" not in rendered.html + rendered.text
    assert "sponsored signal" not in rendered.html + rendered.text


def test_twelve_picks_with_pictures_stay_far_below_what_gmail_clips(templates: Templates) -> None:
    full = replace(ISSUE, sections=dict.fromkeys(Section, (LEAD,) * 4))
    rendered = render.issue(full, MASTHEAD, templates)

    assert len(rendered.html.encode()) < 60_000


def test_gmail_keeps_the_style_sheets(rendered: Rendered) -> None:
    sheets = re.findall(r"<style>(.*?)</style>", rendered.html, re.DOTALL)

    assert sum(map(len, sheets)) < 16_384
    assert not any("@import" in sheet or "@font-face" in sheet for sheet in sheets)


def test_the_web_page_has_the_same_words_and_nothing_of_one_reader(
    templates: Templates, rendered: Rendered
) -> None:
    html = render.web(ISSUE, MASTHEAD, templates)

    assert not any(tag in html for tag in TAGS)
    assert ".invalid" not in html
    assert "Leave this newsletter" not in html
    for _, _, pick in ISSUE.picks():
        assert pick.headline in words(html)
    assert {i.get("src") for i in page(html).iter("img")} == {
        i.get("src") for i in page(rendered.html).iter("img")
    }


def test_a_sample_shows_addresses_in_place_of_tags(rendered: Rendered) -> None:
    sample = render.sample(rendered, MASTHEAD)

    assert not any(tag in sample.html + sample.text for tag in TAGS)
    assert "https://letter.example.org/leave/sample" in sample.html
    assert "https://letter.example.org/preferences/sample" in sample.text


def test_a_test_mail_says_so_first(templates: Templates, rendered: Rendered) -> None:
    test = render.as_test(render.sample(rendered, MASTHEAD), templates)

    assert test.subject == f"[Test] {rendered.subject}"
    assert words(test.html).index("This is a test.") < words(test.html).index(MASTHEAD.title)
    assert test.text.startswith("*** THIS IS A TEST.")


def test_editors_see_the_mail_in_the_dark_and_without_images(rendered: Rendered) -> None:
    dark = render.in_the_dark(rendered.html)
    bare = render.without_images(rendered.html)

    assert "@media all" in dark
    assert "prefers-color-scheme" not in dark
    assert "images.example.org" not in bare
    assert bare.count("<img") == rendered.html.count("<img")


def test_a_link_that_no_reader_sees_is_there_only_while_clicks_are_counted(
    templates: Templates,
) -> None:
    counting = replace(MASTHEAD, canary=True)
    hidden = MASTHEAD.link("for-machines")

    assert hidden not in render.issue(ISSUE, MASTHEAD, templates).html
    assert hidden not in render.web(ISSUE, counting, templates)
    mail = render.issue(ISSUE, counting, templates)
    link = next(one for one in mail.html.split("<a ") if hidden in one)
    assert "display:none" in link.replace(" ", "")
    assert hidden not in mail.text


def test_the_archives_page_says_what_a_shared_link_shows(templates: Templates) -> None:
    page = render.web(ISSUE, MASTHEAD, templates)

    assert f'property="og:title" content="{ISSUE.subject}"' in page
    assert f'property="og:url" content="{MASTHEAD.link("issues/2026-W47")}"' in page
    assert 'property="og:image"' in page
    assert "og:title" not in render.issue(ISSUE, MASTHEAD, templates).html
