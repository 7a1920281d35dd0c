"""What the provider reports, taken in: events stored once, their consequences drawn at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from newsletter.deliver.events import Report
from newsletter.model import Act, Reported
from newsletter.sending.consequences import Soft, follows, is_soft, tipped
from newsletter.store import Database, events, inbox, intake, suppressions
from newsletter.store.intake import Marks, Traced

# Moves subscribers on the provider's word, in the transaction that stands.
Acting = Callable[[Connection, Sequence[Reported]], object]

_NOBODY = Marks()
_SOFT = Soft()


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
    marks: Marks = _NOBODY,
    soft: Soft = _SOFT,
    waiting: int | None = None,
) -> Taken:
    """Store a verified report and draw its consequences, in one transaction.

        intake.keep | settle_unknown | consequences | act on subscribers

    Taking the same report again changes nothing, and reports may come in any order. `waiting`
    is its number among those that wait, from which it is taken in the same transaction; what
    somebody else took meanwhile is not taken again.
    """
    with db.write() as connection:
        if waiting is not None and not inbox.discard(connection, waiting):
            return Taken(0, len(report.events), 0)
        new = intake.keep(connection, report.events, now, marks)
        proved = events.settle_unknown(connection, new)
        acts = [
            Reported(one.subscriber_id, what, one.event.at)
            for one in new
            if one.subscriber_id and (what := follows(one.event))
        ]
        acts += _soft(connection, new, soft)
        if acts:
            act(connection, acts)
        events.lay_aside(connection, "events", report.set_aside, now)
    return Taken(len(new), len(report.events) - len(new), len(report.set_aside), proved)


def _soft(connection: Connection, new: Sequence[Traced], rule: Soft) -> list[Reported]:
    """Bounces that may pass: who had too many of them, and who is to get the next issue.

    The provider lists every bounce and would drop all later mail to the address.
    """
    met = {one.subscriber_id for one in new if one.subscriber_id and is_soft(one.event)}
    acts: list[Reported] = []
    again: dict[str, datetime] = {}
    for person in intake.soft_bounces(connection, met):
        full = tipped(person.times, rule)
        acts += [Reported(person.subscriber_id, Act.BOUNCE, at) for at in full[:1]]
        if not full and person.active:
            again[person.key] = person.times[-1]
    suppressions.lift(connection, again, suppressions.BOUNCES)
    return acts
