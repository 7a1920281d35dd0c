"""What every page owes its readers: structure, labels, contrast, and no need of scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from newsletter import signup, web
from newsletter.model import Act
from newsletter.render.templates import Templates
from newsletter.signup import Visit
from newsletter.subscribers.tokens import Purpose
from newsletter.web.app import Services, build

FOLDERS = {Purpose.OWNER: "preferences", Purpose.ADDRESS: "address"}
Visitor = Callable[[TestClient, Services], str]
FOLDER = Templates.packaged() / "web"


def _links(client: TestClient, shop: Services) -> dict[str, str]:
    client.post("/subscribe", data={"email": "ada@example.org"})
    sign = shop.tokens.sign
    return {
        purpose.value: f"/{FOLDERS.get(purpose, purpose)}/{sign(purpose, 1, shop.clock())}"
        for purpose in Purpose
    }


def _after(act: Act) -> Visitor:
    """The page that somebody sees who confirms when this has happened."""

    def visit(client: TestClient, shop: Services) -> str:
        link = _links(client, shop)["confirm"]
        client.post(link)
        with shop.db.write() as connection:
            signup.reported(connection, 1, act, Visit("event"), shop.clock())
        return client.post(link).text

    return visit


def _preferences(purpose: str = "preferences", **fields: str) -> Visitor:
    return lambda client, shop: client.post(_links(client, shop)[purpose], data=fields).text


def _expired(client: TestClient, shop: Services) -> str:
    _links(client, shop)
    old = shop.tokens.sign(Purpose.CONFIRM, 1, shop.clock() - timedelta(days=8))
    return client.get(f"/confirm/{old}").text


def _new_address(press: bool) -> Visitor:
    def visit(client: TestClient, shop: Services) -> str:
        _links(client, shop)
        signup.ask_new_address(shop.db, 1, "bo@example.org", str, shop.clock())
        link = f"/address/{shop.tokens.sign(Purpose.ADDRESS, 1, shop.clock())}"
        return (client.post if press else client.get)(link).text

    return visit


def _left_with_reason(client: TestClient, shop: Services) -> str:
    links = _links(client, shop)
    client.post(links["leave"])
    return client.post(f"/leave/{links['undo leave'][-37:]}/reason", data={"reason": "other"}).text


PAGES: dict[str, Visitor] = {
    "home": lambda client, _: client.get("/").text,
    "home after a bad address": lambda client, _: (
        client.post("/subscribe", data={"email": "x"}).text
    ),
    "check your mail": lambda client, _: client.post("/subscribe", data={"email": "a@x.org"}).text,
    "confirm": lambda client, shop: client.get(_links(client, shop)["confirm"]).text,
    "confirmed": lambda client, shop: client.post(_links(client, shop)["confirm"]).text,
    "left since": _after(Act.LEAVE),
    "bounced since": _after(Act.BOUNCE),
    "complained since": _after(Act.COMPLAIN),
    "leave": lambda client, shop: client.get(_links(client, shop)["leave"]).text,
    "left": lambda client, shop: client.post(_links(client, shop)["leave"]).text,
    "left by a reader": lambda client, shop: (
        (
            client.post(_links(client, shop)["confirm"])
            and client.post(_links(client, shop)["leave"])
        ).text
    ),
    "preferences": lambda client, shop: client.get(_links(client, shop)["preferences"]).text,
    "preferences saved": _preferences(section="news", pause="4"),
    "preferences refused": _preferences(act="save"),
    "link to the rest": _preferences(act="owner"),
    "all preferences": lambda client, shop: client.get(_links(client, shop)["owner"]).text,
    "erasing refused": _preferences("owner", act="erase"),
    "erased": _preferences("owner", act="erase", sure="yes"),
    "new address asked": _preferences("owner", act="move", email="bo@example.org"),
    "new address": _new_address(press=False),
    "moved": _new_address(press=True),
    "expired": _expired,
    "left with a reason": _left_with_reason,
    "a form to copy": lambda client, _: client.get("/embed").text,
    "stay": lambda client, shop: client.get(_links(client, shop)["stay"]).text,
    "stayed": lambda client, shop: client.post(_links(client, shop)["stay"]).text,
    "for machines": lambda client, _: client.get("/for-machines").text,
    "issues": lambda client, _: client.get("/issues").text,
    "not found": lambda client, _: client.get("/nothing").text,
    "not allowed": lambda client, _: client.get("/subscribe").text,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everybody(client: TestClient, shop: Services, name: str) -> None:
    text = PAGES[name](client, shop)
    page = html.document_fromstring(text)

    assert text.startswith("<!DOCTYPE html>")
    assert page.get("lang") == "en"
    assert page.findtext(".//title")
    assert len(page.findall(".//h1")) == 1
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3")]
    assert all(below - above <= 1 for above, below in pairwise(levels))
    labelled = {label.get("for") for label in page.iter("label")}
    for field in page.iter("input", "select"):
        inside = any(parent.tag == "label" for parent in field.iterancestors())
        assert inside or field.get("id") in labelled or field.get("type") == "hidden"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_brings_no_script_style_or_tracker(
    client: TestClient, shop: Services, name: str
) -> None:
    page = html.document_fromstring(PAGES[name](client, shop))

    assert not [*page.iter("script", "style", "iframe", "object")]
    attributes = {key for element in page.iter() for key in element.attrib}
    assert not [key for key in attributes if key == "style" or key.startswith("on")]
    loaded = page.xpath("//@src | //link[@rel='stylesheet' or @rel='icon']/@href | //form/@action")
    assert all(address.startswith("/") and "//" not in address for address in loaded)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_whole_address_of_a_reader(
    client: TestClient, shop: Services, name: str
) -> None:
    assert "ada@example.org" not in PAGES[name](client, shop)


def test_a_title_and_an_address_cannot_break_out_of_a_page(shop: Services) -> None:
    masthead = replace(shop.masthead, title='<b>"&', postal_address="</p><script>")
    with TestClient(build(replace(shop, masthead=masthead))) as client:
        page = client.post("/subscribe", data={"email": '"><script>alert(1)</script>'})

    assert page.status_code == 422
    assert "<script" not in page.text
    assert "<b>" not in page.text.replace('<b class="', "")


def test_every_template_is_used() -> None:
    here = Path(web.__file__).parent
    code = "".join(path.read_text() for path in (*here.glob("*.py"), *here.glob("api/*.py")))
    pages = "".join(path.read_text() for path in FOLDER.glob("*.html"))

    said = set(re.findall(r'"([a-z0-9-]+\.html)"', code))
    extended = set(re.findall(r'"web/([a-z0-9-]+\.html)"', pages))

    assert {path.name for path in FOLDER.glob("*.html")} == said | extended


def _colours(scheme: str) -> dict[str, str]:
    """The colours of the style sheet by name; what the night does not change is as by day."""
    css = (FOLDER / "static" / "site.css").read_text()
    day, night = css.split("@media (prefers-color-scheme", 1)
    parts = day + night.split("\n}", 1)[0] if scheme == "night" else day
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", parts))


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    *product(("ink", "soft", "brand"), ("page", "sheet")),
    *product(("conditions", "treatments", "news"), ("page", "sheet")),
    *product(("head-ink", "head-soft"), ("head",)),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-danger", "danger"),
    ("ink", "good"),
    ("care-ink", "care"),
    ("brand", "tint"),
]


@pytest.mark.parametrize("pair", TEXT_ON, ids=" on ".join)
@pytest.mark.parametrize("scheme", ["day", "night"])
def test_text_stands_out_from_its_ground(scheme: str, pair: tuple[str, str]) -> None:
    colours = _colours(scheme)

    assert _contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("scheme", ["day", "night"])
def test_the_edge_of_a_field_can_be_seen(scheme: str) -> None:
    colours = _colours(scheme)

    assert _contrast(colours["edge"], colours["sheet"]) >= 3
