"""The weekly issue: picks in sections, findings, what was rendered and approved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from newsletter.model.posts import Evidence, Section
from newsletter.model.week import Week


@dataclass(frozen=True, slots=True)
class Image:
    """A picture with its size in CSS pixels; `alt` is what is said in its stead."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Also:
    """Another place that tells the same story."""

    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A story as it stands in an issue, with the editor's headline and blurb (Markdown)."""

    headline: str
    url: str
    source: str
    blurb: str = ""
    published: date | None = None
    reading_minutes: int = 0
    evidence: Evidence = Evidence.NONE
    image: Image | None = None
    also: tuple[Also, ...] = ()
    changed: str = ""
    """A note that the post changed at its source since it was drafted; never printed."""
    signals: tuple[str, ...] = ()
    """What curation noticed about trust ("preprint", "sponsored"); for preflight."""
    version: str = ""
    """A digest of the post as it was drafted, by which a later draft sees that it changed."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An editor's word that a finding of a check at a place may stand, and why."""

    check: str
    place: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Issue:
    """The weekly mail. `intro` and blurbs are Markdown; `sections` may lack empty ones."""

    week: Week
    subject: str
    preheader: str = ""
    intro: str = ""
    sections: dict[Section, tuple[Pick, ...]] = field(default_factory=dict)
    lead: str = ""
    """The address of the pick that opens the issue, whatever its section; else the first one."""
    spare: tuple[tuple[Section, Pick], ...] = ()
    alternatives: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()

    @property
    def mask(self) -> int:
        """The sections that have picks, as the bits of `Section.bit`."""
        return sum(section.bit for section in Section if self.sections.get(section))

    def only(self, mask: int) -> Issue:
        """The issue as a reader gets it who wants the sections of `mask` alone."""
        kept = {s: picks for s, picks in self.sections.items() if s.bit & mask}
        return replace(self, sections=kept)

    def picks(self) -> Iterator[tuple[str, Section, Pick]]:
        """Yield every pick with its place, `conditions[1]` (counted from 1), in print order."""
        for section in Section:
            for number, pick in enumerate(self.sections.get(section, ()), 1):
                yield f"{section.value}[{number}]", section, pick


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that preflight found: how bad, which check, where, what, and the cure."""

    level: Level
    check: str
    place: str
    text: str
    cure: str


@dataclass(frozen=True, slots=True)
class Masthead:
    """Who publishes: what every mail and page shows and no single issue decides.

    `canary`: mails carry a link that no reader sees, by which programs give themselves away.
    """

    title: str
    base_url: str
    postal_address: str = ""
    sender: str = ""
    reply_to: str = ""
    canary: bool = False

    def link(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """An issue as it is mailed, with `TAGS` of `model.mail` where readers differ."""

    subject: str
    preheader: str
    html: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 over subject, preheader, HTML and text, each with its length before it."""
        digest = hashlib.sha256()
        for part in (self.subject, self.preheader, self.html, self.text):
            raw = part.encode()
            digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which exact content, and when."""

    week: Week
    by: str
    at: datetime
    digest: str
    rendered: Rendered
    id: int = 0
    web: str = ""
    """The archive page, which names no reader."""
    variants: dict[int, Rendered] = field(default_factory=dict)
    """The mail for readers who want some sections only, by `Section.mask`."""
    findings: tuple[Finding, ...] = ()
    waivers: tuple[Waiver, ...] = ()
