"""Stories that an earlier issue told: they come back only if there is more to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from newsletter.curate.leads import leading
from newsletter.curate.vocabulary import vocabulary
from newsletter.curate.words import words
from newsletter.model import Candidate, Post, Story
from newsletter.urls import identity

# Cues in a title, as `evidence.toml` lists them.
_MORE_TO_TELL = ("update", "retraction")


def marked(stories: Sequence[Story], printed: Mapping[str, str], now: Set[int]) -> list[Story]:
    """Mark the stories that were told, and take posts of earlier weeks out of them.

    `printed` gives the week of an earlier issue by the identity of each address that it printed;
    `now` are the numbers of this week's posts. Stories without any of these are left out.
    """
    marks = (_marked(story, printed, now) for story in stories)
    return [story for story in marks if story]


def _marked(story: Story, printed: Mapping[str, str], now: Set[int]) -> Story | None:
    members = (story.lead, *story.others)
    weeks = {printed[name] for one in members for name in names(one.post) if name in printed}
    fresh = [one for one in members if one.post.id in now]
    if not fresh:
        return None
    told = story if len(fresh) == len(members) else leading(fresh)
    if not weeks:
        return told
    news = [one for one in fresh if _updates(one) and not names(one.post) & printed.keys()]
    if not news:
        return replace(told, told=max(weeks))
    # An update is told by what was not printed yet.
    lead = leading(news).lead
    others = tuple(one for one in (told.lead, *told.others) if one != lead)
    return Story(lead, others, told=max(weeks), update=True)


def names(post: Post) -> set[str]:
    """The identities of a post's addresses."""
    return {identity(post.url), identity(post.link)}


def _updates(one: Candidate) -> bool:
    hits = vocabulary("evidence").find(words(one.post.title))
    return any(hit.term.stands_for in _MORE_TO_TELL for hit in hits)
