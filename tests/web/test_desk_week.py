"""Editors at the desk in a real browser: a whole week, two at once, strangers and thieves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter import render, serving
from newsletter.compose import file
from newsletter.errors import Refused
from newsletter.model import Also, Email, Entry, Image, Section
from newsletter.pipeline import approving, editing
from newsletter.sending import handover
from newsletter.store import mails
from newsletter.web.desk import enter_url
from newsletter.wiring import House
from tests.web.newsroom import (
    ADA,
    BEN,
    ISSUE,
    KNEE,
    LABEL,
    NERVE,
    WEEK,
    gathered,
    issue_of,
    opened,
    reader,
    words,
)
from tests.web.test_accessible import AXE, CHANGING, FOUND, WIDE
from tests.web.test_story import ARGS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk week")]

DESK = f"/desk/{WEEK}"
EVIL = """<script>window.ran=1</script>'"><img src=x onerror=window.ran=1><svg onload=ran=1>"""
CARLA = "carla@example.org"
PAGES = [
    *("/desk/", DESK, f"{DESK}/candidates?show=all", f"{DESK}/preview", f"{DESK}/history"),
    *(f"{DESK}/preview?part=text", f"{DESK}/preview?part=headers", f"{DESK}/approval"),
    *("/desk/sources", "/desk/readers", "/desk/readers/1", "/desk/growth"),
    *("/desk/suppressions", "/desk/sends", f"{DESK}/history/0"),
]


@dataclass
class Newsroom:
    house: House
    base: str
    browser: Browser

    def enter(self, who: str, scheme: Literal["light", "dark"] = "light") -> Page:
        """A browser of their own, in which somebody came in by their link."""
        context = self.browser.new_context(base_url=self.base, color_scheme=scheme)
        context.set_default_timeout(8000)
        page = context.new_page()
        page.goto(enter_url(self.house.db, who, self.house.clock(), self.house.settings.masthead))
        page.get_by_role("button", name="Sign in").click()
        return page

    def anew(self) -> None:
        """Put the week's words back to how they were."""
        text = self.house.papers.words(WEEK)
        fresh = file.write(ISSUE)
        if text != fresh:
            self.house.papers.write_words(WEEK, fresh, instead_of=text)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Newsroom]:
    with serving.listen("127.0.0.1", 0) as place:
        base = serving.address(place)
        now = datetime.fromisoformat("2026-11-18T12:00:00+00:00")
        people = {"editors": (ADA, BEN, CARLA), "approvers": (CARLA,)}
        home = tmp_path_factory.mktemp("desk")
        with opened(home, now, base_url=base, **people) as house, sync_playwright() as playwright:
            gathered(house, *candidates(now), source="Joint Journal")
            reader(house, now)
            with serving.background(house, place):
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
                yield Newsroom(house, base, browser)
                browser.close()


def candidates(now: datetime) -> list[Entry]:
    link = "https://journal.example.org/stimulation"
    text = "In a randomised trial patients with chronic back pain got spinal cord stimulation."
    good = Entry(link, link, "Spinal cord stimulation for back pain", text, published=now)
    bad_link = "https://evil.example.org/x"
    bad = Entry(
        bad_link,
        bad_link,
        f"Chronic back pain trial {EVIL}",
        f"Patients with chronic pain took part in a trial. {EVIL}",
        author=EVIL,
        published=now,
        image_alt=EVIL,
    )
    return [good, bad]


@pytest.fixture
def ada(room: Newsroom) -> Iterator[Page]:
    room.anew()
    page = room.enter(ADA)
    yield page
    page.context.close()


def saved(page: Page, words: str = "Saved.") -> None:
    page.locator("#saving", has_text=words).wait_for()


