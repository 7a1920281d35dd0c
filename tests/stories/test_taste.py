"""An editor's hand in one week shows in the next, and can be taken back."""

from __future__ import annotations

import re

from newsletter.demo.server import FeedServer
from tests.stories.conftest import WEEK, Person

NEXT = "2026-W48"


def _drafted(person: Person, publisher: FeedServer) -> None:
    for name in ("pain-journal.xml", "health-desk.atom", "press.xml", "clinic.xml"):
        assert person.run("sources", "add", f"{publisher.url}/{name}").code == 0
    person.run("gather")
    assert person.run("draft").code == 0


# Number, title and text of a small blog's posts; the last two come a week later.
_BLOG = (
    (
        "Sciatica and long car rides",
        "Back pain that runs down the leg gets worse on long drives, as every driver with a "
        "squeezed nerve knows. Stop each hour, walk around the car twice, and move the seat up.",
    ),
    (
        "Knee osteoarthritis on stairs",
        "Painful knees dislike stairs, and going down is harder than going up for most. Strong "
        "thighs ease the pain within weeks, and a rail on the left side helps until then.",
    ),
    ("Migraine and missed meals", "A migraine attack often follows a skipped breakfast."),
    ("Neck pain at the desk", "Neck pain from a low screen eases when the screen is raised."),
    ("Shoulder pain after swimming", "Shoulder pain in swimmers comes from tired muscles."),
    ("Fibromyalgia and winter", "People with fibromyalgia report more pain in the cold months."),
)


def _blog(person: Person, posts: int) -> str:
    path = person.home / "blog.xml"
    items = "".join(
        f"<item><title>{title}</title><link>https://blog.example.org/{at}</link>"
        f"<guid>{at}</guid><description>{text}</description></item>"
        for at, (title, text) in enumerate(_BLOG[:posts])
    )
    path.write_text(
        f'<rss version="2.0"><channel><title>Small blog</title>{items}</channel></rss>', "utf-8"
    )
    return path.as_uri()


def test_what_an_editor_drops_sinks_a_little_says_so_and_can_be_forgotten(
    person: Person,
) -> None:
    person.run("sources", "add", _blog(person, 4))
    person.run("gather")
    assert person.run("draft").code == 0
    words = person.words().read_text("utf-8")
    dropped = next(
        block
        for block in re.split(r"(?m)^(?=\[\[)", words)
        if block.startswith("[[") and "Sciatica" in block
    )
    person.words().write_text(words.replace(dropped, ""), "utf-8")
    approved = person.run("approve", "--by", "editor@example.org")
    assert approved.code == 0, approved.err

    # A week later: the blog has two more posts, and shows the old ones still.
    person.settings["NEWSLETTER_NOW"] = "2026-11-25T12:00:00+00:00"
    _blog(person, 6)
    person.run("gather", "--force")
    shown = person.run("taste", "show", "--json").json
    assert [one["dropped"] for one in shown if one["title"] == "Small blog"] == [0.974]
    after = person.run("posts", "--json").json
    assert {one["title"] for one in after} >= {title for title, _ in _BLOG[4:]}
    assert all(-0.2 <= one["taste"] < 0 and one["relevant"] for one in after)
    assert all("editors tend to drop" in " ".join(one["reasons"]) for one in after)

    assert person.run("taste", "forget", "Small blog").code == 0
    assert person.run("taste", "forget", "Small blog").code == 1
    assert person.run("taste", "forget", "--all").code == 0
    assert person.run("taste", "show", "--json").json == []
    again = person.run("posts", "--json").json
    assert {one["taste"] for one in again} == {0}


def test_what_was_printed_is_told_and_not_drafted_again(person: Person) -> None:
    person.run("sources", "add", _blog(person, 4))
    person.run("gather")
    person.run("draft")
    assert person.run("approve", "--by", "editor@example.org").code == 0

    # Another site takes a printed story over a few days later, and one with news of another.
    person.settings["NEWSLETTER_NOW"] = "2026-11-25T12:00:00+00:00"
    person.settings["NEWSLETTER_SMALLEST_ISSUE"] = "1"
    title, text = _BLOG[0]
    path = person.home / "copy.xml"
    path.write_text(
        '<rss version="2.0"><channel><title>Copyist</title>'
        f"<item><title>{title}, update</title><link>https://copy.example.net/0</link>"
        f"<description>{text}</description></item>"
        f"<item><title>{_BLOG[1][0]}</title><link>https://copy.example.net/1</link>"
        f"<description>{_BLOG[1][1]}</description></item></channel></rss>",
        "utf-8",
    )
    person.run("sources", "add", path.as_uri())
    person.run("gather")
    told = {one["url"]: one for one in person.run("posts", "--json").json}
    drafted = person.run("draft")

    words = (person.home / "issues" / NEXT / "issue.toml").read_text("utf-8")
    assert drafted.code == 0
    assert told["https://copy.example.net/1"]["told"] == WEEK
    assert told["https://copy.example.net/0"]["update"] is True
    assert re.findall(r'(?m)^url = "(.*)"', words) == ["https://copy.example.net/0"]
    assert f"update of {WEEK}" in words


def test_a_retracted_paper_is_signalled_and_stops_an_approval(
    person: Person, publisher: FeedServer
) -> None:
    _drafted(person, publisher)
    rows = person.run("posts", "--json").json
    words = person.words().read_text("utf-8")
    paper = next(
        one for one in rows if one["doi"] and one["url"] in words.partition("[[spare]]")[0]
    )
    data = person.home / "retraction_watch.csv"
    data.write_text(
        "OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,RetractionDate\n"
        f"{paper['doi']},0,Retraction,11/20/2026 0:00\n",
        "utf-8",
    )

    loaded = person.run("retractions", "load", str(data))

    assert loaded.code == 0
    assert "1 name" in loaded.err
    told = person.run("why", paper["url"])
    assert "retracted" in told.out
    found = person.run("check", "--offline", "--json")
    assert found.code == 1
    assert any("was retracted" in one["text"] for one in found.json if one["level"] == "error")
    assert person.run("approve", "--by", "editor@example.org").code == 1
    assert person.run("retractions", "load", str(person.home / "none.csv")).code == 1
