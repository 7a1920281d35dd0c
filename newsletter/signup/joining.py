"""People ask for the newsletter, one or many in a transaction; who is asked back is decided here.

What the store knows comes in as values and is judged without it (`judge`), so that one at a
time and two hundred at a time follow the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection

from newsletter.model import Act, Consent, Email, State, Subscriber
from newsletter.store import Database, attempts, consents, mails, subscribers, suppressions
from newsletter.subscribers import lifecycle, lists

_LONGEST = 300
_EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Limits:
    """How often the form may make us write to people who did not ask for it.

    An address gets `per_address` confirmations in all, `apart` from each other, until one of
    them is used; an origin may use the form `per_origin` times `within` a while; and all
    together `a_minute` times (0: as often as they like).
    """

    per_address: int = 3
    apart: timedelta = timedelta(days=1)
    per_origin: int = 20
    within: timedelta = timedelta(hours=1)
    a_minute: int = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """Where an act comes from, kept as proof: page or command, words shown, origin, program."""

    source: str
    wording: str = ""
    origin: str = ""
    user_agent: str = ""

    def proof(self, act: Act, at: datetime) -> Consent:
        return Consent(
            act, at, self.source, self.wording, short(self.origin), short(self.user_agent)
        )


class Joined(StrEnum):
    """What joining led to. Nobody outside may be told `ASKED` from `QUIET`."""

    ASKED = "asked"
    """A confirmation waits to be mailed."""
    QUIET = "quiet"
    """Nothing is mailed: already on the list, asked lately or often enough, or complained."""
    BUSY = "busy"
    """Too many attempts from this origin, or from everywhere, whatever the addresses."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody's wish to join; `name` is kept, and never mailed to anybody."""

    email: Email
    visit: Visit
    name: str = ""


@dataclass(slots=True)
class Judged:
    """What becomes of some asks: an answer to each, who is new, and who is asked once more."""

    answers: list[Joined] = field(default_factory=list)
    new: dict[str, Ask] = field(default_factory=dict)
    again: dict[str, Subscriber] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)


def join(
    db: Database,
    email_text: str,
    *,
    name: str,
    source: str,
    wording: str,
    origin: str,
    user_agent: str,
    now: datetime,
    limits: Limits,
) -> Joined:
    """Let somebody ask for the newsletter; raise `BadValue` for what is no address."""
    ask = Ask(Email.parse(email_text), Visit(source, wording, origin, user_agent), name)
    return join_all(db, [ask], now, limits)[0]


def join_all(db: Database, asks: Sequence[Ask], now: datetime, limits: Limits) -> list[Joined]:
    """Take in many asks in one transaction, and answer each.

    count the attempts | find | judge | add or change, log, queue the confirmations
    """

    def taken(connection: Connection) -> Judged:
        busy = _too_many(connection, asks, now, limits)
        # In the order of keys, so that two transactions wait for each other in one direction.
        keys = sorted({ask.email.key for ask in asks})
        people = subscribers.find_all(connection, keys, lock=True)
        reasons = suppressions.reasons(connection, keys)
        complained = {key for key in reasons if reasons[key] == suppressions.COMPLAINED}
        judged = judge(asks, busy, people, complained, now, limits)
        _write(connection, judged, now)
        return judged

    return db.settle(taken).answers


def judge(
    asks: Sequence[Ask],
    busy: Iterable[bool],
    people: Mapping[str, Subscriber],
    complained: set[str],
    now: datetime,
    limits: Limits,
) -> Judged:
    """Say what becomes of each ask; the second of two about one address finds the first done."""
    judged = Judged()
    for ask, too_many in zip(asks, busy, strict=True):
        key = ask.email.key
        person = people.get(key)
        if too_many:
            answer = Joined.BUSY
        elif key in complained or key in judged.asks:
            answer = Joined.QUIET
        elif person is None:
            judged.new[key] = judged.asks[key] = ask
            answer = Joined.ASKED
        elif _may_ask(person, now, limits):
            judged.again[key], judged.asks[key] = person, ask
            answer = Joined.ASKED
        else:
            answer = Joined.QUIET
        judged.answers.append(answer)
    return judged


def short(text: str) -> str:
    """What may be kept of a text that a stranger sent: printable, and not much."""
    return "".join(filter(str.isprintable, text))[:_LONGEST]


def _write(connection: Connection, judged: Judged, now: datetime) -> None:
    if not judged.asks:
        return
    fresh = [
        (ask.email, lists.name(ask.name), ask.visit.source) for _, ask in sorted(judged.new.items())
    ]
    numbers = subscribers.add_pending(connection, fresh, now)
    for key, person in sorted(judged.again.items()):
        state = lifecycle.after(person.state, Act.JOIN)
        subscribers.change(
            connection, person.id, state=state.value, asked=person.asked + 1, asked_at=now
        )
        numbers[key] = person.id
    # Whom another process added a moment ago is being asked by that one.
    known = [(numbers[key], ask) for key, ask in judged.asks.items() if key in numbers]
    consents.log_all(connection, [(n, ask.visit.proof(Act.JOIN, now)) for n, ask in known])
    to = {key: person.email.text for key, person in judged.again.items()}
    mails.queue_all(
        connection,
        "confirm",
        [(to.get(ask.email.key, ask.email.text), number) for number, ask in known],
        now,
    )


def _too_many(
    connection: Connection, asks: Sequence[Ask], now: datetime, limits: Limits
) -> list[bool]:
    """Count these attempts, and say of each whether it is one too many."""
    origins = [neighbourhood(ask.visit.origin) if ask.visit.origin else "" for ask in asks]
    uses = Counter(filter(None, origins))
    used = attempts.count_all(connection, uses, now, limits.within)
    left = {origin: limits.per_origin - (used[origin] - uses[origin]) for origin in uses}
    if limits.a_minute:
        everybody = {_EVERYBODY: len(asks)}
        used = attempts.count_all(connection, everybody, now, timedelta(minutes=1))
        left[_EVERYBODY] = limits.a_minute - (used[_EVERYBODY] - len(asks))
    found = []
    for origin in origins:
        mine = [one for one in (origin, _EVERYBODY) if one in left]
        found.append(any(left[one] <= 0 for one in mine))
        for one in mine:
            left[one] -= 1
    return found


def _may_ask(person: Subscriber, now: datetime, limits: Limits) -> bool:
    if lifecycle.after(person.state, Act.JOIN) is not State.PENDING:
        return False
    rested = person.asked_at is None or now - person.asked_at >= limits.apart
    return rested and person.asked < limits.per_address


def neighbourhood(origin: str) -> str:
    """An IPv4 address, or the /64 that one IPv6 customer has to themselves (RFC 6177)."""
    try:
        address = ip_address(origin)
    except ValueError:
        return short(origin)
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))
