"""What became of an issue, in numbers: people, not events, and never who."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.model.week import Week


class Cause(StrEnum):
    """Why a mail did not arrive."""

    INVALID = "invalid address"
    UNAVAILABLE = "mailbox unavailable"
    TECHNICAL = "technical"
    CONTENT = "content"
    REPUTATION = "reputation"
    VOLUME = "volume"
    SUPPRESSED = "suppressed"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True)
class Fallen:
    """Deliveries that did not arrive: `kind` is bounced, blocked or dropped.

    `lasting`: the address is bad for good, in the trade's words a hard bounce.
    """

    kind: str
    lasting: bool
    cause: str
    mailbox: str
    people: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What became of an issue at one mailbox provider."""

    mailbox: str
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    blocked: int = 0
    dropped: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from the hour of delivery to the inbox: of how many, and at what share of them."""

    measured: int
    median: int
    p90: int
    p99: int


@dataclass(frozen=True, slots=True)
class Both:
    """How many people did it, and of how many a machine alone did."""

    people: int
    machines: int


@dataclass(frozen=True, slots=True)
class Followed:
    """A link of an issue, with the people who followed it."""

    link: str
    people: int
    machines: int


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened within one hour after delivery; opens and clicks are people's alone."""

    hour: int
    delivered: int = 0
    deferred: int = 0
    bounced: int = 0
    blocked: int = 0
    dropped: int = 0
    complained: int = 0
    left: int = 0
    opened: int = 0
    clicked: int = 0
    by_machines: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """An issue after it was sent. `opens` and `clicks` are None unless they are counted.

    All numbers count deliveries: one that was deferred and then delivered is in both. `left`
    are those of the audience who left before the next issue, by whatever way. `series` are
    the first 48 hours, `waits` None until something arrived.
    """

    week: Week
    take: int
    audience: int
    accepted: int
    delivered: int
    deferred: int
    bounced: int
    blocked: int
    dropped: int
    complained: int
    left: int
    waits: Waits | None = None
    opens: Both | None = None
    clicks: Both | None = None
    mailboxes: tuple[Mailbox, ...] = ()
    fallen: tuple[Fallen, ...] = ()
    links: tuple[Followed, ...] = ()
    series: tuple[Hour, ...] = ()
