"""The week's candidates, as rows to choose from."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from newsletter import curate
from newsletter.model import Evidence, Section, Story, Week
from newsletter.pipeline import choosing
from newsletter.pipeline.shop import Workshop
from newsletter.store.schema import posts
from newsletter.urls import clean
from newsletter.web.desk import view
from newsletter.web.desk.services import DeskServices
from newsletter.web.desk.view import Placed


@dataclass(frozen=True, slots=True)
class Row:
    """A story with its reasons; `others` are (source, address) of who tells it too."""

    title: str
    url: str
    source: str
    day: str
    score: float
    relevant: bool
    section: Section
    section_reason: str
    reasons: tuple[str, ...]
    evidence: Evidence
    signals: tuple[str, ...]
    summary: str
    others: tuple[tuple[str, str], ...]
    known_as: frozenset[str]
    story: Story
    moment: datetime

    @property
    def key(self) -> str:
        """The story's name in forms."""
        return self.story.key

    @property
    def anchor(self) -> str:
        return hashlib.sha256(self.key.encode(errors="replace")).hexdigest()[:10]

    def has(self, words: list[str]) -> bool:
        """Whether all words occur in what the row shows."""
        text = f"{self.title} {self.source} {self.summary} {self.evidence.value}".casefold()
        return all(word in text for word in words)

    def placed(self, where: Mapping[str, Placed]) -> Placed | None:
        """Where the story stands in the issue, if it is there."""
        return next((where[one] for one in self.known_as if one in where), None)


# Judging a week takes a second, so it is done again only for other posts or in another hour
# (age counts a little).
_WEEKS_KEPT = 4
# So few are judged while the page waits; more, while it shows the last ones.
_AT_ONCE = 300
_SLACK = timedelta(days=14)


def rows(desk: DeskServices, week: Week) -> Sequence[Row]:
    """The week's stories as rows, best first, those off topic behind.

    With many posts, a page shows how they were judged last while new ones are being judged.
    """
    seen = _seen(desk.shop, week)
    kept = desk.shelf.get(week)
    if kept is None or (kept[0] != seen and len(kept[1]) <= _AT_ONCE):
        return _judge(desk, week, seen)
    if kept[0] != seen and desk.judging.acquire(blocking=False):
        threading.Thread(target=_beside, args=(desk, week, seen), daemon=True).start()
    found: Sequence[Row] = kept[1]
    return found


def _beside(desk: DeskServices, week: Week, seen: object) -> None:
    try:
        _judge(desk, week, seen)
    finally:
        desk.judging.release()


def _judge(desk: DeskServices, week: Week, seen: object) -> Sequence[Row]:
    shop = desk.shop
    stories = choosing.stories(shop.db, shop.papers, week, zone=shop.zone, now=shop.clock())
    fresh = [_row(story, shop) for story in stories]
    while len(desk.shelf) >= _WEEKS_KEPT:
        desk.shelf.pop(next(iter(desk.shelf)), None)
    desk.shelf[week] = (seen, fresh)
    return fresh


def _seen(shop: Workshop, week: Week) -> object:
    """What tells that posts came in, or the hour went by."""
    since = week.start(shop.zone) - _SLACK
    with shop.db.read() as connection:
        row = connection.execute(
            select(func.count(), func.max(posts.c.id), func.max(posts.c.updated_at)).where(
                posts.c.first_seen >= since
            )
        ).one()
    return (*row, shop.clock().replace(minute=0, second=0, microsecond=0))


def _row(story: Story, shop: Workshop) -> Row:
    post, verdict = story.lead.post, story.lead.verdict
    moment = post.moment.astimezone(shop.zone)
    return Row(
        title=curate.headline(post.title, source=post.source) or post.title or post.link,
        url=clean(post.link),
        source=post.source,
        day=f"{moment.day} {moment:%B}",
        score=verdict.score,
        relevant=verdict.relevant,
        section=verdict.section,
        section_reason=verdict.section_reason,
        reasons=verdict.reasons,
        evidence=verdict.evidence,
        signals=verdict.signals,
        summary=curate.summarize(post),
        others=tuple((other.post.source, clean(other.post.link)) for other in story.others),
        known_as=frozenset(view.addresses(story)),
        story=story,
        moment=post.moment,
    )
