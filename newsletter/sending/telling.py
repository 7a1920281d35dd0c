"""Suppressions in step with the provider: its lists into ours, and ours into its."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from newsletter import journal
from newsletter.deliver.lists import LISTS, SOFT, Listed
from newsletter.errors import NewsletterError
from newsletter.model import Act, Reported, State, Subscriber
from newsletter.sending.means import Means
from newsletter.sending.reports import Acting
from newsletter.store import restores, subscribers, suppressions
from newsletter.store.suppressions import NewSuppression

_EVERY = 1.0
_LONGEST_PAUSE = 60.0


_ACTS = {
    "bounced": Act.BOUNCE,
    "invalid": Act.BOUNCE,
    "complained": Act.COMPLAIN,
    "left": Act.LEAVE,
}
_REASONS = {
    Act.BOUNCE: suppressions.BOUNCED,
    Act.COMPLAIN: suppressions.COMPLAINED,
    Act.LEAVE: suppressions.LEFT,
}
_FROM = "sendgrid"


@dataclass(slots=True)
class Synced:
    """Where the provider's lists and ours differed, in addresses, and what was done about it.

    `listed` counts by list what the provider has. `taken` were new to us, `known` not; `lifted`
    are to get mail again: their bounce may pass, or they confirmed anew since. `told` is what
    the provider heard from us: suppressed or lifted. `missing` it had heard before and no longer
    lists, which only a look at all of it can tell; it was told again.
    """

    listed: dict[str, int] = field(default_factory=dict)
    taken: int = 0
    known: int = 0
    lifted: int = 0
    missing: int = 0
    told: int = 0


def sync(means: Means, *, since: datetime | None, act: Acting) -> Synced:
    """Take in the provider's lists since then, and tell it what it has not heard; twice is once.

        tell | provider.suppressed | act on subscribers | suppressions.add | tell

    `act` moves subscribers, as for events. Without `since` everything is read and compared: what
    the provider has lost of ours is told to it again.
    """
    now = means.clock()
    told = tell(means)
    done = Synced(listed=dict.fromkeys(LISTS, 0))
    seen: set[str] = set()
    for rows in means.provider.suppressed(since or _BEGINNING, now):
        for one in rows:
            done.listed[one.list] += 1
        if since is None:
            seen.update(one.key for one in rows)
        if rows:
            with means.db.write() as connection:
                _take(connection, rows, done, now, act)
    with means.db.write() as connection:
        restores.synced(connection, now)
        if since is None:
            done.missing = suppressions.untell(connection, seen)
    done.told = told + tell(means)
    return done


# Before there was a SendGrid.
_BEGINNING = datetime(2009, 1, 1, tzinfo=UTC)


def _take(
    connection: Connection, rows: Sequence[Listed], done: Synced, now: datetime, act: Acting
) -> None:
    """Take in some rows of the provider's lists."""
    keys = {one.key for one in rows}
    people = subscribers.find_all(connection, sorted(keys), lock=True)
    before = suppressions.reasons(connection, keys)
    acts: list[Reported] = []
    new: list[NewSuppression] = []
    back: dict[str, datetime] = {}
    soft: dict[str, datetime] = {}
    for one in rows:
        person = people.get(one.key)
        if one.reason == SOFT:
            if person and person.state is State.ACTIVE:
                soft[one.key] = one.at
            continue
        what = _ACTS[one.reason]
        if person and what is not Act.COMPLAIN and _confirmed_after(person, one.at):
            back[one.key] = one.at
        elif person:
            acts.append(Reported(person.id, what, one.at))
        new.append(NewSuppression(one.key, _REASONS[what], one.at, _FROM, told_at=now))
    new = [one for one in new if one.key not in back]
    act(connection, acts)
    suppressions.add_all(connection, new)
    suppressions.lift(connection, back)
    suppressions.lift(connection, soft, suppressions.BOUNCES)
    known = {one.key for one in new if one.key in before}
    done.taken += len({one.key for one in new}) - len(known)
    done.known += len(known)
    done.lifted += len(back.keys() | soft.keys())


def _confirmed_after(person: Subscriber, at: datetime) -> bool:
    """Whether somebody confirmed later than they were listed: that says that mail reaches them."""
    since = person.confirmed_at
    return person.state is State.ACTIVE and since is not None and at < since.replace(microsecond=0)


def tell(means: Means) -> int:
    """Tell the provider of suppressions that are new here, and of those that were lifted.

    Mail that it already holds for somebody who has left is dropped by that.
    """
    told = 0
    while True:
        with means.db.read() as connection:
            fresh = suppressions.not_told(connection)
        if not fresh:
            break
        keys = [one.key for one in fresh]
        means.provider.suppress(keys)
        with means.db.write() as connection:
            suppressions.told(connection, keys, means.clock())
        told += len(keys)
    while True:
        with means.db.read() as connection:
            back = suppressions.to_lift(connection)
        if not back:
            return told
        for key, scope in back.items():
            means.provider.lift(key, bounces_only=scope == suppressions.BOUNCES)
            with means.db.write() as connection:
                suppressions.lifted(connection, [key])
            told += 1


@contextmanager
def kept_told(means: Means) -> Iterator[None]:
    """Tell the provider each second while the block lasts, and once more at its end.

    Who leaves while an issue is handed over is then dropped from what the provider holds. A
    failure stops no send: what was not told stays to be told, by the next send or by `serve`.
    """
    over = threading.Event()

    def keep() -> None:
        pause = _EVERY
        while not over.wait(pause):
            pause = _EVERY if _told(means) else min(pause * 2, _LONGEST_PAUSE)

    thread = threading.Thread(target=keep, name="telling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    _told(means)


def _told(means: Means) -> bool:
    try:
        tell(means)
    except Exception as error:
        # Its text may hold somebody's address; what a person can mend is told in full.
        known = isinstance(error, NewsletterError)
        journal.warning(
            "the provider has not heard who left",
            error=str(error) if known else type(error).__name__,
        )
        return False
    return True
