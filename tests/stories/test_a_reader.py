"""A reader joins, confirms, reads, leaves, and may come back; scanners change nothing."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx2
import pytest

from newsletter import serving
from newsletter.demo.server import FeedServer
from newsletter.subscribers.tokens import Purpose
from tests.stories.conftest import WEEK, Person
from tests.web.test_story import opened_page

READER = "Ada.Reader+pain@example.org"
_LINKS = re.compile(r"https?://127\.0\.0\.1:\d+/\S*[A-Za-z0-9_-]")


class Reader:
    """Somebody with a browser and a mailbox."""

    def __init__(self, person: Person, browser: httpx2.Client) -> None:
        self.person, self.browser = person, browser

    def letters(self, subject: str, wanted: int) -> list[str]:
        """Wait until so many letters with these words in the subject came; give their texts."""
        until = time.monotonic() + 20
        while True:
            found = [
                str(body.get_content())
                for letter in self.person.letters()
                if subject in str(letter["Subject"])
                and READER.lower() in str(letter["To"]).lower()
                and (body := letter.get_body(("plain",)))
            ]
            if len(found) >= wanted or time.monotonic() > until:
                assert len(found) == wanted, (subject, found)
                return found
            time.sleep(0.1)

    def link(self, letter: str, kind: str) -> str:
        (found,) = {one for one in _LINKS.findall(letter) if f"/{kind}/" in one}
        return found

    def state(self) -> str:
        return str(self.person.run("subscribers", "show", READER, "--json").json["state"])


@contextmanager
def _pages(person: Person, day: str) -> Iterator[Reader]:
    """The newsletter's pages on that day, with the mail that they send."""
    bound = serving.listen("127.0.0.1", 0)
    base_url = serving.address(bound)
    person.settings |= {"NEWSLETTER_BASE_URL": base_url, "NEWSLETTER_NOW": f"{day}T18:00:00+00:00"}
    with (
        person.house() as house,
        serving.background(house, bound),
        httpx2.Client(base_url=base_url, timeout=20) as browser,
    ):
        yield Reader(person, browser)


def test_a_reader_joins_reads_leaves_and_comes_back(person: Person, publisher: FeedServer) -> None:
    with _pages(person, "2026-11-22") as reader:
        # Joining is nothing yet: only the button on the mailed page counts.
        assert reader.browser.post("/subscribe", data={"email": READER}).status_code == 200
        (letter,) = reader.letters("confirm", 1)
        confirm = reader.link(letter, "confirm")
        assert reader.browser.get(confirm).status_code == 200
        assert reader.state() == "pending"
        assert reader.browser.post(confirm).status_code == 200
        assert reader.state() == "active"
        assert "subscribed" in reader.browser.post(confirm).text
        reader.letters("Welcome", 1)

        # The issue comes, and its one click leaves: no cookie, no redirect.
        _send_an_issue(person, publisher)
        (issue,) = [one for one in person.letters() if one["List-Unsubscribe"] and one["List-ID"]]
        one_click = str(issue["List-Unsubscribe"]).partition(">")[0].lstrip("<")
        left = httpx2.post(one_click, data={"List-Unsubscribe": "One-Click"})
        assert left.status_code == 200
        assert reader.state() == "left"
        assert person.run("send", "--yes").code == 0
        assert len([one for one in person.letters() if one["List-ID"]]) == 1

    # Coming back takes a new confirmation. Its mail arrives although the provider was told
    # to drop what goes to somebody who left.
    with _pages(person, "2026-11-24") as reader:
        assert reader.browser.post("/subscribe", data={"email": READER}).status_code == 200
        again = reader.letters("confirm", 2)[-1]
        assert reader.browser.post(reader.link(again, "confirm")).status_code == 200
        assert reader.state() == "active"
        reader.letters("Welcome", 2)


def test_a_reader_is_mailed_a_link_to_their_data_and_can_be_erased(person: Person) -> None:
    with _pages(person, "2026-11-22") as reader:
        reader.browser.post("/subscribe", data={"email": READER})
        (asked,) = reader.letters("confirm", 1)
        reader.browser.post(reader.link(asked, "confirm"))
        (welcome,) = reader.letters("Welcome", 1)
        preferences = reader.link(welcome, "preferences")

        # The link of an issue may have been passed on: it shows no data and erases nobody,
        # but it has a link mailed to the reader that can.
        assert reader.browser.get(f"{preferences}/data.json").status_code != 200
        asked_for = reader.browser.post(preferences, data={"act": "erase", "sure": "yes"})
        assert asked_for.status_code == 200
        assert reader.state() == "active"

        (mailed,) = reader.letters("Your data", 1)
        mine = reader.link(mailed, "preferences")
        assert reader.browser.get(f"{mine}/data.json").json()["email"] == READER
        assert reader.browser.post(mine, data={"act": "erase", "sure": "yes"}).status_code == 200
        assert person.run("subscribers", "show", READER).code == 1


