"""The mail in a real browser: WCAG by axe-core, what sticks out, and pictures for the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Route, ViewportSize, sync_playwright

from tests.mailcheck import tools

Scheme = Literal["light", "dark"]
PHONE, DESKTOP, NARROW = 375, 1000, 320
SCREENS: tuple[tuple[int, Scheme], ...] = (
    (PHONE, "light"),
    (DESKTOP, "light"),
    (PHONE, "dark"),
    (DESKTOP, "dark"),
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_PICTURES = sorted((tools.ROOT / "newsletter" / "demo" / "images").glob("*.png"))
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=tools.chromium(), args=_FLAGS)
        yield started
        started.close()


@contextmanager
def opened(
    started: Browser, html: str, width: int, scheme: Scheme, height: int = 800, *, images: bool
) -> Iterator[Page]:
    """Show a mail; its pictures are the demo's, or are not loaded. No network is asked."""

    def picture(route: Route) -> None:
        if images and route.request.resource_type == "image":
            number = sum(map(ord, route.request.url)) % len(_PICTURES)
            route.fulfill(path=_PICTURES[number])
        else:
            route.abort()

    page = started.new_page(viewport=ViewportSize(width=width, height=height), color_scheme=scheme)
    page.route("**/*", picture)
    page.set_content(html, wait_until="load")
    yield page
    page.close()


def wcag(started: Browser, html: str, width: int, scheme: Scheme) -> list[str]:
    """Give axe-core's findings, one for each element that breaks a rule."""
    with opened(started, html, width, scheme, images=True) as page:
        page.evaluate(tools.axe())
        found: dict[str, Any] = page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
        )
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def overflow(started: Browser, html: str, *, styles: bool) -> int:
    """Give by how many pixels a mail is wider than the narrowest phone."""
    shown = html if styles else _STYLE.sub("", html)
    with opened(started, shown, NARROW, "light", images=True) as page:
        wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, wide)


def picture(
    started: Browser, html: str, path: Path, width: int, scheme: Scheme, *, images: bool = True
) -> int:
    """Write a picture of the mail's beginning and give its size in bytes."""
    height = 1240 if width == PHONE else 1500
    with opened(started, html, width, scheme, height, images=images) as page:
        page.add_style_tag(content=tools.fonts())
        page.evaluate("document.fonts.ready.then(() => true)")
        page.screenshot(path=path)
    return path.stat().st_size
