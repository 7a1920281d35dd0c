"""What comes in: sources, entries, posts, and what curation says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Section(StrEnum):
    """The three parts of an issue, in the order in which they are printed."""

    CONDITIONS = "conditions"
    TREATMENTS = "treatments"
    NEWS = "news"

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.value.capitalize()

    @property
    def bit(self) -> int:
        """Its bit in a subscriber's choice of sections: 1, 2 and 4."""
        return {"conditions": 1, "treatments": 2, "news": 4}[self.value]


class Evidence(StrEnum):
    """What a post rests on, as shown to editors and readers."""

    GUIDELINE = "guideline"
    TRIAL = "trial"
    REVIEW = "review"
    COHORT = "cohort"
    CASE = "case report"
    ANIMAL = "animal study"
    PRESS_RELEASE = "press release"
    PREPRINT = "preprint"
    EXPLAINER = "explainer"
    CLINIC = "clinic's article"
    OPINION = "opinion"
    NONE = ""


class SourceState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Source:
    """A feed that we read. `weight` scales what its posts are worth (1.0 is usual)."""

    id: int
    url: str
    title: str = ""
    weight: float = 1.0
    folder: str = ""
    state: SourceState = SourceState.ACTIVE
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    added_at: datetime | None = None
    checked_at: datetime | None = None
    good_at: datetime | None = None
    changed_at: datetime | None = None
    next_at: datetime | None = None
    failures: int = 0
    failure: str = ""
    moved_to: str = ""
    moved_seen: int = 0
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One parsed entry of a feed, not yet stored. Texts are plain, times are UTC.

    `url` is the canonical address (identity), `link` the one to follow.
    """

    url: str
    link: str
    title: str
    text: str
    guid: str = ""
    author: str = ""
    published: datetime | None = None
    doi: str = ""
    pmid: str = ""
    image: str = ""
    image_alt: str = ""
    image_width: int = 0
    image_height: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A stored entry and where it came from."""

    id: int
    url: str
    link: str
    title: str
    text: str
    source_id: int
    source: str
    first_seen: datetime
    source_url: str = ""
    source_weight: float = 1.0
    guid: str = ""
    author: str = ""
    published: datetime | None = None
    doi: str = ""
    pmid: str = ""
    image: str = ""
    image_alt: str = ""
    image_width: int = 0
    image_height: int = 0

    @property
    def moment(self) -> datetime:
        """When the news is from: the feed's date if it gives one, else first seen."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True)
class Verdict:
    """What curation says of one post, with reasons in an editor's words.

    `score` is 0..1 and what the text earns; `relevant` says on which side of the threshold it
    lies. `taste` is what editors' earlier picks and drops add to it (-0.2..0.2).
    """

    score: float
    relevant: bool
    section: Section
    reasons: tuple[str, ...] = ()
    section_reason: str = ""
    evidence: Evidence = Evidence.NONE
    signals: tuple[str, ...] = ()
    taste: float = 0.0

    @property
    def shown(self) -> float:
        """The score with the editors' taste in it, 0..1, as it is shown."""
        return round(max(0.0, min(1.0, self.score + self.taste)), 4)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post with its verdict."""

    post: Post
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Story:
    """Posts that tell the same news. `others` are "also covered by".

    `told` is the week (`2026-W46`) of an earlier issue that printed the story; such a story comes
    back only as an `update`.
    """

    lead: Candidate
    others: tuple[Candidate, ...] = field(default=())
    told: str = ""
    update: bool = False

    @property
    def key(self) -> str:
        """A name for the story that stays while its lead does."""
        return self.lead.post.url


@dataclass(frozen=True, slots=True)
class Retracted:
    """A work that was retracted; `names` are "doi 10.1/x" and "pmid 123", `day` is ISO 8601."""

    names: tuple[str, ...]
    nature: str
    day: str = ""
    reason: str = ""
    notice: str = ""
