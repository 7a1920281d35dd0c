"""Every page before axe-core, by day and by night, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, ViewportSize, sync_playwright
from starlette.testclient import TestClient

from newsletter.web import api
from newsletter.web.app import Services, build
from tests.web.test_every_page import PAGES, Visitor
from tests.web.test_story import ARGS, DESKTOP, PHONE

pytestmark = pytest.mark.browser

SITE = "https://letter.example/"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = (
    (PHONE, "light"),
    (PHONE, "dark"),
    (DESKTOP, "light"),
    (DESKTOP, "dark"),
)
# All rules in the first look; in the others those whose answer colours and widths can change.
CHANGING = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
FOUND = """rules => axe.run(document, {
    resultTypes: ["violations"], elementRef: false, ...(rules.length && {runOnly: rules}),
}).then(found => found.violations.flatMap(
    one => one.nodes.map(node => [one.id, node.target.join(" ")])
))"""
WIDE = "() => document.documentElement.scrollWidth > innerWidth"

MORE: dict[str, Visitor] = {
    "api": lambda client, _: client.get("/api/docs").text,
}


@pytest.fixture(scope="module")
def shown(chromium: str) -> Iterator[Callable[[str, TestClient], Page]]:
    """Shows a page with its style sheet, and nothing from the network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        page = browser.new_page(bypass_csp=True)
        now: dict[str, Any] = {}

        def answer(route: Route) -> None:
            path = urlsplit(route.request.url).path
            if path == "/":
                route.fulfill(body=now["text"], content_type="text/html; charset=utf-8")
            else:
                got = now["client"].get(path)
                route.fulfill(body=got.content, content_type=got.headers["content-type"])

        page.route("**/*", answer)

        def show(text: str, client: TestClient) -> Page:
            now.update(text=text, client=client)
            page.goto(SITE)
            page.evaluate(AXE)
            return page

        yield show
        browser.close()


@pytest.mark.parametrize("name", [*PAGES, *MORE])
def test_axe_finds_nothing_on_any_page_in_any_look(
    shop: Services, shown: Callable[[str, TestClient], Page], name: str
) -> None:
    found, wide = [], []
    with TestClient(build(shop, [api.router()]), headers={"accept": "text/html"}) as client:
        page = shown((PAGES | MORE)[name](client, shop), client)
        for nth, (size, scheme) in enumerate(LOOKS):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            rules = CHANGING if nth else ()
            found += [(scheme, size["width"], *one) for one in page.evaluate(FOUND, rules)]
            if page.evaluate(WIDE):
                wide.append(size["width"])

    assert found == []
    assert wide == []


def test_axe_sees_what_is_wrong(
    shown: Callable[[str, TestClient], Page], client: TestClient
) -> None:
    page = shown("<html><body><img src='/static/icon.svg'><p style='color:#ddd'>Faint", client)

    assert {"image-alt", "color-contrast"} <= {one for one, _ in page.evaluate(FOUND, ())}
