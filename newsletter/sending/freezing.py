"""Before anything leaves: the plan that an operator reads, and the frozen audience."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.deliver import plan as planning
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Approval, Send, SendState, Week
from newsletter.sending import hands
from newsletter.sending.means import Means
from newsletter.sending.steps import Step
from newsletter.store import ledger, restores

# What names a send in delivery ids: no letters that look alike.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do. Times are estimates; counts are as of now."""

    week: str
    subject: str
    approved_by: str
    approved_at: datetime
    audience: int
    left_out: dict[str, int]
    batches: int
    requests_at_a_time: int
    hand_over: timedelta
    send_at: datetime | None
    undo_until: datetime | None
    standing: str
    lanes: int = 0
    """Requests beside those that carry mail: a batch id for each lane."""


def plan(means: Means, approval: Approval, *, at: datetime | None = None) -> Plan:
    """Say what `send` would do, without writing anything."""
    now = means.clock()
    mask = _mask(approval)
    with means.db.read() as connection:
        before = ledger.newest(connection, approval.week)
        people = ledger.audience(connection, now=now, mask=mask, week=approval.week)
        left_out = ledger.left_out(connection, now=now, mask=mask, week=approval.week)
    audience = before.audience if before and _counts(before) else sum(people.values())
    size = means.knobs.request_size
    hand_over = _hand_over(means, audience)
    when = (
        planning.Times(before.send_at, before.undo_until)
        if before and _counts(before)
        else planning.times(now, hand_over=hand_over, undo=means.knobs.window, at=at)
    )
    return Plan(
        week=str(approval.week),
        subject=approval.rendered.subject,
        approved_by=approval.by,
        approved_at=approval.at,
        audience=audience,
        left_out=left_out,
        batches=sum(-(-count // size) for count in people.values()),
        requests_at_a_time=means.knobs.in_flight,
        hand_over=hand_over,
        send_at=when.send_at,
        undo_until=when.undo_until,
        standing="" if before is None else before.state.value,
        lanes=means.knobs.lanes if when.send_at else 0,
    )


def frozen(
    means: Means, approval: Approval, *, at: datetime | None = None, restored: bool = False
) -> tuple[Send, bool]:
    """Give the send of this week and whether it was there before; freeze the audience if not.

    `restored` is an operator's word that a week was not sent between a backup and its restore.

    A week whose send was undone as a whole is frozen anew, as the next take.
    """
    now = means.clock()
    with means.db.read() as connection:
        before = ledger.newest(connection, approval.week)
    if before and _counts(before):
        return before, True
    _refuse_after_restore(means, approval.week, restored)
    take = before.take + 1 if before else 1
    for _ in range(_TRIES):
        # Another operator may freeze it between our look and our write: theirs counts then.
        with suppress(IntegrityError), means.db.write() as connection:
            _freeze(means, connection, approval, take, now, at)
        with means.db.read() as connection:
            send = ledger.newest(connection, approval.week)
        means.step(Step.FROZEN)
        if send and send.take >= take:
            return send, False
    raise NewsletterError(f"{approval.week} could not be frozen. Nothing was kept; run it again.")


def _freeze(
    means: Means,
    connection: Connection,
    approval: Approval,
    take: int,
    now: datetime,
    at: datetime | None,
) -> None:
    send_id, audience = ledger.freeze(
        connection,
        week=approval.week,
        take=take,
        ref="".join(means.chance.choices(_LETTERS, k=10)),
        approval_id=approval.id,
        digest=approval.digest,
        mask=_mask(approval),
        now=now,
        batch_size=means.knobs.request_size,
        lanes=means.knobs.lanes,
    )
    if not audience and approval.week.correction:
        raise Refused(
            f"Nobody who got {approval.week.issue} is on the list any more, so there is nobody to "
            "tell. The note stands in the archive."
        )
    if not audience:
        raise Refused(
            "Nobody would get this issue: there is no active subscriber. "
            'Run: newsletter subscribers import FILE.csv --consent "TEXT"'
        )
    when = planning.times(
        now, hand_over=_hand_over(means, audience), undo=means.knobs.window, at=at
    )
    _check(when, now, means.knobs.spread)
    ledger.set_times(connection, send_id, send_at=when.send_at, undo_until=when.undo_until)
    hands.ask(connection, send_id, means.knobs.hands)
    means.step(Step.FREEZING)


def _refuse_after_restore(means: Means, week: Week, restored: bool) -> None:
    """What went out after the backup is not in the ledger: who left, and whole issues."""
    with means.db.read() as connection:
        newest = restores.newest(connection)
    if newest is None:
        return
    if newest.synced_at is None:
        raise Refused(
            f"This database was restored from a backup of {newest.backup_at:%Y-%m-%d %H:%M} UTC, "
            "and who left since then is not known here. Run: newsletter suppressions sync"
        )
    if week.start(UTC) <= newest.restored_at and not restored:
        raise Refused(
            f"{week} may have been sent between the backup of {newest.backup_at:%Y-%m-%d %H:%M} "
            f"UTC and its restore. Look at SendGrid's Activity; if nobody got it, run: newsletter "
            f"send {week} --not-sent-before"
        )


def _counts(send: Send) -> bool:
    return send.state is not SendState.UNDONE


def _mask(approval: Approval) -> int:
    """The sections of an approved issue: what is rendered for readers who want all of it."""
    mask = 0
    for variant in approval.variants:
        mask |= variant
    return mask


def _hand_over(means: Means, audience: int) -> timedelta:
    return planning.hand_over_time(
        audience,
        batch_size=means.knobs.request_size,
        in_flight=means.knobs.in_flight,
        rate=means.knobs.rate,
    )


def _check(when: planning.Times, now: datetime, spread: timedelta) -> None:
    if when.send_at and (last := when.send_at + spread) > now + planning.FURTHEST:
        raise Refused(
            f"{last:%Y-%m-%d %H:%M} UTC is more than 72 hours ahead, and SendGrid keeps "
            "mail no longer. Send later, or choose an earlier time with --at."
        )
    if when.send_at and when.send_at <= now:
        raise Refused(f"{when.send_at:%Y-%m-%d %H:%M} UTC is past. Choose a later time with --at.")
