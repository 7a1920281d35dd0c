"""The shell of adding a link by hand: its page is fetched safely, and read like a post's.

gather.fetch | gather.article | curate | compose.draft.pick
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter import curate, urls
from newsletter.compose.draft import pick as propose
from newsletter.errors import BadValue
from newsletter.gather.apart import Parser
from newsletter.gather.article import Article
from newsletter.gather.fetch import PAGES, Ask, Fetched, Fetcher, Kind
from newsletter.gather.limits import Limits
from newsletter.model import Pick, Post, Section, Story
from newsletter.pipeline.choosing import judged


@dataclass(frozen=True, slots=True)
class Found:
    """What a page gives for a pick and the section it fits; or the sentence why nothing does."""

    pick: Pick | None
    section: Section
    trouble: str = ""


def look(
    url: str,
    *,
    limits: Limits,
    allow_private: bool,
    user_agent: str,
    now: Callable[[], datetime],
) -> Found:
    """Fetch one page and make a pick of it; never raises for what it meets there."""

    async def asked() -> Fetched:
        async with Fetcher(
            limits, user_agent=user_agent, allow_private=allow_private, now=now
        ) as fetcher:
            return await fetcher.fetch(Ask(url, accept=PAGES))

    fetched = asyncio.run(asked())
    if fetched.kind is not Kind.BODY:
        return Found(None, Section.NEWS, fetched.reason)
    try:
        with Parser(limits.parse_seconds) as parser:
            page = parser.article(
                fetched.body, url=fetched.url, now=now(), content_type=fetched.content_type
            )
    except BadValue as error:
        return Found(None, Section.NEWS, str(error))
    if not page.title:
        return Found(None, Section.NEWS, "The page does not say what it is called.")
    return _judged(_post(url, page, now()))


def _post(url: str, page: Article, now: datetime) -> Post:
    """The page as if a feed had brought it; it is never stored."""
    return Post(
        id=0,
        url=page.canonical or urls.canonical(url),
        link=urls.clean(url),
        title=page.title,
        text=page.text,
        source_id=0,
        source=page.site or urls.host(url),
        first_seen=now,
        author=page.author,
        published=page.published,
        image=page.picture.url,
        image_alt=page.picture.alt,
        image_width=page.picture.width,
        image_height=page.picture.height,
    )


def _judged(post: Post) -> Found:
    (one,) = judged([post])
    made = propose(
        Story(one),
        lambda each: curate.headline(each.title, source=each.source),
        curate.summarize,
        curate.reading_minutes,
    )
    return Found(made, one.verdict.section)
