"""An editor's morning in a real browser: no scripts, keyboard only, from the mail to approval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from newsletter import serving
from newsletter.pipeline import approving
from newsletter.web.desk import enter_url
from newsletter.wiring import House
from tests.web.newsroom import ADA, WEEK, issue_of, opened, write_issue
from tests.web.test_story import ARGS

pytestmark = pytest.mark.browser


@dataclass
class Morning:
    house: House
    page: Page


@pytest.fixture
def morning(tmp_path: Path, now: datetime, chromium: str) -> Iterator[Morning]:
    """A served house, and a browser without scripts that prefers the dark."""
    with serving.listen("127.0.0.1", 0) as place:
        base = serving.address(place)
        with opened(tmp_path, now, base_url=base) as house, sync_playwright() as playwright:
            write_issue(house)
            with serving.background(house, place):
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
                context = browser.new_context(
                    base_url=base, java_script_enabled=False, color_scheme="dark"
                )
                yield Morning(house, context.new_page())
                browser.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_editor_gets_from_the_mailed_link_to_approval_by_keyboard(morning: Morning) -> None:
    house, page = morning.house, morning.page
    page.goto(enter_url(house.db, ADA, house.clock(), house.settings.masthead))
    page.get_by_role("button", name="Sign in").focus()
    press(page, "Enter")
    page.get_by_role("link", name=f"Open {WEEK}").focus()
    press(page, "Enter")
    page.wait_for_url(f"**/desk/{WEEK}")

    page.get_by_label("Subject", exact=True).focus()
    press(page, "Control+a")
    page.keyboard.type("Sore knees get stronger")
    press(page, "Enter")
    page.wait_for_url("**said=saved*")
    saved = page.locator(".said").inner_text()
    page.get_by_role("link", name="Look over and approve").focus()
    press(page, "Enter")
    page.get_by_role("button", name="Approve this issue").focus()
    press(page, "Enter")
    page.wait_for_url("**said=approved*")
    approved = page.locator(".said").inner_text()

    assert saved == "Saved."
    assert issue_of(house).subject == "Sore knees get stronger"
    assert approved.startswith("Approved.")
    assert approving.approved(house.shop, WEEK).by == ADA


def test_the_preview_shows_the_mail_in_its_frame_by_day_and_by_night(morning: Morning) -> None:
    house, page = morning.house, morning.page
    page.goto(enter_url(house.db, ADA, house.clock(), house.settings.masthead))
    page.get_by_role("button", name="Sign in").click()
    grounds = []

    for theme in ("light", "dark"):
        page.goto(f"/desk/{WEEK}/preview?width=375&theme={theme}")
        frame = page.frame_locator("iframe")
        heading = frame.get_by_text("Strength training eases knee pain, trial finds").first
        heading.wait_for()
        grounds.append(page.locator("iframe").screenshot())

    assert page.locator("iframe").bounding_box()["width"] == 375  # type: ignore[index]
    assert grounds[0] != grounds[1]
