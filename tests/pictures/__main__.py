"""Play the demo's week, open the desk on it, and photograph every page."""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import update

from newsletter import serving, settings
from newsletter.compose import file
from newsletter.demo import journey
from newsletter.model import Week
from newsletter.pipeline import wording
from newsletter.store.schema import posts
from newsletter.web.desk import enter_url
from newsletter.wiring import House

OUT = Path(__file__).parents[2] / "docs" / "images" / "desk"
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1360, 900)}
Scheme = Literal["light", "dark"]


def pages(now: Week, sent: Week) -> dict[str, str]:
    """Each page of the desk, by the name of its picture."""
    return {
        "weeks": "/desk/",
        "issue": f"/desk/{now}",
        "candidates": f"/desk/{now}/candidates",
        "preview": f"/desk/{now}/preview",
        "preview-clients": f"/desk/{now}/preview?client=Outlook+on+Windows&width=375",
        "preview-text": f"/desk/{now}/preview?part=text",
        "preview-headers": f"/desk/{now}/preview?part=headers",
        "history": f"/desk/{now}/history",
        "approval": f"/desk/{now}/approval",
        "figures": f"/desk/{sent}/figures",
        "sources": "/desk/sources",
        "readers": "/desk/readers",
        "reader": "/desk/readers/1",
        "growth": "/desk/growth",
        "suppressions": "/desk/suppressions",
        "sends": "/desk/sends",
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path, help="a home where the demo has run; else it runs now")
    asked.add_argument("--out", type=Path, default=OUT)
    asked.add_argument("--all", action="store_true", help="every size, day and night, whole pages")
    asked.add_argument("--only", default="", help="names of pages, parted by commas")
    given = asked.parse_args()
    with TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "demo"
        if not given.home:
            journey.run(home, say=lambda words: print(words, file=sys.stderr))
        given.out.mkdir(parents=True, exist_ok=True)
        photograph(home, given.out, whole=given.all, only=set(filter(None, given.only.split(","))))


def photograph(home: Path, out: Path, *, whole: bool, only: set[str]) -> None:
    with serving.listen("127.0.0.1", 0) as place:
        base = serving.address(place)
        told = settings.load({"NEWSLETTER_HOME": str(home)})
        with House(told.model_copy(update={"base_url": base})) as house:
            week = max(house.papers.weeks())
            copied = next_week(house, week)
            with serving.background(house, place), sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
                wanted = {n: p for n, p in pages(copied, week).items() if not only or n in only}
                schemes: tuple[Scheme, ...] = ("light", "dark")
                for size in SIZES if whole else ("desktop", "phone"):
                    for scheme in schemes:
                        if not whole and (size, scheme) == ("phone", "dark"):
                            continue
                        shoot(browser, house, base, wanted, size, scheme, out, whole)
                browser.close()


def next_week(house: House, week: Week) -> Week:
    """A week that is not sent yet, with the same words, for the pages of an open one."""
    after = week.after()
    if house.papers.words(after) is None:
        text = (house.papers.words(week) or "").replace(f'"{week}"', f'"{after}"')
        wording.write(house.shop, after, text, by=wording.MACHINE, what="Drafted", instead_of=None)
        with house.db.write() as connection:
            day = after.start(house.settings.zone) + timedelta(days=1)
            connection.execute(update(posts).values(first_seen=day))
        edited(house, after)
    return after


def edited(house: House, week: Week) -> None:
    """Let two editors have been at work, so that there is a history to look at."""
    for by, key, words in (
        ("editor@example.org", "preheader", "And what helps when sleep will not come."),
        ("second@example.org", "intro", "Four studies worth your time, and two to read with care."),
    ):
        before = house.papers.words(week) or ""
        text = file.set_value(before, "", key, words)
        what = key.capitalize()
        wording.write(house.shop, week, text, by=by, what=what, instead_of=before)


def shoot(
    browser: Browser,
    house: House,
    base: str,
    wanted: dict[str, str],
    size: str,
    scheme: Scheme,
    out: Path,
    whole: bool,
) -> None:
    wide, tall = SIZES[size]
    context = browser.new_context(
        base_url=base, viewport={"width": wide, "height": tall}, color_scheme=scheme
    )
    page = context.new_page()
    editor = house.settings.editors[0] if house.settings.editors else "editor@localhost"
    page.goto(enter_url(house.db, editor, house.clock(), house.settings.masthead))
    take(page, out / f"enter-{size}-{scheme}.png", whole=whole)
    page.get_by_role("button", name="Sign in").click()
    for name, path in wanted.items():
        page.goto(path)
        page.wait_for_timeout(300)
        take(page, out / f"{name}-{size}-{scheme}.png", whole=whole)
    context.close()


def take(page: Page, path: Path, *, whole: bool) -> None:
    page.screenshot(path=str(path), full_page=whole)


def chromium() -> str:
    found = shutil.which("chromium")
    if not found:
        sys.exit("Chromium is missing: install Debian's chromium.")
    return found


if __name__ == "__main__":
    main()
