"""Jobs as workers see them: what each is called with, how it is tried again, what it calls.

A job may run twice, at once or one after the other, and nothing more comes of it: the ledger,
the sources' health and the events' ids say what is done. Arguments are numbers and names, never
an address.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.deliver import events as reporting
from newsletter.fleet import schedule, work
from newsletter.gather import manners
from newsletter.gather.hosts import line_of
from newsletter.model import Source, SourceState, Week
from newsletter.pipeline import checking
from newsletter.sending import handover, hands
from newsletter.store import inbox, jobs, sources, ticks
from newsletter.wiring import House

# Sources in one job: enough that asking many at once pays, few enough to be done in minutes.
_SOURCES_A_JOB = 50


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: its queue, how often it is tried, and what does it."""

    queue: str
    tries: int
    does: Callable[..., object]


def entry(house: House, *, name: str, moment: str) -> None:
    """Do one moment of the calendar; what can be shared out is, in jobs of its own."""
    if name == "gather":
        outcome = share_out_gathering(house)
        with house.db.write() as connection:
            ticks.end(
                connection, name, datetime.fromisoformat(moment), house.clock(), outcome=outcome
            )
        return
    schedule.finish(house, name, datetime.fromisoformat(moment))
    if name == "draft":
        week = str(Week.of(house.clock(), house.settings.zone))
        with house.db.write() as connection:
            jobs.defer(connection, "links", queue="links", once=f"links of {week}", week=week)


def share_out_gathering(house: House) -> str:
    """Make jobs of the sources that are due, those of one host together; say how many."""
    now = house.clock()
    work.begin_with_a_list(house)
    with house.db.write() as connection:
        due = [
            one
            for one in sources.all(connection)
            if one.state is SourceState.ACTIVE and manners.due(one, now)
        ]
        shares = _shares(due)
        made = sum(_deferred(connection, share) for share in shares)
    return f"{len(due)} sources due, in {made} jobs"


def _deferred(connection: Connection, share: Sequence[int]) -> bool:
    return jobs.defer(
        connection, "gather", queue="gather", once=f"gather from {share[0]}", sources=list(share)
    )


def _shares(due: Sequence[Source]) -> list[list[int]]:
    """Share sources out. A host's are in one share: how often it is asked is for one to see to."""
    hosts = defaultdict[str, list[int]](list)
    for one in due:
        hosts[line_of(one.url)].append(one.id)
    shares: list[list[int]] = []
    for members in hosts.values():
        if shares and len(shares[-1]) + len(members) <= _SOURCES_A_JOB:
            shares[-1] += members
        else:
            shares.append(list(members))
    return shares


def gather(house: House, *, sources: list[int]) -> None:
    """Ask some sources, as `newsletter gather` does all of them."""
    house.gather(among=frozenset(sources))


def links(house: House, *, week: str) -> None:
    """Look up what an issue links to, as `newsletter check` does."""
    checking.check(
        house.shop,
        Week.parse(week),
        offline=False,
        allow_private=house.settings.allow_private_networks,
        user_agent=house.user_agent,
    )


def digest(house: House, *, report: int) -> None:
    """Take in a report that waits, as the hook does where there are no workers."""
    with house.db.read() as connection:
        raw = inbox.body(connection, report)
    if raw is None:
        return
    house.digest(reporting.parse(raw), waiting=report)


class Elsewhere(Exception):
    """A job that another worker is to have: this one does the like of it already."""


# The sends that this process lends a hand.
_lending: set[int] = set()
_alone = threading.Lock()


def hand_over(house: House, *, send_id: int) -> None:
    """Lend a send a hand, as another `newsletter send` would; one hand a process.

    A second one here would only have more requests in flight than was asked for.
    """
    with _alone:
        if send_id in _lending:
            raise Elsewhere
        _lending.add(send_id)
    try:
        handover.lend_a_hand(house.means, send_id)
    finally:
        with _alone:
            _lending.discard(send_id)


TASKS: dict[str, Task] = {
    hands.TASK: Task(hands.QUEUE, 20, hand_over),
    "digest": Task("events", 20, digest),
    "gather": Task("gather", 3, gather),
    "links": Task("links", 3, links),
    "calendar": Task("calendar", 1, entry),
}
QUEUES = sorted({task.queue for task in TASKS.values()})


def words(arguments: dict[str, Any]) -> str:
    """A job's arguments for a log."""
    return ", ".join(f"{name}={value}" for name, value in arguments.items())[:200]
