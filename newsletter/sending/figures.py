"""What became of an issue: counted from events and the ledger, kept so that it is counted once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from newsletter.deliver import machines
from newsletter.deliver.machines import CANARY, Trace
from newsletter.model import (
    Both,
    EventKind,
    Fallen,
    Figures,
    Followed,
    Hour,
    Mailbox,
    Send,
    Waits,
    Week,
)
from newsletter.store import Database, ledger
from newsletter.store import figures as counting
from newsletter.store.figures import Group, Kept, Look

# How long the course of an issue is followed hour by hour.
HOURS = 48
_MOST_LINKS = 100
# Fewer events are counted again in no time, and whoever only looks should not have to write.
_WORTH_KEEPING = 10_000
_FALLEN = (EventKind.BOUNCED, EventKind.BLOCKED, EventKind.DROPPED)


def of_week(
    db: Database, week: Week, now: datetime, *, most_age: timedelta = timedelta(0)
) -> Figures | None:
    """Give the figures of a week's newest send; None if it was never sent.

    Counted anew when events came in since the last time; a page that many look at may take
    what is at most `most_age` old.
    """
    with db.read() as connection:
        send = ledger.newest(connection, week)
        if send is None:
            return None
        before = counting.kept(connection, send.id)
        if before and before.at + most_age > now:
            return _restored(connection, send, before.counted)
        number = counting.number_of_events(connection, send.id)
        if before and number <= before.events:
            return _restored(connection, send, before.counted)
        counted = count(connection, send)
    if number >= _WORTH_KEEPING:
        with db.write() as connection:
            counting.keep(connection, send.id, Kept(now, number, asdict(counted)))
    return counted


def shown(found: Figures | None, *, opens: bool, clicks: bool) -> Figures | None:
    """Figures without opens or clicks where these are not to be counted.

    The provider may count them all the same, by a setting of its own.
    """
    if found is None or (opens and clicks):
        return found
    series = tuple(
        replace(
            hour,
            opened=hour.opened if opens else 0,
            clicked=hour.clicked if clicks else 0,
            by_machines=hour.by_machines if opens or clicks else 0,
        )
        for hour in found.series
    )
    return replace(
        found,
        opens=found.opens if opens else None,
        clicks=found.clicks if clicks else None,
        links=found.links if clicks else (),
        series=series,
    )


def count(connection: Connection, send: Send) -> Figures:
    """Count the figures of a send from its events.

    groups | waits | looks | leaves | by_minute
    """
    began = counting.began(connection, send.id) or send.frozen_at
    groups = counting.groups(connection, send.id)
    people = _by_kind(groups)
    seen = _Seen.of(counting.looks(connection, send.id), began)
    until = began + timedelta(hours=HOURS)
    left = counting.leaves(connection, send.id, began)
    made = Figures(
        week=send.week,
        take=send.take,
        audience=send.audience,
        accepted=ledger.standing(connection, send.id).accepted,
        left=len(left),
        waits=_waits(counting.waits(connection, send.id)),
        mailboxes=_mailboxes(groups),
        fallen=_fallen(groups),
        opens=seen.opens,
        clicks=seen.clicks,
        links=seen.links,
        delivered=people[EventKind.DELIVERED],
        deferred=people[EventKind.DEFERRED],
        bounced=people[EventKind.BOUNCED],
        blocked=people[EventKind.BLOCKED],
        dropped=people[EventKind.DROPPED],
        complained=people[EventKind.COMPLAINED],
    )
    course = _course(counting.by_minute(connection, send.id, until), left, seen, began)
    return replace(made, series=course)


def _restored(connection: Connection, send: Send, counted: dict[str, Any]) -> Figures:
    """Figures that were kept; what the ledger and the list say is looked up anew."""
    began = counting.began(connection, send.id) or send.frozen_at
    left = counting.leaves(connection, send.id, began)
    hours = Counter(_hour(at, began) for at in left)
    return Figures(
        **{
            **counted,
            "week": send.week,
            "accepted": ledger.standing(connection, send.id).accepted,
            "left": len(left),
            "waits": counted["waits"] and Waits(**counted["waits"]),
            "opens": counted["opens"] and Both(**counted["opens"]),
            "clicks": counted["clicks"] and Both(**counted["clicks"]),
            "mailboxes": tuple(Mailbox(**one) for one in counted["mailboxes"]),
            "fallen": tuple(Fallen(**one) for one in counted["fallen"]),
            "links": tuple(Followed(**one) for one in counted["links"]),
            "series": tuple(
                Hour(**{**one, "left": hours[one["hour"]]}) for one in counted["series"]
            ),
        }
    )


def _by_kind(groups: Iterable[Group]) -> Counter[str]:
    people: Counter[str] = Counter()
    for one in groups:
        people[one.kind] += one.people
    return people


def _mailboxes(groups: Iterable[Group]) -> tuple[Mailbox, ...]:
    """Every provider, the one with most readers first."""
    names = {field.name for field in fields(Mailbox)}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in groups:
        if one.kind in names:
            found[one.mailbox or "other"][one.kind] += one.people
    made = [Mailbox(name, **numbers) for name, numbers in found.items()]
    return tuple(sorted(made, key=lambda one: (-one.delivered - one.bounced, one.mailbox)))


def _fallen(groups: Iterable[Group]) -> tuple[Fallen, ...]:
    found = [
        Fallen(one.kind, one.lasting, one.cause or "unclassified", one.mailbox, one.people)
        for one in groups
        if one.kind in _FALLEN
    ]
    return tuple(sorted(found, key=lambda one: (-one.people, one.kind, one.cause, one.mailbox)))


def _waits(found: Iterable[tuple[int, int]]) -> Waits | None:
    seconds = Counter[int]()
    for wait, number in found:
        seconds[wait] += number
    total = seconds.total()
    if not total:
        return None
    return Waits(total, *(_share(seconds, total, share) for share in (0.5, 0.9, 0.99)))


def _share(seconds: Counter[int], total: int, share: float) -> int:
    """The wait within which `share` of all arrived."""
    passed = 0
    for wait in sorted(seconds):
        passed += seconds[wait]
        if passed >= share * total:
            break
    return wait


class _Seen:
    """Opens and clicks, with people and machines told apart reader by reader."""

    def __init__(self) -> None:
        self.people: Counter[str] = Counter()
        self.machines: Counter[str] = Counter()
        self.by_link: defaultdict[str, Counter[bool]] = defaultdict(Counter)
        self.hours: Counter[tuple[str, int]] = Counter()

    @classmethod
    def of(cls, looks: Iterable[Look], began: datetime) -> _Seen:
        seen = cls()
        for _, own in groupby(looks, key=lambda look: look.mark):
            seen._reader(list(own), began)
        return seen

    def _reader(self, looks: Sequence[Look], began: datetime) -> None:
        judged = machines.judge([Trace(one.at, one.link, one.machine) for one in looks])
        first: dict[tuple[str, bool], datetime] = {}
        links: dict[str, bool] = {}
        for look, machine in zip(looks, judged, strict=True):
            first.setdefault((look.kind, machine), look.at)
            if look.kind == EventKind.CLICKED and not look.link.endswith(f"/{CANARY}"):
                links[look.link] = links.get(look.link, True) and machine
        for kind in (EventKind.OPENED, EventKind.CLICKED):
            if at := first.get((kind, False)):
                self.people[kind] += 1
                self.hours[kind, _hour(at, began)] += 1
            elif at := first.get((kind, True)):
                self.machines[kind] += 1
                self.hours["by_machines", _hour(at, began)] += 1
        for link, machine in links.items():
            self.by_link[link][machine] += 1

    @property
    def opens(self) -> Both | None:
        return self._both(EventKind.OPENED)

    @property
    def clicks(self) -> Both | None:
        return self._both(EventKind.CLICKED)

    def _both(self, kind: EventKind) -> Both | None:
        both = Both(self.people[kind], self.machines[kind])
        return both if both.people or both.machines else None

    @property
    def links(self) -> tuple[Followed, ...]:
        found = [Followed(link, one[False], one[True]) for link, one in self.by_link.items()]
        found.sort(key=lambda one: (-one.people, -one.machines, one.link))
        return tuple(found[:_MOST_LINKS])


def _course(
    minutes: Iterator[tuple[str, datetime, int]],
    left: Iterable[datetime],
    seen: _Seen,
    began: datetime,
) -> tuple[Hour, ...]:
    """The first hours, each with what happened in it; none before anything did."""
    found: Counter[tuple[str, int]] = Counter()
    for kind, at, number in minutes:
        found[kind, _hour(at, began)] += number
    for at in left:
        found["left", _hour(at, began)] += 1
    for (kind, hour), number in seen.hours.items():
        found[kind, hour] += number
    names = [field.name for field in fields(Hour) if field.name != "hour"]
    if not any(found[name, hour] for name in names for hour in range(HOURS)):
        return ()
    return tuple(Hour(hour, **{name: found[name, hour] for name in names}) for hour in range(HOURS))


def _hour(at: datetime, began: datetime) -> int:
    """Whole hours since delivery; what seems to come before it belongs to the first."""
    return max(0, int((at - began).total_seconds() // 3600))