def test_an_editor_makes_the_whole_week_and_an_approver_approves_it(
    room: Newsroom, ada: Page
) -> None:
    house = room.house
    ada.goto(DESK)
    ada.get_by_label("Subject", exact=True).fill("Knees get stronger with training")
    saved(ada)
    ada.locator("#candidates").get_by_role("button", name="Take in “Spinal cord").click()
    saved(ada, "Taken in.")
    ada.locator("#news-1").get_by_role("button", name="Drop").click()
    saved(ada, "Dropped.")
    story = ada.locator("#treatments-1")
    story.locator("summary", has_text="Edit").first.click()
    story.get_by_label("Headline").fill("Training eases knee pain a little")
    saved(ada)
    ada.frame_locator("#glance").get_by_text("Training eases knee pain a little").first.wait_for()
    ada.goto(f"{DESK}/preview?theme=dark&width=375")
    ada.get_by_role("button", name="Mail me a test").click()
    ada.get_by_text("A test is on its way").wait_for()
    ada.goto(f"{DESK}/approval")
    waits = ada.get_by_text(f"You edit; {CARLA} may approve.").count()

    carla = room.enter(CARLA)
    carla.goto(f"{DESK}/approval")
    told = carla.locator("main").inner_text()
    carla.get_by_role("button", name="Approve this issue").click()
    carla.get_by_text("Approved. It can be sent").wait_for()
    carla.context.close()

    issue = issue_of(house)
    assert issue.subject == "Knees get stronger with training"
    first = issue.sections[Section.TREATMENTS][0]
    assert first.headline == "Training eases knee pain a little"
    assert Section.NEWS not in issue.sections or LABEL not in issue.sections[Section.NEWS]
    assert waits == 1
    assert f"Last changed by {ADA}" in told
    assert approving.approved(house.shop, WEEK).by == CARLA
    assert any("is approved" in text for text in outbox(house))
    with house.db.read() as connection:
        assert mails.count(connection)["failed"] == 0


def outbox(house: House) -> list[str]:
    house.settle()
    return [path.read_text("utf-8", "replace") for path in house.settings.outbox.rglob("*.eml")]


def test_stories_move_by_keys_and_by_dragging(room: Newsroom, ada: Page) -> None:
    second = replace(KNEE, headline="A second one", url="https://journal.example.org/2")
    text = room.house.papers.words(WEEK)
    two = replace(ISSUE, sections={**ISSUE.sections, Section.TREATMENTS: (KNEE, second)})
    room.house.papers.write_words(WEEK, file.write(two), instead_of=text)
    ada.goto(DESK)

    ada.locator("#treatments-2 .grip").focus()
    ada.keyboard.press("Alt+ArrowUp")
    saved(ada, "Moved.")
    by_keys = [pick.headline for pick in issue_of(room.house).sections[Section.TREATMENTS]]
    focused = ada.evaluate("document.activeElement.closest('article').dataset.url")
    ada.set_viewport_size({"width": 1280, "height": 4200})
    ada.locator("#news-1 .grip").hover()
    ada.mouse.down()
    box = ada.locator("#conditions-1").bounding_box()
    assert box
    ada.mouse.move(box["x"] + 60, box["y"] + 40, steps=4)
    ada.mouse.move(box["x"] + 60, box["y"] + 6, steps=4)
    ada.mouse.up()
    ada.locator("#conditions-2").wait_for()

    dragged = [pick.headline for pick in issue_of(room.house).sections[Section.CONDITIONS]]
    assert by_keys == ["A second one", KNEE.headline]
    assert focused == second.url
    assert dragged == [LABEL.headline, NERVE.headline]


def test_two_editors_at_once_keep_each_others_words_and_see_both_where_they_meet(
    room: Newsroom, ada: Page
) -> None:
    ben = room.enter(BEN)
    ada.goto(DESK)
    ben.goto(DESK)

    ada.get_by_label("Subject", exact=True).fill("Ada's subject")
    saved(ada)
    ben.get_by_label("Preheader").fill("Ben's preheader")
    saved(ben)
    neighbours = issue_of(room.house)
    carla = room.enter(CARLA)
    carla.goto(DESK)
    ada.get_by_label("Introduction").fill("As Ada would say it.")
    saved(ada)
    carla.get_by_label("Introduction").fill("As Carla would say it.")
    carla.get_by_role("heading", name="Somebody was faster").wait_for()
    both = carla.locator("main").inner_text()

    assert (neighbours.subject, neighbours.preheader) == ("Ada's subject", "Ben's preheader")
    assert "As Ada would say it." in both
    assert "As Carla would say it." in both
    assert issue_of(room.house).intro == "As Ada would say it."
    for page in (ben, carla):
        page.context.close()


def test_a_text_editor_is_not_written_over_and_stands_in_the_history(
    room: Newsroom, ada: Page
) -> None:
    ada.goto(DESK)
    text = words(room.house)
    outside = text.replace(ISSUE.subject, "Written in a text editor")
    room.house.papers.words_path(WEEK).write_text(outside)

    ada.get_by_label("Subject", exact=True).fill("Written at the desk")
    ada.get_by_role("heading", name="Somebody was faster").wait_for()
    both = ada.locator("main").inner_text()
    ada.goto(f"{DESK}/history")

    assert "Written in a text editor" in both
    assert "Written at the desk" in both
    assert "a text editor" in ada.locator(".history li").first.inner_text()


