"""Readers whom nothing reaches any more: shown, asked whether they stay, or let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.errors import NotFound
from newsletter.model import Act, State
from newsletter.signup.joining import Visit
from newsletter.store import Database, consents, mails, silence, subscribers, suppressions
from newsletter.store.silence import Silent
from newsletter.subscribers import lifecycle

# Mail that is deferred may still arrive within three days; before that nobody missed an issue.
_SETTLED = timedelta(days=3)


def silent(db: Database, issues: int, now: datetime) -> list[Silent]:
    """Who was mailed the last `issues` and got none of them, as far as deliveries are reported.

    Nobody, while fewer issues than that were reported on. Who said that they stay is named again
    only after as many issues more.
    """
    with db.read() as connection:
        return _silent(connection, issues, now)


def ask(db: Database, issues: int, now: datetime) -> int:
    """Mail them whether they still want it, each once; give how many were asked now."""
    with db.write() as connection:
        new = [one for one in _silent(connection, issues, now) if one.asked_at is None]
        silence.note_asked(connection, {one.id for one in new}, now)
        mails.queue_all(connection, "stay", [(one.email, one.id) for one in new], now)
    return len(new)


def let_go(db: Database, issues: int, patience: timedelta, now: datetime) -> int:
    """Take those off the list who were asked so long ago, did not answer and were not reached."""
    proof = Visit("no answer whether they stay").proof(Act.LEAVE, now)
    gone = 0
    with db.write() as connection:
        for one in _silent(connection, issues, now):
            if one.asked_at is None or now - one.asked_at < patience:
                continue
            person = subscribers.get(connection, one.id, lock=True)
            if person is None or person.state is not State.ACTIVE:
                continue
            state = lifecycle.after(person.state, Act.LEAVE)
            subscribers.change(connection, person.id, state=state.value)
            consents.log(connection, person.id, proof)
            suppressions.add(connection, person.email.key, suppressions.LEFT, now, "sunset")
            gone += 1
    return gone


def stay(db: Database, subscriber_id: int, now: datetime) -> State:
    """Note that a reader wants to stay; give the state in which they are. Twice is once."""
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            raise NotFound("This address is no longer known here. Please sign up again.")
        silence.note_answer(connection, subscriber_id, now)
    return person.state


def _silent(connection: Connection, issues: int, now: datetime) -> list[Silent]:
    newest = silence.newest_sends(connection, issues, now - _SETTLED)
    if len(newest) < issues:
        return []
    began = newest[-1][1]
    found = silence.unreached(connection, [number for number, _ in newest])
    answered = silence.answers(connection, {one.id for one in found})
    return [
        # A question of long ago that was answered is over: it may be asked anew.
        replace(one, asked_at=None) if one.id in answered else one
        for one in found
        if one.id not in answered or answered[one.id] < began
    ]
