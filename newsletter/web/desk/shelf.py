"""The week's candidates, as rows to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter import curate
from newsletter.model import Evidence, Section, Story, Week
from newsletter.pipeline import choosing
from newsletter.pipeline.shop import Workshop
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

    def placed(self, where: Mapping[str, Placed]) -> Placed | None:
        """Where the story stands in the issue, if it is there."""
        return next((where[one] for one in self.known_as if one in where), None)


# Judging a week takes a second, so it is done again only for other posts or in another hour
# (age counts a little).
_WEEKS_KEPT = 4


def rows(desk: DeskServices, week: Week) -> Sequence[Row]:
    """The week's stories as rows, best first, those off topic behind."""
    shop, now = desk.shop, desk.shop.clock()
    posts = choosing.week_posts(shop.db, week, zone=shop.zone)
    seen = (posts, now.replace(minute=0, second=0, microsecond=0))
    kept = desk.shelf.get(week)
    if kept is not None and kept[0] == seen:
        found: Sequence[Row] = kept[1]
        return found
    stories = choosing.stories(shop.db, shop.papers, week, zone=shop.zone, now=now)
    fresh = [_row(story, shop) for story in stories]
    if len(desk.shelf) >= _WEEKS_KEPT:
        desk.shelf.clear()
    desk.shelf[week] = (seen, fresh)
    return fresh


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
    )