def test_what_was_changed_can_be_looked_at_and_undone(room: Newsroom, ada: Page) -> None:
    ada.goto(DESK)
    ada.get_by_label("Subject", exact=True).fill("A subject to regret")
    saved(ada)

    ada.goto(f"{DESK}/history")
    ada.locator(".history a").first.click()
    shown = ada.locator(".lines").inner_text()
    ada.get_by_role("button", name="Go back").click()
    ada.get_by_text("Undone.").wait_for()

    assert "A subject to regret" in shown
    assert issue_of(room.house).subject == ISSUE.subject


def test_a_finding_is_cured_by_a_click(room: Newsroom, ada: Page) -> None:
    tracked = replace(LABEL, url=f"{LABEL.url}?utm_source=feed")
    issue = replace(
        ISSUE,
        subject="x" * 50 + " and more words",
        sections={**ISSUE.sections, Section.NEWS: (tracked,)},
    )
    text = room.house.papers.words(WEEK)
    room.house.papers.write_words(WEEK, file.write(issue), instead_of=text)
    ada.goto(DESK)

    ada.locator("#news-1").get_by_role("button", name="Take tracking off").click()
    saved(ada, "tracks nobody")
    ada.locator("#mail").get_by_role("button", name="Shorten").first.click()
    saved(ada, "Shortened.")

    done = issue_of(room.house)
    assert done.sections[Section.NEWS][0].url == LABEL.url
    assert len(done.subject) <= 60


def test_all_of_it_works_by_keyboard_alone(room: Newsroom, ada: Page) -> None:
    """Nothing but Tab, typing, Enter and arrows: from the front page to a moved, edited story."""
    ada.goto("/desk/")
    tab_to(ada, f"Open {WEEK}")
    ada.keyboard.press("Enter")
    ada.wait_for_url(f"**{DESK}")
    tab_to(ada, "Preheader")
    ada.keyboard.press("Control+a")
    ada.keyboard.type("Typed without a mouse")
    saved(ada)
    tab_to(ada, f"Drop “{NERVE.headline}”")
    ada.keyboard.press("Enter")
    saved(ada, "Dropped.")

    done = issue_of(room.house)
    assert done.preheader == "Typed without a mouse"
    assert Section.CONDITIONS not in done.sections or not done.sections[Section.CONDITIONS]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(120):
        page.keyboard.press("Tab")
        now = page.evaluate(
            """() => { const one = document.activeElement;
            const label = one.labels && one.labels[0];
            return (label || one).innerText.replace(/\\s+/g, ' ').trim() }"""
        )
        if now.startswith(name) or now == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def test_nothing_of_a_hostile_feed_runs_anywhere(room: Newsroom, ada: Page) -> None:
    evil = replace(
        NERVE,
        headline=EVIL,
        source=EVIL,
        blurb=f"{EVIL} [x](javascript:window.ran=1)",
        image=Image("https://evil.example.org/x.png", EVIL, 10, 10),
        signals=(EVIL,),
        changed=EVIL,
        also=(replace(issue_also(), source=EVIL),),
    )
    issue = replace(
        ISSUE,
        subject=EVIL,
        preheader=EVIL,
        intro=EVIL,
        alternatives=(EVIL,),
        sections={**ISSUE.sections, Section.CONDITIONS: (evil,)},
        spare=((Section.NEWS, replace(evil, url="https://evil.example.org/spare")),),
    )
    text = room.house.papers.words(WEEK)
    room.house.papers.write_words(WEEK, file.write(issue), instead_of=text)

    ran = []
    for path in [*PAGES, f"{DESK}/mail.html", f"{DESK}/preview?part=source"]:
        ada.goto(path)
        ran += [path for frame in ada.frames if frame.evaluate("() => window.ran")]
    archive = room.browser.new_page()
    archive.set_content(render.web(issue, room.house.shop.masthead, room.house.templates))
    ran += ["archive" for _ in [0] if archive.evaluate("() => window.ran")]
    archive.set_content(editing.rendered(room.house.shop, issue).html)
    ran += ["mail" for _ in [0] if archive.evaluate("() => window.ran")]
    archive.close()

    assert ran == []