@pytest.mark.browser
def test_a_scanner_that_follows_every_link_of_every_mail_and_runs_scripts_changes_nothing(
    person: Person, publisher: FeedServer, chromium: str
) -> None:
    with _pages(person, "2026-11-22") as reader:
        # One of each mail: confirmations, welcome, issue, the link to one's data, a new address.
        reader.browser.post("/subscribe", data={"email": READER})
        (asked,) = reader.letters("confirm", 1)
        reader.browser.post(reader.link(asked, "confirm"))
        (welcome,) = reader.letters("Welcome", 1)
        _send_an_issue(person, publisher)
        reader.browser.post(reader.link(welcome, "preferences"), data={"act": "owner"})
        (mailed,) = reader.letters("Your data", 1)
        move = {"act": "move", "email": "other@example.org"}
        reader.browser.post(reader.link(mailed, "preferences"), data=move)
        reader.browser.post("/subscribe", data={"email": "pending@example.org"})
        _until(lambda: len(person.letters()) == 6)
        links = {link for letter in person.letters() for link in _all_links(letter)}
        before = _everything(person)

        with opened_page(chromium, scripts=True) as page:
            for link in sorted(links):
                reader.browser.head(link, follow_redirects=True)
                page.goto(link, wait_until="load")

        kinds = {urlsplit(link).path.split("/")[1] for link in links}
        assert {"confirm", "leave", "preferences", "address", "issues"} <= kinds
        assert _everything(person) == before


def _everything(person: Person) -> list[object]:
    """All that is known about people, and the mails to them."""
    people = person.run("subscribers", "export").out
    known = [line.split(",")[0] for line in people.splitlines()[1:]]
    return [
        people,
        *(person.run("subscribers", "show", one, "--json").json for one in known),
        person.run("suppressions", "list", "--json").json,
        len(person.letters()),
    ]


def _all_links(letter: EmailMessage) -> set[str]:
    """Every address in a letter's parts, and the one that its headers offer to machines."""
    found = {str(letter["List-Unsubscribe"] or "").partition(">")[0].lstrip("<")} - {""}
    for part in letter.walk():
        if part.get_content_maintype() == "text":
            text = html.unescape(str(part.get_content()))
            found |= set(re.findall(r"https?://127\.0\.0\.1:\d+/[^\s\"<>]*", text))
    return found


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    assert true()


def test_no_log_names_a_reader(person: Person) -> None:
    person.settings |= {"NEWSLETTER_LOG_LEVEL": "debug", "NEWSLETTER_LOG": "json"}
    server = person.start("serve", "--port", "0")
    assert server.stdout
    said = [next(server.stdout)]
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", said[-1])):
        said.append(next(server.stdout))
    try:
        with httpx2.Client(base_url=found[0], timeout=20) as browser:
            browser.post("/subscribe", json={"email": READER, "name": "Ada Reader"})
            browser.post("/subscribe", data={"email": f"{READER} x"})
            browser.get(f"/nothing/{READER}?email={READER}")
            browser.get("/api/v1/subscribers", params={"email": READER})
            browser.post("/subscribe", content=b'{"email": "' + READER.encode())
            with person.house() as house:
                tokens = [house.tokens.sign(one, 1, house.clock()) for one in Purpose]
            for token in tokens:
                for place in ("confirm", "leave", "preferences", "address"):
                    browser.get(f"/{place}/{token}")
                    browser.post(f"/{place}/{token}", data={"section": "news", "pause": "2"})
            _until(lambda: bool(person.letters()))
    finally:
        server.terminate()
        said += server.stdout.readlines()
        server.stdout.close()
        server.wait()

    log = "".join(said).lower()
    assert "a request was answered" in log
    assert not [word for word in ("ada.reader", "example.org", "Ada Reader") if word.lower() in log]
    assert not [token for token in tokens if token.lower() in log]


def _send_an_issue(person: Person, publisher: FeedServer) -> None:
    for name in ("society.atom", "pain-journal.xml"):
        person.run("sources", "add", f"{publisher.url}/{name}")
    person.run("gather")
    person.run("draft")
    assert person.run("approve", WEEK, "--by", "editor@example.org").code == 0
    assert person.run("send", "--yes").code == 0
