"""One person confirms, leaves, comes back.

Every change of state and its proof are one transaction, together with the mail that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.errors import NotFound
from newsletter.model import Act, Consent, State, Subscriber
from newsletter.signup.joining import Visit
from newsletter.store import Database, consents, mails, subscribers, suppressions
from newsletter.subscribers import lifecycle

# How long after leaving a reader is still asked whether it was a mistake.
MAY_RETURN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`already` says that nothing changed; only with `state` active is the person on the list."""

    person: Subscriber
    state: State
    already: bool


@dataclass(frozen=True, slots=True)
class Left:
    """Who left; `person`, as they were before, is None when there was nobody (any more).

    `undo` says that they may take it back: they were on the list until a moment ago.
    """

    person: Subscriber | None
    undo: bool


def confirm(
    db: Database,
    subscriber_id: int,
    visit: Visit,
    now: datetime,
    welcome: Mapping[str, str] | None = None,
) -> Confirmed:
    """Put a pending person on the list; raise `NotFound` if they were forgotten since.

    A second time changes nothing. Being reached is what lifts an older suppression. What
    `welcome` says, of the latest issue, goes into the welcome mail.
    """
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            raise NotFound("This sign-up is no longer known here. Please sign up again.")
        state = lifecycle.after(person.state, Act.CONFIRM)
        if state is person.state:
            return Confirmed(person, state, already=True)
        subscribers.change(
            connection, person.id, state=state.value, confirmed_at=now, asked=0, asked_at=None
        )
        consents.log(connection, person.id, visit.proof(Act.CONFIRM, now))
        suppressions.remove(connection, person.email.key, now)
        mails.queue(
            connection,
            "welcome",
            person.email.text,
            subscriber_id=person.id,
            values=welcome or {},
            now=now,
        )
    return Confirmed(person, state, already=False)


def leave(db: Database, subscriber_id: int, visit: Visit, now: datetime) -> Left:
    """Take a person off the list; twice is once.

    The state alone keeps them out of the next issue. The suppression beside it reaches the
    issue that is already handed over: the provider is told of it and drops the mail.
    """
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            return Left(None, undo=False)
        _move(connection, person, visit.proof(Act.LEAVE, now))
        suppressions.add(connection, person.email.key, suppressions.LEFT, now, visit.source)
        undo = person.state is State.ACTIVE or _just_left(
            consents.history(connection, person.id), now
        )
    return Left(person, undo)


def leave_noted(db: Database, subscriber_id: int, visit: Visit, at: datetime) -> None:
    """Take in a leave that was noted when it could not be written.

    Whoever confirmed anew since then has come back, and the old leave says nothing any more.
    """
    with db.read() as connection:
        history = consents.history(connection, subscriber_id)
    if not any(proof.act is Act.CONFIRM and proof.at > at for proof in history):
        leave(db, subscriber_id, visit, at)


def come_back(db: Database, subscriber_id: int, visit: Visit, now: datetime) -> Confirmed:
    """Undo a leave, by a link that only the one who left was shown: they join and confirm."""
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            raise NotFound("This address is no longer known here. Please sign up again.")
        if person.state is not State.LEFT:
            return Confirmed(person, person.state, already=True)
        state: State = person.state
        for act in (Act.JOIN, Act.CONFIRM):
            state = lifecycle.after(state, act)
            consents.log(connection, person.id, visit.proof(act, now))
        subscribers.change(connection, person.id, state=state.value)
        suppressions.remove(connection, person.email.key, now)
    return Confirmed(person, state, already=False)


def _move(connection: Connection, person: Subscriber, proof: Consent) -> State:
    state = lifecycle.after(person.state, proof.act)
    if state is not person.state:
        subscribers.change(connection, person.id, state=state.value)
        consents.log(connection, person.id, proof)
    return state


def _just_left(history: Sequence[Consent], now: datetime) -> bool:
    """Whether a reader who had confirmed left a moment ago, and nothing happened since.

    Who presses twice, or reloads the page, may still change their mind.
    """
    acts = [proof.act for proof in history[-2:]]
    return acts == [Act.CONFIRM, Act.LEAVE] and now - history[-1].at <= MAY_RETURN
