"""Whether an editor is told when readers could not read the mail, by day, by night, anywhere."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest
from lxml import html as lxml_html

from newsletter import render
from newsletter.compose.preflight import Context, Spam, run, support
from newsletter.compose.preflight.looks import Looks, colour
from newsletter.compose.preflight.size import meter
from newsletter.model import Image, Issue, Level, Rendered, Section
from tests.compose.examples import issue, pick
from tests.compose.mail import CONTEXT, HTML, MASTHEAD, RENDERED, findings, spoiled
from tests.render.samples import ISSUE
from tests.render.samples import MASTHEAD as LETTER

DARK = "<style>@media (prefers-color-scheme:dark){.n{%s}}</style></head>"


def with_style(style: str, dark: str = "") -> Rendered:
    """The good mail with a style on one paragraph, and a rule for it by night."""
    page = HTML.replace("<p>Pain Weekly<br>", f'<p class="n" style="{style}">Pain Weekly<br>')
    return replace(RENDERED, html=page.replace("</head>", DARK % dark if dark else "</head>"))


@pytest.mark.parametrize(
    ("style", "dark", "words"),
    [
        ("color:#767676", "", ""),
        ("color:#777777", "", "faint by day: #777777 on #ffffff has a contrast of 4.48, and 4.5"),
        ("color:#8c8c8c;font-size:24px", "", ""),
        ("color:#8c8c8c;font-size:19px;font-weight:bold", "", ""),
        ("color:#8c8c8c;font-size:19px", "", "faint by day"),
        ("color:#fff", "", "faint by day"),
        ("color:#fff;background-color:#000", "", ""),
        ("color:rgb(250, 250, 250)", "", "faint by day: #fafafa"),
        ("color:#fff;display:none", "", ""),
        ("color:#333", "background-color:#111!important", "faint by night: #333333 on #111111"),
        ("color:#333", "background-color:#111!important;color:#eee!important", ""),
        ("color:#333", "background-color:#111!important;color:#eee", "faint by night"),
        ("font-size:13px", "", "set in 13 px"),
        ("font-size:14px", "", ""),
    ],
)
def test_faint_and_tiny_words_are_told(style: str, dark: str, words: str) -> None:
    found = findings("legibility", rendered=with_style(style, dark))

    assert len(found) == bool(words)
    assert words in "".join(one.text for one in found)


def test_one_colour_is_told_once_however_many_words_have_it() -> None:
    faint = with_style("color:#999")

    pieces = replace(faint, html=faint.html.replace("<br>", "</i><br><i>"))

    assert len(findings("legibility", rendered=pieces)) == 1


def test_hovering_is_no_look_of_the_mail() -> None:
    page = HTML.replace("</head>", "<style>@media (prefers-color-scheme:dark)"
                        "{a:hover{color:#fff!important}}</style></head>")  # fmt: skip

    assert findings("legibility", rendered=replace(RENDERED, html=page)) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("#abc", (170, 187, 204)),
        ("#0f5257", (15, 82, 87)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgba(1,2,3,0.2)", None),
        ("white !important", (255, 255, 255)),
        ("inherit", None),
        ("", None),
    ],
)
def test_colours_are_read_as_browsers_do(text: str, read: tuple[int, int, int] | None) -> None:
    assert colour(text) == read


def packaged() -> Rendered:
    return render.issue(ISSUE, LETTER, render.Templates())


def test_the_packaged_mail_is_legible_and_hangs_on_little() -> None:
    mail = packaged()

    found = run(ISSUE, mail, LETTER, CONTEXT)

    assert not [one for one in found if one.check == "legibility"]
    assert [one.level for one in found if one.check == "clients"] == [Level.NOTE]


def test_the_words_of_a_mail_are_all_looked_at() -> None:
    page = lxml_html.document_fromstring(packaged().html.encode())

    seen = "".join(words for words, _ in Looks(page).words(dark=True))

    whole = page.find("body").text_content()
    assert "".join(seen.split()) == "".join(whole.split())


@pytest.mark.parametrize(
    ("html", "clients"),
    [
        ('style="display:flex"', {"Outlook on Windows"}),
        ('style="position:absolute"', {"Gmail", "Outlook on Windows"}),
        ('style="color:red"', set()),
        ('style="margin:var(--gap)"', {"Gmail", "Outlook on Windows", "Yahoo Mail"}),
        ('hidden=""', {"Gmail", "Outlook on Windows", "Yahoo Mail"}),
    ],
)
def test_what_a_program_ignores_is_known(html: str, clients: set[str]) -> None:
    page = lxml_html.document_fromstring(f"<html><body><p {html}>Words</p></body></html>")

    gaps = support.gaps(page)

    assert {client for client, found in gaps.items() if any(one.critical for one in found)} == (
        clients
    )


def test_a_template_that_leans_on_too_much_is_warned_of() -> None:
    leaning = "display:grid;float:left;position:absolute;max-width:60vw;visibility:hidden"

    found = findings("clients", rendered=with_style(leaning))

    warned = [one.text for one in found if one.level is Level.WARNING]
    both = "Gmail and Outlook on Windows ignore"
    assert f"{both} visibility, on which the layout hangs." in warned
    assert any("ignore display:grid" in text for text in warned)
    assert not any("@media" in text for text in warned)


def test_comments_for_outlook_are_not_held_against_the_mail() -> None:
    outlook = "<!--[if mso]><div style='float:left;display:flex'><![endif]--></body>"

    found = findings("clients", rendered=spoiled("</body>", outlook))

    assert not any("float" in one.text or "flex" in one.text for one in found)


def test_caniemails_data_carry_their_source_and_licence() -> None:
    folder = resources.files("newsletter.compose.preflight")

    assert "MIT" in (folder / "caniemail.LICENSE").read_text("utf-8")
    assert '"source":"https://www.caniemail.com' in (folder / support.FILE).read_text("utf-8")
    assert {letter for one in support.table().values() for letter in one["support"].values()} == {
        *"yan"
    }


def test_of_caniemails_results_the_newest_of_the_worst_platform_counts() -> None:
    stats = {
        "gmail": {
            "desktop-webmail": {"2019-01": "n", "2024-02": "y"},
            "ios": {"2019-01": "y", "2024-02": "a #1"},
            "mobile-webmail": {"2020-01": "n"},
        },
        "outlook": {"windows": {"2016": "n #2", "2019": "u"}},
        "yahoo": {"ios": {"2020-01": "u"}},
    }
    one = {"slug": "css-gap", "title": "gap", "category": "css", "stats": stats}
    other = {"slug": "bimi", "title": "BIMI", "category": "others", "stats": {}}

    cut = support.excerpt({"data": [other, one], "last_update_date": "2025-09-09 18:08:06 +0000"})

    assert cut["updated"] == "2025-09-09"
    assert cut["features"] == {
        "css-gap": {"title": "gap", "support": {"Gmail": "a", "Outlook on Windows": "n"}}
    }


@pytest.mark.parametrize(
    ("spam", "level"),
    [
        (None, None),
        ("SpamAssassin is not installed.", Level.NOTE),
        (Spam(0.0, 5.0, ("HTML_MESSAGE",)), None),
        (Spam(-0.1, 5.0), None),
        (Spam(0.7, 5.0, ("HTML_FONT_LOW_CONTRAST",)), Level.NOTE),
        (Spam(2.2, 5.0, ("MPART_ALT_DIFF",)), Level.WARNING),
    ],
)
def test_a_spam_filters_word_is_passed_on(spam: Spam | str | None, level: Level | None) -> None:
    found = findings("spam", context=replace(CONTEXT, spam=spam))

    assert [one.level for one in found] == ([level] if level else [])


PICTURE = Image("https://a.example/i.jpg", "A knee being bent", 600, 400)


def illustrated() -> Issue:
    good = issue()
    return replace(good, sections={**good.sections, Section.NEWS: (pick(3, image=PICTURE),)})


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({"link_status": {PICTURE.url: 200}, "weights": {PICTURE.url: 999_999}}, ""),
        ({"link_status": {PICTURE.url: 404}}, "could not be loaded: status 404"),
        ({"link_status": {PICTURE.url: "no answer in time"}}, "loaded: no answer in time."),
        ({"weights": {PICTURE.url: 2_400_000}}, "2.4 MB large"),
    ],
)
def test_a_picture_that_does_not_load_or_weighs_much_is_told(
    context: dict[str, object], words: str
) -> None:
    told = findings("images", illustrated(), context=replace(CONTEXT, **context))  # type: ignore[arg-type]

    assert [one.level for one in told] == ([Level.WARNING] if words else [])
    assert words in "".join(one.text for one in told)


def test_the_meter_leaves_room_for_counted_clicks() -> None:
    links = '<a href="https://a.example/x">x</a>' * 150
    mail = spoiled("</body>", links + "</body>")

    measured = meter(mail, MASTHEAD)
    many = spoiled("</body>", links * 2 + "</body>")

    assert measured.html < 10_000
    assert measured.tracked > measured.html + 150 * 400
    told = [one for one in run(issue(), many, MASTHEAD, Context(CONTEXT.today))
            if one.check == "size"]  # fmt: skip
    assert [one.level for one in told] == [Level.NOTE]
    assert "if clicks are counted" in told[0].text
