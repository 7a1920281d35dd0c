"""The calendar: what happens by itself, and when. One table for one machine and for workers.

Hours are settings (`NEWSLETTER_CALENDAR__GATHER` and so on), in cron's words and in the
newsletter's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from croniter import croniter

NEVER = "never"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens by itself.

    A moment that was missed (the machine was off) is made up for within `late`, and only the
    newest one. `fleet` entries are for workers alone.
    """

    name: str
    does: str
    late: timedelta
    fleet: bool = False


CALENDAR = (
    Entry("gather", "asks the feeds what is new", timedelta(hours=20)),
    Entry("draft", "drafts the week's issue and tells the editors", timedelta(hours=12)),
    Entry("tidy", "reminds and lets go of those who never confirmed", timedelta(hours=2)),
    Entry("recall", "looks for picks that were retracted since", timedelta(days=3)),
    Entry("suppressions", "takes in the mail provider's suppression lists", timedelta(hours=20)),
    Entry("watch", "looks for what an operator must know", timedelta(minutes=30)),
    # On one machine a send that somebody stopped stays stopped until they send again.
    Entry("sends", "goes on with sends that are under way", timedelta(minutes=10), fleet=True),
)


def last_moment(cron: str, now: datetime, zone: tzinfo) -> datetime:
    """The newest moment of a cron expression that is not after `now`, in UTC."""
    # croniter gives what lies strictly before; a moment is due in its own second.
    local = (now + timedelta(seconds=1)).astimezone(zone)
    found: datetime = croniter(cron, local).get_prev(datetime)
    return found.astimezone(UTC)


def next_moment(cron: str, now: datetime, zone: tzinfo) -> datetime:
    """The first moment of a cron expression after `now`, in UTC."""
    found: datetime = croniter(cron, now.astimezone(zone)).get_next(datetime)
    return found.astimezone(UTC)


def due(
    hours: dict[str, str], now: datetime, zone: tzinfo, *, fleet: bool
) -> list[tuple[str, datetime]]:
    """The entries whose newest moment may be begun now, with that moment.

    `hours` maps names to cron expressions or `never`. Whether it was begun before is for the
    store to say.
    """
    found = []
    for entry in CALENDAR:
        cron = hours[entry.name]
        if cron == NEVER or (entry.fleet and not fleet):
            continue
        moment = last_moment(cron, now, zone)
        if now - moment <= entry.late:
            found.append((entry.name, moment))
    return found
