"""A mail with marks where a mail program does not follow it, and the weight of each pick in it."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import html as lxml_html

from newsletter.compose.preflight import features
from newsletter.compose.preflight.support import table

# Outlines take no room, so nothing moves; these are ours and no part of the mail.
_MARKS = (
    "[data-ignored]{outline:2px dashed #b3261e !important;outline-offset:-1px !important}"
    "[data-ignored=layout]{outline-style:solid !important;"
    "background-image:repeating-linear-gradient(45deg,rgba(179,38,30,.16) 0 4px,"
    "transparent 4px 9px) !important}"
)


def marked(html: str, client: str, critical: Iterable[str] = ()) -> str:
    """Give the mail with each element outlined that uses something the program ignores.

    What it ignores is told when the pointer rests on it. `critical` features, on which the
    layout hangs, are hatched too.
    """
    page = tree(html)
    known, grave = table(), set(critical)
    for element in page.iter():
        if not isinstance(element.tag, str) or element.tag in {"html", "head", "meta", "style"}:
            continue
        ignored = {
            slug
            for slug in features.of_element(element)
            if slug in known and known[slug]["support"].get(client) == "n"
        }
        if ignored:
            element.set("data-ignored", "layout" if ignored & grave else "looks")
            element.set("title", ", ".join(sorted(known[slug]["title"] for slug in ignored)))
    style = lxml_html.Element("style")
    style.text = _MARKS
    head = page.find("head")
    (head if head is not None else page).append(style)
    return _text(page)


def plain(html: str) -> str:
    """Give the mail as a program shows it that ignores every style."""
    page = tree(html)
    for element in list(page.iter("style", "link")):
        element.drop_tree()
    for element in page.iter():
        if isinstance(element.tag, str):
            for name in ("style", "bgcolor", "background", "color"):
                element.attrib.pop(name, None)
    return _text(page)


def weights(html: str, urls: Iterable[str]) -> dict[str, int]:
    """Give the bytes that each pick takes in the mail, by its address.

    A pick is the largest part of the page around its link that holds no other pick's link.
    """
    page = tree(html)
    wanted = set(urls)
    first: dict[str, lxml_html.HtmlElement] = {}
    for anchor in page.iter("a"):
        address = anchor.get("href", "")
        if address in wanted:
            first.setdefault(address, anchor)
    parents: dict[lxml_html.HtmlElement, set[str]] = {}
    for address, anchor in first.items():
        for around in (anchor, *anchor.iterancestors()):
            parents.setdefault(around, set()).add(address)
    found = {}
    for address, anchor in first.items():
        whole = anchor
        for around in anchor.iterancestors():
            if around.tag == "body" or len(parents[around]) > 1:
                break
            whole = around
        found[address] = len(lxml_html.tostring(whole, encoding="utf-8", with_tail=False))
    return found


def tree(html: str) -> lxml_html.HtmlElement:
    """Read a mail as a tree."""
    parser = lxml_html.HTMLParser(encoding="utf-8")
    return lxml_html.document_fromstring(html.encode(errors="replace"), parser=parser)


def _text(page: lxml_html.HtmlElement) -> str:
    return str(lxml_html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>"))
