"""The page behind a teaser: its text, author, date, language and lead image, by trafilatura."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from lxml import etree, html

from newsletter import markup, urls
from newsletter.errors import BadValue
from newsletter.gather import dates
from newsletter.gather.feed import NO_PICTURE, Picture
from newsletter.gather.pictures import pixels

# A text that ends like this, or is shorter, is a taste of a page and not the page.
_TEASER = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|read more|continue reading)\W{0,10}$", re.I)
_WHOLE = 500


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says of itself; "" and None for what it does not."""

    title: str = ""
    site: str = ""
    text: str = ""
    author: str = ""
    published: datetime | None = None
    language: str = ""
    picture: Picture = NO_PICTURE
    canonical: str = ""


def is_teaser(text: str) -> bool:
    """Say whether a post's text is only the beginning of something."""
    return len(text) < _WHOLE or _TEASER.search(text[-80:]) is not None


def read(body: bytes, *, url: str, now: datetime, content_type: str = "") -> Article:
    """Read a web page; raise `BadValue` with a sentence for what is none."""
    import trafilatura  # takes half a second, and most runs read no page
    from trafilatura.settings import Document

    name = urls.without_credentials(url)
    if content_type and "html" not in content_type.lower():
        raise BadValue(f"{name} is no web page but {content_type}.")
    try:
        page = html.fromstring(body, parser=html.HTMLParser(huge_tree=False, no_network=True))
        found = trafilatura.bare_extraction(
            body, url=url, with_metadata=True, include_comments=False, include_tables=False
        )
    except Exception as error:  # whatever hostile bytes make it raise is the page's failure
        raise BadValue(f"{name} cannot be read ({type(error).__name__}).") from error
    if not isinstance(found, Document):
        raise BadValue(f"{name} has no text that can be told from its surroundings.")
    when = dates.believe(dates.read(_meta(page, "article:published_time")), now, first_look=True)
    return Article(
        title=markup.line(found.title or "")[:500],
        site=markup.line(found.sitename or "")[:200],
        text=_text(found.text or "", found.title or ""),
        author=markup.line(found.author or "")[:300],
        published=when,
        language=(page.get("lang") or "")[:20].lower().strip(),
        picture=_picture(page, url),
        canonical=_canonical(page, url),
    )


def _text(text: str, title: str) -> str:
    """Give the paragraphs, without the headline that pages repeat above them."""
    lines = [line.strip() for line in text.split("\n")]
    if lines[0] == title.strip():
        lines = lines[1:]
    return markup.tidy("\n\n".join(line for line in lines if line))[:200_000]


def _canonical(page: etree._Element, url: str) -> str:
    """Give the address that a page calls its own, if it is on the same site."""
    for tag in page.iter("link"):
        if "canonical" in (tag.get("rel") or "").lower().split():
            found = urls.resolve(url, tag.get("href") or "")
            same = urls.identity(found).partition("/")[0] == urls.identity(url).partition("/")[0]
            at_home = urls.path(found) in {"", "/"}
            return urls.canonical(found) if same and not at_home else ""
    return ""


def _picture(page: etree._Element, url: str) -> Picture:
    """Give the image that a page offers for sharing (Open Graph), with what it says of it."""
    address = urls.resolve(url, _meta(page, "og:image") or _meta(page, "twitter:image"))
    if not address:
        return Picture()
    width, height = pixels(_meta(page, "og:image:width")), pixels(_meta(page, "og:image:height"))
    alt = _meta(page, "og:image:alt") or _meta(page, "twitter:image:alt")
    for tag in page.iter("img"):
        if urls.canonical(urls.resolve(url, tag.get("src") or "")) == urls.canonical(address):
            alt = alt or tag.get("alt") or ""
            width, height = width or pixels(tag.get("width")), height or pixels(tag.get("height"))
    return Picture(address, markup.line(alt)[:300], width, height)


def _meta(page: etree._Element, name: str) -> str:
    for tag in page.iter("meta"):
        if (tag.get("property") or tag.get("name") or "").lower() == name:
            return (tag.get("content") or "").strip()
    return ""
