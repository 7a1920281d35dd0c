"""The order in which stories are offered: best first, no source or subject too often."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import exp, log2

from newsletter.curate.features import subjects
from newsletter.model import Evidence, Story

# What a kind of evidence is worth beside a story's relevance (0..1).
_EVIDENCE = {
    Evidence.GUIDELINE: 0.30,
    Evidence.REVIEW: 0.28,
    Evidence.TRIAL: 0.25,
    Evidence.COHORT: 0.15,
    Evidence.EXPLAINER: 0.10,
    Evidence.CASE: 0.05,
    Evidence.PREPRINT: 0.05,
    Evidence.NONE: 0.05,
    Evidence.ANIMAL: 0.02,
    Evidence.PRESS_RELEASE: 0.02,
    Evidence.CLINIC: 0.0,
    Evidence.OPINION: 0.0,
}
_SIGNALS = {
    "retracted": -1.0,
    "cites retracted work": -0.2,
    "retraction": 0.1,
    "sponsored": -0.4,
    "press release": -0.03,
}
_FRESH, _HALF_LIFE_DAYS = 0.25, 5.0
_WEIGHT, _COVERED, _MOST_COVERED = 0.2, 0.06, 4
# What each earlier story of the same source or subject takes off.
_SAME_SOURCE, _SAME_SUBJECT, _MOST_REPEATS = 0.12, 0.07, 8


def rank(stories: Sequence[Story], *, now: datetime) -> list[Story]:
    """Order `stories`, the relevant ones first; none is left out.

    Weighs relevance, the editors' taste, kind of evidence, freshness at `now`, weight of the
    source and how many cover it; each story of a source or subject makes room for others.
    """
    relevant = [story for story in stories if story.lead.verdict.relevant]
    behind = [story for story in stories if not story.lead.verdict.relevant]
    behind.sort(key=lambda story: (-story.lead.verdict.shown, *_tie(story)))
    return [*_varied(relevant, now), *behind]


def worth(story: Story, now: datetime) -> float:
    """Give what `story` is worth by itself; about 0.5 to 2."""
    post, verdict = story.lead.post, story.lead.verdict
    days = max((now - post.moment).total_seconds() / 86400, 0.0)
    covering = len({other.post.source_id for other in story.others} - {post.source_id})
    return (
        verdict.score
        + verdict.taste
        + _EVIDENCE[verdict.evidence]
        + sum(_SIGNALS.get(signal, 0.0) for signal in verdict.signals)
        + _FRESH * exp(-days / _HALF_LIFE_DAYS)
        + _WEIGHT * log2(min(max(post.source_weight, 0.1), 10.0))
        + _COVERED * min(covering, _MOST_COVERED)
    )


def _varied(stories: Sequence[Story], now: datetime) -> Iterator[Story]:
    """Yield greedily by worth less repetition.

    Repetition only grows, so a stale value at the top of the heap is set right and put back.
    """
    sources: Counter[int] = Counter()
    told: Counter[str] = Counter()
    about = [subjects(story.lead.post.title) for story in stories]
    own = [worth(story, now) for story in stories]

    def present(at: int) -> float:
        subject = min(max((told[name] for name in about[at]), default=0), _MOST_REPEATS)
        source = min(sources[stories[at].lead.post.source_id], _MOST_REPEATS)
        return own[at] - _SAME_SOURCE * source - _SAME_SUBJECT * subject

    heap = [(-own[at], _tie(story), at) for at, story in enumerate(stories)]
    heapq.heapify(heap)
    while heap:
        value, tie, at = heapq.heappop(heap)
        if present(at) < -value:
            heapq.heappush(heap, (-present(at), tie, at))
            continue
        sources[stories[at].lead.post.source_id] += 1
        told.update(about[at])
        yield stories[at]


def _tie(story: Story) -> tuple[str, int]:
    return story.key, story.lead.post.id
