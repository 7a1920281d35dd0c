"""What goes out and what comes back: messages, batches, deliveries, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from newsletter.model.figures import Cause
from newsletter.model.week import Week

# Per-reader values in a rendered mail. The provider replaces them as plain text in
# subject, HTML and text alike, so they hold no characters that need escaping.
LEAVE_URL = "%leave_url%"
PREFERENCES_URL = "%preferences_url%"
TAGS = (LEAVE_URL, PREFERENCES_URL)


class BatchState(StrEnum):
    """Where a batch stands in the ledger; `SENDING` past its lease is of unknown outcome."""

    READY = "ready"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDONE = "undone"
    GIVEN_UP = "given up"


class EventKind(StrEnum):
    """What became of a delivery, in our words."""

    PROCESSED = "processed"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that the provider reports. `id` is the provider's, unique; `at` is UTC.

    `permanent`: the address is bad for good. `machine`: no person opened or clicked, as far as
    the event itself tells. `url` is what was clicked, without anything personal in it.
    """

    id: str
    kind: EventKind
    at: datetime
    email: str
    delivery: str = ""
    message_id: str = ""
    reason: str = ""
    permanent: bool = False
    machine: bool = False
    url: str = ""
    cause: Cause | None = None
    mailbox: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person outside an issue: a confirmation, a welcome, a notice."""

    to: str
    subject: str
    text: str
    html: str
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


class Recipient(NamedTuple):
    """One delivery of a batch as it is handed over; `delivery` is opaque, events bring it back."""

    delivery: str
    email: str
    name: str
    leave_url: str
    preferences_url: str


class SendState(StrEnum):
    """Where a send stands: `OPEN` until every batch has an outcome."""

    OPEN = "open"
    PAUSED = "paused"
    DONE = "done"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Send:
    """One issue on its way to a frozen audience. `send_at` None: mail leaves as it is handed over.

    `take` counts from 1; a second take follows only on one that was undone as a whole.
    """

    id: int
    week: Week
    take: int
    ref: str
    approval_id: int
    digest: str
    state: SendState
    frozen_at: datetime
    audience: int
    send_at: datetime | None = None
    undo_until: datetime | None = None
    finished_at: datetime | None = None
    reason: str = ""
    audience_digest: str = ""
    resumed_at: datetime | None = None
    """When an operator last let it go on after a pause."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A claimed batch: whose claim it is is told by `lane_id` and `attempt`."""

    id: int
    send_id: int
    number: int
    lane: int
    lane_id: int
    size: int
    attempt: int
    variant: int
    batch_id: str = ""
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a send stands, in recipients. The parts add up to the audience."""

    audience: int = 0
    waiting: int = 0
    sending: int = 0
    accepted: int = 0
    suppressed: int = 0
    refused: int = 0
    undone: int = 0
    unknown: int = 0
    given_up: int = 0

    @property
    def counted(self) -> int:
        return (
            self.waiting
            + self.sending
            + self.accepted
            + self.suppressed
            + self.refused
            + self.undone
            + self.unknown
            + self.given_up
        )


class Outcome(StrEnum):
    """What an answer (or the lack of one) means for the mail in the request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TOO_LARGE = "too large"
    DENIED = "denied"
    LATER = "later"
    UNKNOWN = "unknown"
    HELD = "held"
    """The request never left."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A judged answer. `reason` is a sentence; `retry_after` in seconds, if the provider said."""

    outcome: Outcome
    status: int = 0
    message_id: str = ""
    reason: str = ""
    field: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be mailed, whatever a list says."""

    key: str
    reason: str
    at: datetime
    source: str
