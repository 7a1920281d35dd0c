"""Suppressions in step with the provider: its lists into ours, and ours into its."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from newsletter import journal
from newsletter.errors import NewsletterError
from newsletter.model import Act, Reported
from newsletter.sending.means import Means
from newsletter.sending.reports import Acting
from newsletter.store import restores, subscribers, suppressions

_EVERY = 1.0
_LONGEST_PAUSE = 60.0


_ACTS = {
    suppressions.BOUNCED: Act.BOUNCE,
    "invalid": Act.BOUNCE,
    suppressions.COMPLAINED: Act.COMPLAIN,
    suppressions.LEFT: Act.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Synced:
    """Addresses new to us, known already, and told to the provider (suppressed or lifted)."""

    taken: int
    known: int
    told: int


def sync(means: Means, *, since: datetime, act: Acting) -> Synced:
    """Take in the provider's lists since then, and tell it what it has not heard.

        provider.suppressions | suppressions.add | act on subscribers | tell

    `act(connection, subscriber, act, at)` moves a subscriber, as for events.
    """
    now = means.clock()
    taken = known = 0
    for one in means.provider.suppressions(since, now):
        follows = _ACTS[one.reason]
        reason = suppressions.BOUNCED if follows is Act.BOUNCE else one.reason
        with means.db.write() as connection:
            new = suppressions.add(connection, one.key, reason, one.at, one.source, told_at=now)
            person = subscribers.find(connection, one.key)
            if new and person:
                act(connection, [Reported(person.id, follows, one.at)])
        taken, known = taken + new, known + (not new)
    with means.db.write() as connection:
        restores.synced(connection, now)
    return Synced(taken, known, tell(means))


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
