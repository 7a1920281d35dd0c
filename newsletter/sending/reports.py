"""What the provider reports, taken in: events stored once, their consequences drawn at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.deliver.events import Report
from newsletter.model import Act, EventKind
from newsletter.store import Database, events, inbox

# What an event makes of a subscriber, by its kind and whether it is for good. Deferrals and
# blocks are about a day or a server, not about an address: nothing follows from them.
_CONSEQUENCES = {
    (EventKind.BOUNCED, True): Act.BOUNCE,
    (EventKind.DROPPED, True): Act.BOUNCE,
    (EventKind.COMPLAINED, False): Act.COMPLAIN,
    (EventKind.UNSUBSCRIBED, False): Act.LEAVE,
}

_NOBODY = events.Marks()

Acting = Callable[[Connection, int, Act, datetime], object]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one report: events new, known, set aside; unknown batches proved accepted."""

    new: int
    known: int
    set_aside: int
    proved: int = 0


def take(
    db: Database,
    report: Report,
    *,
    now: datetime,
    act: Acting,
    marks: events.Marks = _NOBODY,
    waiting: int | None = None,
) -> Taken:
    """Store a verified report and draw its consequences, in one transaction.

        events.keep | settle_unknown | act on subscribers

    `act(connection, subscriber, act, at)` moves a subscriber in that transaction. Taking the
    same report again changes nothing. `waiting` is its number among those that wait, from which
    it is taken in the same transaction; what somebody else took meanwhile is not taken again.
    """
    with db.write() as connection:
        if waiting is not None and not inbox.discard(connection, waiting):
            return Taken(0, len(report.events), 0)
        new = events.keep(connection, report.events, now, marks)
        proved = events.settle_unknown(connection, new)
        for one in sorted(new, key=lambda traced: (traced.event.at, traced.event.id)):
            follows = _CONSEQUENCES.get((one.event.kind, one.event.permanent))
            if follows and one.subscriber_id:
                act(connection, one.subscriber_id, follows, one.event.at)
        events.lay_aside(connection, "events", report.set_aside, now)
    return Taken(len(new), len(report.events) - len(new), len(report.set_aside), proved)