def issue_also() -> Also:
    return Also("x", "https://evil.example.org/also")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_desk(room: Newsroom, scheme: Literal["light", "dark"]) -> None:
    room.anew()
    page = room.enter(ADA, scheme)
    context = page.context
    bypass = room.browser.new_context(base_url=room.base, color_scheme=scheme, bypass_csp=True)
    bypass.add_cookies(context.cookies())  # type: ignore[arg-type]
    page = bypass.new_page()

    found, wide = [], []
    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        page.evaluate(AXE)
        found += [(path, *one) for one in page.evaluate(FOUND, ())]
        page.set_viewport_size({"width": 375, "height": 800})
        found += [(path, "narrow", *one) for one in page.evaluate(FOUND, CHANGING)]
        wide += [path for _ in [0] if page.evaluate(WIDE)]
    for one in (context, bypass):
        one.close()

    assert found == []
    assert wide == []


def test_a_shared_link_shows_the_preview_and_nothing_else(room: Newsroom, ada: Page) -> None:
    ada.goto(f"{DESK}/preview")
    ada.get_by_role("button", name="Make a link").click()
    link = ada.get_by_label("The link").input_value()
    stranger = room.browser.new_context(base_url=room.base).new_page()

    stranger.goto(link)
    seen = stranger.frame_locator("#mail").get_by_text(NERVE.headline).first.is_visible()
    forms = [one.get_attribute("method") for one in stranger.locator("form").all()]
    desk = stranger.goto(DESK)
    ada.goto(f"{DESK}/preview")
    ada.get_by_role("button", name="Close all links").click()
    ada.get_by_text("are closed").wait_for()
    closed = stranger.goto(link)

    assert seen
    assert forms == ["get"]
    assert desk
    assert desk.status == 401
    assert closed
    assert closed.status == 410
    stranger.context.close()


def test_a_link_that_was_used_or_is_too_old_lets_nobody_in(room: Newsroom) -> None:
    house = room.house
    link = enter_url(house.db, ADA, house.clock(), house.settings.masthead)
    context = room.browser.new_context(base_url=room.base)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    again = page.goto(link)
    early = house.clock().replace(hour=11)
    old = page.goto(enter_url(house.db, ADA, early, house.settings.masthead))
    context.close()

    assert again
    assert old
    assert (again.status, old.status) == (410, 410)


def test_who_steals_a_session_gets_nowhere(room: Newsroom, ada: Page) -> None:
    ada.goto(DESK)
    cookies = {one["name"]: one["value"] for one in ada.context.cookies()}  # type: ignore[misc]
    token = ada.locator("#saving").get_attribute("data-token") or ""
    before = words(room.house)
    form = {"token": token, "made_of": "x", "subject": "Stolen"}
    ours = {"origin": room.base}

    def post(cookies: dict[str, str] | None = None, **how: Any) -> int:
        with httpx2.Client(base_url=room.base, cookies=cookies) as client:
            return client.post(f"{DESK}/head", **how).status_code

    assert post(data=form, headers=ours) == 401
    assert post(data={**form, "token": "x"}, headers=ours, cookies=cookies) == 403
    assert post(data=form, headers={"origin": "https://evil.example"}, cookies=cookies) == 403
    assert post(data=form, cookies=cookies) == 403
    (cookie,) = ada.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    ada.locator(".me summary").click()
    ada.get_by_role("button", name="Sign out everywhere").click()
    assert post(data=form, headers=ours, cookies=cookies) == 401
    assert words(room.house) == before


def test_an_editor_who_is_no_approver_cannot_approve(room: Newsroom) -> None:

    with pytest.raises(Refused, match="may edit and not approve"):
        approving.approve(room.house.shop, WEEK, Email.parse(ADA), editors=(ADA,))


def test_after_sending_the_figures_stand_there_as_picture_and_table(
    room: Newsroom, ada: Page
) -> None:

    approving.approve(room.house.shop, WEEK, Email.parse(CARLA), editors=(CARLA,))
    handover.send(room.house.means, approving.approved(room.house.shop, WEEK))
    room.house.settle()

    ada.goto(f"{DESK}/figures")
    if "being counted" in ada.locator("main").inner_text():
        ada.wait_for_timeout(500)
        ada.reload()

    told = ada.locator("main").inner_text()
    assert "Audience" in told
    assert ada.locator("svg.chart").count() == 1
    ada.locator("summary", has_text="As a table").click()
    assert ada.get_by_role("columnheader", name="Delivered").first.is_visible()
    ada.goto("/desk/sends")
    assert str(WEEK) in ada.locator("main").inner_text()
