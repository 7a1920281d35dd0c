"""What the ledger records of each outcome, in the transaction that it is handed.

Nothing here touches the network or the clock. What follows for the whole run is told by
`Effect`: that the provider wants a rest, or that it will take nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newsletter.deliver.judge import about_all, person_at_fault
from newsletter.model import Answer, Batch, BatchState, Outcome
from newsletter.store import ledger


class Effect(StrEnum):
    """What an outcome means for the run."""

    NONE = "none"
    TAKEN = "taken"
    REST = "rest"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Done:
    """A batch that came back: its deliveries in the order of the request, and the answer."""

    batch: Batch
    deliveries: list[int]
    answer: Answer


def settle(connection: Connection, done: Sequence[Done], now: datetime) -> list[Effect]:
    """Record outcomes, the same number of effects comes back.

    A claim that was overtaken meanwhile records nothing.
    """
    taken = [(one.batch, one.answer) for one in done if one.answer.outcome is Outcome.ACCEPTED]
    ledger.accept(connection, taken, now)
    return [_SETTLE[one.answer.outcome](connection, one, now) for one in done]


def _accepted(connection: Connection, done: Done, now: datetime) -> Effect:
    del connection, done, now  # all of a turn are recorded by one statement
    return Effect.TAKEN


def _unknown(connection: Connection, done: Done, now: datetime) -> Effect:
    ledger.record(
        connection,
        done.batch,
        BatchState.UNKNOWN,
        now=now,
        status=done.answer.status,
        reason=done.answer.reason,
    )
    return Effect.NONE


def _denied(connection: Connection, done: Done, now: datetime) -> Effect:
    """Nothing was taken and nothing will be: the batch goes back and the run ends."""
    del now
    _put_back(connection, done)
    return Effect.STOP


def _later(connection: Connection, done: Done, now: datetime) -> Effect:
    del now
    _put_back(connection, done)
    return Effect.REST


def _held(connection: Connection, done: Done, now: datetime) -> Effect:
    """The request never left, so nothing can have been taken."""
    del now
    _put_back(connection, done)
    return Effect.NONE


def _refused(connection: Connection, done: Done, now: datetime) -> Effect:
    """A refusal names a person, or the mail itself, or nobody: then the batch is halved."""
    if about_all(done.answer):
        return _denied(connection, done, now)
    person = person_at_fault(done.answer)
    if person is None and len(done.deliveries) == 1:
        person = 0
    if person is None or person >= len(done.deliveries):
        ledger.split(connection, done.batch)
    elif _put_back(connection, done):
        ledger.refuse_one(connection, done.deliveries[person], done.answer.reason)
    return Effect.NONE


def _too_large(connection: Connection, done: Done, now: datetime) -> Effect:
    if len(done.deliveries) == 1:
        return _denied(connection, done, now)
    ledger.split(connection, done.batch)
    return Effect.NONE


def _put_back(connection: Connection, done: Done) -> bool:
    return ledger.defer(
        connection,
        done.batch,
        not_before=None,
        status=done.answer.status,
        reason=done.answer.reason,
    )


_SETTLE: dict[Outcome, Callable[[Connection, Done, datetime], Effect]] = {
    Outcome.ACCEPTED: _accepted,
    Outcome.REFUSED: _refused,
    Outcome.TOO_LARGE: _too_large,
    Outcome.DENIED: _denied,
    Outcome.LATER: _later,
    Outcome.UNKNOWN: _unknown,
    Outcome.HELD: _held,
}
