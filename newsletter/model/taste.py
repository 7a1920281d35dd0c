"""What editors made of what was proposed to them, and what that says of their taste."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.model.posts import Section
from newsletter.model.week import Week


class About(StrEnum):
    """What a lesson speaks of: where a story came from, or what it is about."""

    SOURCE = "source"
    SUBJECT = "subject"


class Deed(StrEnum):
    """What editors did with a proposed story."""

    PICKED = "picked"
    """It was spare and was printed."""
    KEPT = "kept"
    """It was proposed for print and was printed."""
    DROPPED = "dropped"
    """It was proposed for print and was not printed."""
    MOVED = "moved"
    """It was printed in another section than proposed."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A story as a draft offered it: `source` is its feed's address, `title` that feed's name."""

    url: str
    section: Section
    printed: bool
    source: str = ""
    title: str = ""
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """One deed at one story of an approved issue, for one source or subject.

    `name` is a feed's address or a subject, `title` the feed's name. `came` and `went` are the
    sections that a story was moved between.
    """

    week: Week
    url: str
    about: About
    name: str
    deed: Deed
    title: str = ""
    came: Section | None = None
    went: Section | None = None
