"""What anybody may read, and what machines ask."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import feedparser
import pytest
from starlette.testclient import TestClient

from newsletter.model import Week
from newsletter.store import Database
from newsletter.store.corrections import Correction
from newsletter.web.app import Services, build


def test_the_archive_lists_the_sent_issues(client: TestClient) -> None:
    page = client.get("/issues")

    assert 'href="/issues/2026-W46"' in page.text
    assert "11 November 2026" in page.text


def test_an_issue_is_shown_as_it_was_mailed_and_may_run_nothing(client: TestClient) -> None:
    page = client.get("/issues/2026-W46")

    assert "Issue 46" in page.text
    policy = page.headers["content-security-policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("week", ["2026-W45", "2026-W99", "nonsense", "..%2f..%2fetc"])
def test_an_issue_that_was_not_sent_is_not_there(client: TestClient, week: str) -> None:
    assert client.get(f"/issues/{week}").status_code == 404


def test_the_feed_is_read_by_a_feed_reader(client: TestClient) -> None:
    answer = client.get("/feed.xml")

    feed = feedparser.parse(answer.content)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert not feed.bozo
    assert feed.feed.title == "The Pain Letter"
    assert [(entry.title, entry.link) for entry in feed.entries] == [
        ("Nerve blocks, weighed <again>", "https://letter.example/issues/2026-W46"),
        ("Sleep and sore backs", "https://letter.example/issues/2026-W45"),
    ]


def test_the_feed_of_a_young_newsletter_is_empty_and_valid(shop: Services) -> None:
    with TestClient(build(replace(shop, sent=tuple))) as client:
        root = ET.fromstring(client.get("/feed.xml").content)
        archive = client.get("/issues")

    names = [child.tag.rpartition("}")[2] for child in root]
    assert {"id", "title", "updated"} <= set(names)
    assert "entry" not in names
    assert "No issue was sent yet" in archive.text


def test_the_process_says_that_it_lives_and_whether_it_can_work(
    client: TestClient, shop: Services
) -> None:
    class Lost(Database):
        def revision(self) -> str | None:
            return "an older one"

    broken = replace(shop, db=Lost("sqlite://"))

    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    with TestClient(build(broken)) as other:
        assert other.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    "name", ["../layout.html", "site.css.bak", "nothing.css", ".css", "SITE.CSS", "%2e%2e%2fa.css"]
)
def test_only_plain_files_of_the_static_folder_are_served(client: TestClient, name: str) -> None:
    assert client.get("/static/site.css").headers["content-type"].startswith("text/css")
    assert client.get(f"/static/{name}").status_code == 404


def test_a_corrected_issue_shows_it_above_and_both_lead_to_each_other(shop: Services) -> None:
    said = Correction(Week(2026, 46, 1), "ada@example.org", shop.clock(), "It had **214** people.")
    with TestClient(build(replace(shop, corrections=lambda _: [said]))) as client:
        issue = client.get("/issues/2026-W46").text
        own = client.get("/issues/2026-W46-c1").text
        other = client.get("/issues/2026-W46-c2")

    assert "It had <strong>214</strong> people." in issue
    assert issue.index("Corrected on") < issue.index("Issue 46")
    assert 'href="/issues/2026-W46-c1"' in issue
    assert 'href="/issues/2026-W46#correction-1"' in own
    assert other.status_code == 404
    assert "ada@example.org" not in issue + own


def test_the_sitemap_names_what_anybody_may_read(client: TestClient) -> None:
    root = ET.fromstring(client.get("/sitemap.xml").content)
    places = [one.text for one in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]

    assert places == [
        "https://letter.example/",
        "https://letter.example/issues",
        "https://letter.example/issues/2026-W46",
        "https://letter.example/issues/2026-W45",
    ]
    robots = client.get("/robots.txt").text
    assert "Sitemap: https://letter.example/sitemap.xml" in robots
    assert "Disallow: /leave/" in robots


def test_a_page_that_is_shared_shows_a_card(client: TestClient) -> None:
    page = client.get("/issues").text

    assert '<meta property="og:image" content="https://letter.example/static/card.png">' in page
    assert client.get("/static/card.png").headers["content-type"] == "image/png"
