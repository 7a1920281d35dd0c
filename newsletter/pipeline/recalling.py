"""Works that were retracted after an issue told of them: looked for, and raised to editors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html.parser import HTMLParser

from newsletter.pipeline.editing import retracted_works
from newsletter.pipeline.shop import Workshop
from newsletter.store import corrections, mails
from newsletter.store.corrections import RetractedPick
from newsletter.urls import host, is_http

# Most retractions come within two years; who reads an older issue has been told elsewhere.
_LOOK_BACK = timedelta(days=3 * 365)


def look(shop: Workshop, editors: Sequence[str]) -> list[RetractedPick]:
    """Hold what went out in the last years against what is known of retractions.

        corrections.sent_pages | retracted_works | raise_retracted | mails.queue

    Each find is noted and mailed to the editors once; give the new ones.
    """
    now = shop.clock()
    ours = host(shop.masthead.base_url)
    new: list[RetractedPick] = []
    with shop.db.write() as connection:
        for week, page in corrections.sent_pages(connection, now - _LOOK_BACK).items():
            linked = [url for url in _links(page) if host(url) != ours]
            found = retracted_works(connection, linked, linked, now)
            new += corrections.raise_retracted(connection, week, found, now)
        values = {
            "finds": [{"week": str(one.week), "what": one.url, "said": one.said} for one in new]
        }
        for editor in editors if new else ():
            mails.queue(connection, "retracted", editor, subscriber_id=None, values=values, now=now)
    return new


def _links(page: str) -> list[str]:
    reader = _Links()
    reader.feed(page)
    reader.close()
    return list(dict.fromkeys(reader.found()))


class _Links(HTMLParser):
    """Gathers where the links of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self._hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._hrefs += [value for name, value in attrs if name == "href" and value]

    def found(self) -> Iterator[str]:
        return (href for href in self._hrefs if is_http(href))
