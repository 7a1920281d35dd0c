"""Which features of HTML and CSS a mail uses, by the names of caniemail.com.

In comes the page and what the table of support knows; out come slugs such as `css-max-width`.
Comments for Outlook are not looked into: they are written for the one program that reads them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from lxml import html as lxml_html

from newsletter.urls import path

# Properties that the table knows under the name of their family.
_FAMILIES = (
    (re.compile(r"margin(?:-top|-right|-bottom|-left)$"), "css-margin"),
    (re.compile(r"padding(?:-top|-right|-bottom|-left)$"), "css-padding"),
    (
        re.compile(r"border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width))?$"),
        "css-border",
    ),
    (re.compile(r"border-(?:top|bottom)-(?:left|right)-radius$"), "css-border-radius"),
    (re.compile(r"(?:left|right|top|bottom)$"), "css-left-right-top-bottom"),
    (re.compile(r"animation-[a-z-]+$"), "css-animation"),
    (re.compile(r"transition-[a-z-]+$"), "css-transition"),
    (re.compile(r"columns?(?:-[a-z-]+)?$"), "css-column-layout-properties"),
    (re.compile(r"flex(?:-(?:grow|shrink|basis|flow))?$"), "css-display-flex"),
    (re.compile(r"grid(?:-[a-z-]+)?$"), "css-grid-template"),
    (re.compile(r"--[a-z]"), "css-variables"),
)
# Values that have a name of their own.
_VALUES = (
    (re.compile(r"!important"), "css-important"),
    (re.compile(r"\bcalc\("), "css-unit-calc"),
    (re.compile(r"\b(?P<name>clamp|max|min|light-dark)\("), "css-function-{name}"),
    (re.compile(r"\bvar\("), "css-variables"),
    (re.compile(r"\b(?P<name>rgba?)\("), "css-{name}"),
    (re.compile(r"\b(?:oklch|oklab|lch|lab|color)\("), "css-modern-color"),
    (re.compile(r"\b(?P<name>linear|radial|conic)-gradient\("), "css-{name}-gradient"),
    (
        re.compile(r"\d(?P<name>px|em|rem|pt|vh|vw|vmin|vmax|ch|ex|cm|mm|in|pc)\b"),
        "css-unit-{name}",
    ),
    (re.compile(r"\d%"), "css-unit-percent"),
    (re.compile(r"\binitial\b"), "css-unit-initial"),
    (re.compile(r"\bsystem-ui\b"), "css-sytem-ui"),
)
_SELECTORS = (
    (re.compile(r"::?(?P<name>before|after|first-letter|first-line|marker|placeholder)\b"),
     "css-pseudo-element-{name}"),
    (re.compile(r":(?P<name>[a-z-]+)"), "css-pseudo-class-{name}"),
    (re.compile(r"\.[\w-]+"), "css-selector-class"),
    (re.compile(r"#[\w-]+"), "css-selector-id"),
    (re.compile(r"\["), "css-selector-attribute"),
    (re.compile(r"(?:^|[\s>+~])[a-z][a-z0-9]*"), "css-selector-type"),
    (re.compile(r"\*"), "css-selector-universal"),
    (re.compile(r">"), "css-selector-child"),
    (re.compile(r"\+"), "css-selector-adjacent-sibling"),
    (re.compile(r"~"), "css-selector-general-sibling"),
    (re.compile(r","), "css-selector-grouping"),
    (re.compile(r"\S\s+[\w.#\[]"), "css-selector-descendant"),
    (re.compile(r"[\w\]][.\[#]"), "css-selector-chaining"),
)  # fmt: skip
_AT_RULES = (
    (re.compile(r"@media\b"), "css-at-media"),
    (re.compile(r"@media[^{]*prefers-(?P<name>color-scheme|reduced-motion)"),
     "css-at-media-prefers-{name}"),
    (re.compile(r"@media[^{]*\((?P<name>hover|orientation)"), "css-at-media-{name}"),
    (re.compile(r"@(?P<name>font-face|import|keyframes|supports)\b"), "css-at-{name}"),
)  # fmt: skip
# Elements whose family has one name; others are known by `html-` and their own.
_ELEMENTS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "li", "dl"), "html-lists"),
    **dict.fromkeys(("b", "strong"), "html-strong"),
    **dict.fromkeys(
        ("article", "aside", "footer", "header", "main", "nav", "section", "figure"),
        "html-semantics",
    ),
}
_IMAGES = {"jpeg": "jpg", "tif": "tiff", "heic": "heif"}
_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def used(page: lxml_html.HtmlElement, known: Container[str]) -> set[str]:
    """Give the features that a page uses, of those that the table knows."""
    return {slug for slug in _found(page) if slug in known}


def of_element(element: lxml_html.HtmlElement) -> Iterator[str]:
    """Give what one element uses by itself: its tag, its attributes, its own style."""
    yield _ELEMENTS.get(element.tag, f"html-{element.tag}")
    for name in element.keys():  # noqa: SIM118 - an element iterates over its children
        yield f"html-{name}"
    yield from _declarations(element.get("style", ""))


def _found(page: lxml_html.HtmlElement) -> Iterator[str]:
    for element in page.iter():
        if isinstance(element.tag, str):
            yield from of_element(element)
    yield from _special(page)
    for style in page.iter("style"):
        yield from _sheet(_COMMENT.sub("", style.text or ""))


def _special(page: lxml_html.HtmlElement) -> Iterator[str]:
    if page.xpath("//meta[@name='color-scheme']"):
        yield "html-meta-color-scheme"
    for address in page.xpath("//a/@href"):
        if address.startswith("mailto:"):
            yield "html-mailto-links"
        elif address.startswith("#"):
            yield "html-anchor-links"
    for address in page.xpath("//img/@src"):
        if address.startswith("data:"):
            yield "image-base64"
        ending = path(address).partition("?")[0].rpartition(".")[2].lower()
        yield f"image-{_IMAGES.get(ending, ending)}"


def _sheet(sheet: str) -> Iterator[str]:
    yield from _matched(_AT_RULES, sheet)
    for selectors, body in _RULE.findall(sheet):
        yield from _matched(_SELECTORS, selectors.strip())
        yield from _declarations(body)


def _declarations(style: str) -> Iterator[str]:
    for part in style.lower().split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if not colon:
            continue
        yield next((slug for pattern, slug in _FAMILIES if pattern.match(name)), f"css-{name}")
        if name == "display":
            kind = value.replace("!important", "").strip().removeprefix("inline-")
            yield f"css-display-{kind}" if kind in {"flex", "grid", "none"} else "css-display"
        yield from _matched(_VALUES, value)


def _matched(table: tuple[tuple[re.Pattern[str], str], ...], text: str) -> Iterator[str]:
    for pattern, slug in table:
        for match in pattern.finditer(text):
            yield slug.format(**match.groupdict())
