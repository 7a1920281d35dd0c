"""What an event makes of a subscriber: one table, and the count of bounces that may pass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.model import Act, Event, EventKind

# By kind of event and whether the address is bad for good. What is not listed has none: a
# deferral or a block is about a day, a server or a mail, and nothing that the provider tells
# brings anyone back. A complaint is louder than a bounce, and a bounce than a leave: that is
# the order of `subscribers.lifecycle`, whatever the order in which events come.
CONSEQUENCES = {
    (EventKind.BOUNCED, True): Act.BOUNCE,
    (EventKind.DROPPED, True): Act.BOUNCE,
    (EventKind.COMPLAINED, False): Act.COMPLAIN,
    (EventKind.UNSUBSCRIBED, False): Act.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Soft:
    """So many bounces that may pass, within so long, are one for good; older ones count no more."""

    most: int = 3
    within: timedelta = timedelta(days=60)


def follows(event: Event) -> Act | None:
    """What an event alone makes of its reader."""
    return CONSEQUENCES.get((event.kind, event.permanent))


def is_soft(event: Event) -> bool:
    """Whether an event is a bounce that may pass."""
    return event.kind is EventKind.BOUNCED and not event.permanent


def tipped(times: Iterable[datetime], rule: Soft) -> Sequence[datetime]:
    """When soft bounces were too many: the time of each that made the number full.

    Any order gives the same; another one more never makes fewer.
    """
    ordered = sorted(times)
    return [
        at
        for first, at in zip(ordered, ordered[rule.most - 1 :], strict=False)
        if at - first <= rule.within
    ]
