"""What editors pick, drop and move shifts later scores, a little and in the open.

Lessons are drawn when an issue is approved, from what the draft proposed and what was printed,
whoever changed it and with what. A lesson counts half after half a year. Taste moves a score by
0.2 at most and never decides what is relevant, so it hides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from newsletter.curate.features import subjects
from newsletter.model import (
    About,
    Candidate,
    Deed,
    Issue,
    Lesson,
    Proposal,
    Section,
    Story,
    Verdict,
    Week,
)
from newsletter.urls import identity

# A pick or a drop says what editors want; that a proposal was kept only that they do not mind.
_SAYS = {Deed.PICKED: 1.0, Deed.DROPPED: -1.0, Deed.KEPT: 0.0}
_COUNTS = {Deed.PICKED: 1.0, Deed.DROPPED: 1.0, Deed.KEPT: 0.25}
# So many deeds are weighed against before a shift is half of the most.
_DOUBT = 3.0
_MOST = {About.SOURCE: 0.15, About.SUBJECT: 0.1}
MOST = 0.2
_HALF_LIFE_WEEKS = 26
# A source's stories go to another section once editors moved so many, and most of them.
_MOVES = 3.0
_MOST_MOVED = 0.5
_UNSEEN = 0.005

_Key: TypeAlias = tuple[About, str]
_Way: TypeAlias = tuple[Section, Section]


@dataclass(frozen=True, slots=True)
class Leaning:
    """What editors did with one source's or subject's stories, and what it comes to.

    The figures are deeds, an old one counting less; `shift` is what is added to a score.
    """

    about: About
    name: str
    title: str
    picked: float
    kept: float
    dropped: float
    shift: float
    moved: Mapping[_Way, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Taste:
    """All leanings, by what they are about and its name."""

    leanings: Mapping[_Key, Leaning] = field(default_factory=dict)


def proposals(issue: Issue, stories: Sequence[Story], *, again: bool) -> list[Proposal]:
    """Say what a draft proposes: its picks and spare ones, with where they come from.

    A draft made `again` adds to the spare ones only.
    """
    found = {identity(story.lead.post.link or story.lead.post.url): story for story in stories}
    printed = [(section, pick, not again) for _, section, pick in issue.picks()]
    spare = [(section, pick, False) for section, pick in issue.spare]
    rows = []
    for section, pick, prints in (*printed, *spare):
        story = found.get(identity(pick.url))
        post = story.lead.post if story else None
        rows.append(
            Proposal(
                url=pick.url,
                section=section,
                printed=prints,
                source=post.source_url if post else "",
                title=pick.source,
                subjects=tuple(sorted(subjects(post.title if post else pick.headline))),
            )
        )
    return rows


def lessons(week: Week, proposed: Iterable[Proposal], issue: Issue) -> list[Lesson]:
    """Compare what was proposed with what is printed; a spare story left spare says nothing."""
    printed = {
        identity(url): section
        for _, section, pick in issue.picks()
        for url in (pick.url, *(also.url for also in pick.also))
    }
    return [lesson for one in proposed for lesson in _of(week, one, printed.get(identity(one.url)))]


def _of(week: Week, one: Proposal, went: Section | None) -> Iterator[Lesson]:
    if went is None:
        deeds = [Deed.DROPPED] if one.printed else []
    else:
        deeds = [Deed.KEPT if one.printed else Deed.PICKED]
        if went is not one.section:
            deeds.append(Deed.MOVED)
    for deed in deeds:
        moved = (one.section, went) if deed is Deed.MOVED else (None, None)
        if one.source:
            yield Lesson(week, one.url, About.SOURCE, one.source, deed, one.title, *moved)
        for subject in one.subjects:
            yield Lesson(week, one.url, About.SUBJECT, subject, deed, "", *moved)


def taste(learned: Iterable[Lesson], now: Week) -> Taste:
    """Weigh the lessons of the weeks before `now`."""
    deeds: defaultdict[_Key, defaultdict[Deed, float]] = defaultdict(lambda: defaultdict(float))
    moved: defaultdict[_Key, defaultdict[_Way, float]] = defaultdict(lambda: defaultdict(float))
    titles: dict[_Key, str] = {}
    for one in sorted(learned, key=lambda one: one.week):
        age = (now.monday() - one.week.monday()).days / 7
        if age <= 0:
            continue
        key, weight = (one.about, one.name), 0.5 ** (age / _HALF_LIFE_WEEKS)
        titles[key] = one.title
        deeds[key][one.deed] += weight
        if one.deed is Deed.MOVED and one.came and one.went:
            moved[key][one.came, one.went] += weight
    return Taste(
        {
            key: Leaning(
                about=key[0],
                name=key[1],
                title=titles[key],
                picked=counted[Deed.PICKED],
                kept=counted[Deed.KEPT],
                dropped=counted[Deed.DROPPED],
                shift=_shift(key[0], counted),
                moved=dict(moved[key]),
            )
            for key, counted in deeds.items()
        }
    )


def _shift(about: About, counted: Mapping[Deed, float]) -> float:
    says = sum(worth * counted.get(deed, 0.0) for deed, worth in _SAYS.items())
    counts = sum(worth * counted.get(deed, 0.0) for deed, worth in _COUNTS.items())
    return round(_MOST[about] * says / (counts + _DOUBT), 4)


def flavoured(candidate: Candidate, known: Taste) -> Candidate:
    """Shift a candidate's score, and its section, by what editors made of its like.

    What is relevant stays so, and what is not does not become it.
    """
    leanings = _leanings(candidate, known)
    if not leanings:
        return candidate
    verdict = candidate.verdict
    shift = max(-MOST, min(MOST, sum(one.shift for one in leanings)))
    reasons = tuple(_reason(one) for one in leanings if abs(one.shift) >= _UNSEEN)
    verdict = replace(
        verdict,
        taste=round(shift, 4),
        reasons=(*verdict.reasons, *reasons),
    )
    return replace(candidate, verdict=_moved(verdict, leanings))


def _leanings(candidate: Candidate, known: Taste) -> list[Leaning]:
    """The leaning to the source, and the strongest to a subject."""
    post = candidate.post
    source = known.leanings.get((About.SOURCE, post.source_url))
    told = [
        found
        for name in sorted(subjects(post.title))
        if (found := known.leanings.get((About.SUBJECT, name)))
    ]
    strongest = max(told, key=lambda one: abs(one.shift), default=None)
    return [one for one in (source, strongest) if one]


def _moved(verdict: Verdict, leanings: Sequence[Leaning]) -> Verdict:
    """Put a post where editors put most of its source's stories of that section."""
    for one in leanings:
        if one.about is not About.SOURCE:
            continue
        for (came, went), times in one.moved.items():
            seen = one.picked + one.kept
            if came is verdict.section and times >= _MOVES and times > _MOST_MOVED * seen:
                said = f"editors moved {times:.0f} stories of {one.label} from {came.title} here"
                return replace(verdict, section=went, section_reason=said)
    return verdict


def _reason(one: Leaning) -> str:
    deed = "pick" if one.shift > 0 else "drop"
    what = f"stories of {one.label}" if one.about is About.SOURCE else f"stories on '{one.name}'"
    return f"editors tend to {deed} {what} ({one.shift:+.2f})"
