"""What time does: a reminder, the end of those who never confirmed, and of old origins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.model import Act
from newsletter.signup.joining import Visit
from newsletter.signup.moving import UNCONFIRMED
from newsletter.store import Database, changes, consents, mails, subscribers
from newsletter.subscribers import lifecycle

_REMIND_AFTER = timedelta(days=2)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what is kept, and whether who did not answer is asked once more."""

    pending: timedelta = timedelta(days=30)
    origins: timedelta = timedelta(days=180)
    reminder: bool = False


@dataclass(frozen=True, slots=True)
class Tidied:
    reminded: int = 0
    erased: int = 0
    blanked: int = 0


def tidy(db: Database, keeping: Keeping, now: datetime) -> Tidied:
    """Do what is due by now, some hundreds at a time; twice is once."""
    reminded = erased = 0
    while keeping.reminder and (done := _remind(db, now)):
        reminded += done
    while done := _end_pending(db, now - keeping.pending, now):
        erased += done
    with db.write() as connection:
        changes.forget_old(connection, now - UNCONFIRMED)
        blanked = consents.blank_origins(connection, now - keeping.origins)
    return Tidied(reminded, erased, blanked)


def _remind(db: Database, now: datetime) -> int:
    """Ask those once more who were asked once, two days ago, and did not answer."""
    with db.write() as connection:
        silent = subscribers.pending(
            connection, asked_before=now - _REMIND_AFTER, asked=1, limit=_AT_ONCE
        )
        for person in silent:
            subscribers.change(connection, person.id, asked=person.asked + 1, asked_at=now)
        to = [(person.email.text, person.id) for person in silent]
        mails.queue_all(connection, "confirm", to, now)
    return len(silent)


def _end_pending(db: Database, before: datetime, now: datetime) -> int:
    """Erase who never confirmed; who was a reader once has merely not come back."""
    with db.write() as connection:
        silent = subscribers.pending(connection, asked_before=before, limit=_AT_ONCE)
        for person in silent:
            if person.confirmed_at is None:
                subscribers.erase(connection, person)
                continue
            proof = Visit("never confirmed again").proof(Act.LEAVE, now)
            state = lifecycle.after(person.state, Act.LEAVE)
            subscribers.change(connection, person.id, state=state.value, asked=0, asked_at=None)
            consents.log(connection, person.id, proof)
    return len(silent)
