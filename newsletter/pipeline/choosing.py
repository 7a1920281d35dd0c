"""A week's posts, made into ranked stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from newsletter import curate
from newsletter.compose import file
from newsletter.model import Candidate, Post, Story, Week
from newsletter.store import Database, issues, ledger, posts, retracted, taste
from newsletter.store.papers import Papers
from newsletter.urls import identity

# An issue begins where the last one closed, if that was not longer ago than this.
_LONGEST_WINDOW = timedelta(days=14)
# What a feed shows that is older than this when the week begins is no news.
_STALE = timedelta(days=14)
# A source's own record counts for its posts if it is about pain as a rule.
_ENOUGH_POSTS = 20
_AS_A_RULE = 0.8
# Issues that are looked back to for stories told already.
_LOOK_BACK = 12


def stories(
    db: Database, papers: Papers, week: Week, *, zone: tzinfo, now: datetime
) -> list[Story]:
    """Give the week's stories, best first; those off topic or told before hide nothing either.

    posts.in_window | curate.judge | taste | curate.group | curate.retold | curate.rank
    """
    found = week_posts(db, week, zone=zone)
    printed = _printed(db, papers, week)
    with db.read() as connection:
        known = curate.taste(taste.learned(connection), week)
        earlier = posts.of_addresses(connection, printed)
        bad = retracted.among(connection, {name for post in found for name in curate.works(post)})
    fresh = {post.id for post in found}
    candidates = [
        curate.flavoured(_warned(one, bad), known)
        for one in judged([*found, *(post for post in earlier if post.id not in fresh)])
    ]
    weeks = {identity(address): str(told) for address, told in printed.items()}
    told = curate.retold(curate.group(candidates), weeks, fresh)
    return curate.rank([_noted(story) for story in told], now=now)


def _printed(db: Database, papers: Papers, week: Week) -> dict[str, Week]:
    """Give the addresses that earlier issues printed, each with its week.

    An issue counts that was approved; and last week's, which may be about to be.
    """
    found: dict[str, Week] = {}
    with db.read() as connection:
        approved = issues.approved_weeks(connection)
    for earlier in [one for one in papers.weeks() if one < week][-_LOOK_BACK:]:
        text = papers.words(earlier)
        if text is None or (earlier not in approved and earlier != week.before()):
            continue
        issue = file.read(text, name=f"issues/{earlier}/issue.toml")
        for _, _, pick in issue.picks():
            found |= dict.fromkeys((pick.url, *(also.url for also in pick.also)), earlier)
    return found


def _warned(one: Candidate, bad: Mapping[str, str]) -> Candidate:
    """Signal work that was retracted: the post's own, or some that it cites."""
    post, verdict = one.post, one.verdict
    own = {f"doi {post.doi.lower()}", f"pmid {post.pmid}"} & bad.keys()
    if not curate.works(post) & bad.keys():
        return one
    signal = "retracted" if own else "cites retracted work"
    return replace(one, verdict=replace(verdict, signals=(signal, *verdict.signals)))


def _noted(story: Story) -> Story:
    """Signal on the lead that an earlier issue told the story."""
    if not story.told:
        return story
    signal = f"update of {story.told}" if story.update else f"told in {story.told}"
    verdict = story.lead.verdict
    lead = replace(story.lead, verdict=replace(verdict, signals=(signal, *verdict.signals)))
    return replace(story, lead=lead)


def week_posts(db: Database, week: Week, *, zone: tzinfo) -> list[Post]:
    """Posts first seen between the last issue's close and the week's end, or dated in the week."""
    start, end = week.start(zone), week.end(zone)
    with db.read() as connection:
        closed = ledger.last_close(connection, before=week)
        if closed and start - _LONGEST_WINDOW <= closed < start:
            start = closed
        return posts.in_window(connection, start, end, start - _STALE)


def judged(found: Sequence[Post]) -> list[Candidate]:
    """Judge posts; what a source's posts are about as a rule counts for each of them."""
    first = {post.id: curate.judge(post) for post in found}
    by_source: dict[int, list[bool]] = defaultdict(list)
    for post in found:
        by_source[post.source_id].append(first[post.id].relevant)
    shares = {
        source: sum(relevant) / len(relevant)
        for source, relevant in by_source.items()
        if len(relevant) >= _ENOUGH_POSTS and sum(relevant) >= _AS_A_RULE * len(relevant)
    }
    return [
        Candidate(
            post,
            curate.judge(post, prior=shares[post.source_id])
            if post.source_id in shares
            else first[post.id],
        )
        for post in found
    ]


def listed(found: Sequence[Story]) -> list[dict[str, Any]]:
    """Stories as rows, a row a post, in the shape that `posts --json` prints."""
    rows = []
    for story in found:
        for number, one in enumerate((story.lead, *story.others)):
            post, verdict = one.post, one.verdict
            rows.append(
                {
                    "url": post.link,
                    "title": curate.headline(post.title, source=post.source),
                    "source": post.source,
                    "published": post.published.isoformat() if post.published else None,
                    "first_seen": post.first_seen.isoformat(),
                    "relevant": verdict.relevant,
                    "score": verdict.shown,
                    "taste": verdict.taste,
                    "section": verdict.section.value if verdict.relevant else None,
                    "reasons": list(verdict.reasons),
                    "section_reason": verdict.section_reason,
                    "evidence": verdict.evidence.value,
                    "signals": list(verdict.signals),
                    "story": story.key,
                    "lead": number == 0,
                    "also": [other.post.link for other in story.others] if number == 0 else [],
                    "told": story.told or None,
                    "update": story.update,
                    "summary": curate.summarize(post),
                    "doi": post.doi or None,
                }
            )
    return rows
