"""Handing over: an approved issue to everyone on the list, each once, in any number of runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import Refused
from newsletter.model import Approval, Send, SendState, Standing, Week
from newsletter.sending import hands, telling
from newsletter.sending.freezing import frozen
from newsletter.sending.means import Means
from newsletter.sending.turns import Run
from newsletter.store import issues, jobs, ledger


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run of `send` came to."""

    send: Send
    standing: Standing
    resumed: bool
    complete: bool


def send(
    means: Means,
    approval: Approval,
    *,
    at: datetime | None = None,
    late: bool = False,
    leave: bool = False,
    restored: bool = False,
    progress: Callable[[Standing], None] | None = None,
) -> Sent:
    """Hand an approved issue over to everyone on the list; go on where it stood if cut off.

        frozen | ready_lanes | claim > build > hand over > record | repair | close

    `leave` freezes it and leaves the rest to the workers; `restored` says that it was not sent
    between a backup and its restore. Raises `Refused` when the provider will
    not take the mail at all (nothing is lost then), and for a send that lay too long unless
    `late` says that readers are to get it all the same.
    """
    if leave:
        _refuse_without_workers(means, approval.week)
    found, resumed = frozen(means, approval, at=at, restored=restored)
    if found.state is SendState.OPEN:
        if not late:
            _refuse_stale(means, found)
        if not leave:
            _work(means, found, progress)
        elif resumed:
            with means.db.write() as connection:
                hands.ask(connection, found.id, means.knobs.hands)
    return _sent(means, found, resumed=resumed)


def lend_a_hand(means: Means, send_id: int) -> Sent:
    """Hand over what is ready of a send, beside whoever else is at it: what workers do.

    A send that is over, paused or undone is left as it is. Raises as `send` does.
    """
    with means.db.read() as connection:
        found = ledger.approved_send(connection, send_id)
    if found.state is SendState.OPEN:
        _refuse_stale(means, found)
        _work(means, found, None)
    return _sent(means, found, resumed=True)


def _work(means: Means, found: Send, progress: Callable[[Standing], None] | None) -> None:
    with means.db.read() as connection:
        # What was frozen is what goes, whatever was approved since.
        approved = issues.approval(connection, found.approval_id)
    with telling.kept_told(means):
        Run(means, found, approved, progress or (lambda _: None)).go()


def _sent(means: Means, found: Send, *, resumed: bool) -> Sent:
    with means.db.read() as connection:
        after = ledger.approved_send(connection, found.id)
        standing = ledger.standing(connection, found.id)
    return Sent(after, standing, resumed, after.state is not SendState.OPEN)


def _refuse_without_workers(means: Means, week: Week) -> None:
    with means.db.read() as connection:
        alive = jobs.workers(connection)
    if not alive:
        raise Refused(
            f"No worker runs to which {week} could be left. Start one with: newsletter worker, "
            f"or hand it over from here: newsletter send {week}"
        )


def _refuse_stale(means: Means, found: Send) -> None:
    due = found.send_at or found.frozen_at
    if means.clock() - due > means.knobs.stale:
        raise Refused(
            f"{found.week} was to reach its readers on {due:%Y-%m-%d %H:%M} UTC and is not handed "
            f"over to all of them. Old mail is not sent without a word from you. Run: newsletter "
            f"send {found.week} --late, or leave it: newsletter pause {found.week}"
        )
