"""The same news told in other words: which pairs of posts, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from newsletter.curate.features import subjects
from newsletter.curate.fingerprint import Fingerprint, fingerprint
from newsletter.curate.meetings import meetings
from newsletter.curate.notes import Note, Teller, read
from newsletter.curate.words import words
from newsletter.model import Candidate, Post, Section

# Word likeness, with names, numbers and the day that both give. What is not news must be surer.
_REWRITE, _REWRITE_OF_ANYTHING = 0.33, 0.48
# Without any of these, an explainer of a rare subject is much like a report on it.
_REWRITE_BY_WORDS_ALONE = 0.6
_LEAST_ALIKE, _ALIKE_ALONE = 0.22, 0.45
# A text with less than this share of the other's weighed words is a teaser beside it.
_TEASER, _TEASER_HELD = 0.5, 0.75
_BY_NAME, _BY_NUMBER, _BY_DAY, _OTHER_DAY = 0.05, 0.04, 0.05, 0.1
_SAME_DAYS = 10
_BY_CHANCE = 0.15


def rewrites(candidates: Sequence[Candidate], notes: Sequence[Note]) -> list[tuple[int, int]]:
    """Pair news that two sites tell in their own words, the surest pair first."""

    @lru_cache(maxsize=4096)
    def taken(at: int) -> Fingerprint:
        post = candidates[at].post
        return fingerprint(post, words(post.title), read(post))

    found: list[tuple[float, int, int]] = []
    moments = [candidate.post.moment for candidate in candidates]
    for one, other in meetings([note.keys for note in notes], moments, at_least=2):
        if not _may_tell_the_same(notes[one].teller, notes[other].teller):
            continue
        strength, told = _strength(taken(one), taken(other))
        both_news = all(candidates[at].verdict.section is Section.NEWS for at in (one, other))
        if strength < _needed(both_news, told):
            continue
        if told or not _apart(candidates[one].post, candidates[other].post):
            found.append((-strength, one, other))
    return [(one, other) for _, one, other in sorted(found)]


def _needed(both_news: bool, told: bool) -> float:
    """Give the strength from which two posts are taken for one story."""
    if both_news:
        return _REWRITE
    return _REWRITE_OF_ANYTHING if told else _REWRITE_BY_WORDS_ALONE


def _may_tell_the_same(one: Teller, other: Teller) -> bool:
    """Two papers are two studies, however alike; one paper twice has the same identity."""
    return {one, other} not in ({Teller.AUTHORS}, {Teller.ANYONE})


def _apart(one: Post, other: Post) -> bool:
    """Say whether the titles name different subjects ("knee pain", "hip pain")."""
    first, second = subjects(one.title), subjects(other.title)
    return bool(first and second) and first.isdisjoint(second)


def _strength(one: Fingerprint, other: Fingerprint) -> tuple[float, bool]:
    """Say how surely two posts tell the same news, and whether a name, number or day says so.

    It is 0 when only their subject is the same.
    """
    likeness = _likeness(one, other)
    if likeness < _LEAST_ALIKE:
        return 0.0, False
    names = _telling(one.names, other.names, 3)
    numbers = _telling(one.numbers, other.numbers, 2)
    strength = likeness + _BY_NAME * names + _BY_NUMBER * numbers
    same_day = False
    if one.day and other.day:
        same_day = abs((one.day - other.day).days) <= _SAME_DAYS
        strength += _BY_DAY if same_day else -_OTHER_DAY
    told = bool(names or numbers or same_day)
    return (strength if told or likeness >= _ALIKE_ALONE else 0.0), told


def _likeness(one: Fingerprint, other: Fingerprint) -> float:
    """Compare two texts; a teaser is like a long one that says all that it says."""
    few, many = sorted((one, other), key=lambda found: len(found.vector))
    alike = few.likeness(many)
    if len(few.vector) > _TEASER * len(many.vector):
        return alike
    return max(alike, _TEASER_HELD * few.held_by(many))


def _telling(one: frozenset[str], other: frozenset[str], most: int) -> int:
    """Count what is shared, if it is more than long lists share by chance."""
    shared = len(one & other)
    return min(shared, most) if shared >= _BY_CHANCE * min(len(one), len(other)) else 0
