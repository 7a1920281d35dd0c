"""Freezing an audience: one INSERT ... SELECT per variant, all in one transaction."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    cast,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)

from newsletter.errors import NewsletterError
from newsletter.model import BatchState, Week
from newsletter.store.schema import batches, deliveries, sends, subscribers, suppressions

# How many numbers of subscribers travel at once when a digest is made.
_AT_ONCE = 20_000


def _suppressed() -> ColumnElement[bool]:
    return select(suppressions.c.key).where(suppressions.c.key == subscribers.c.key).exists()


def _resting(now: datetime) -> ColumnElement[bool]:
    return and_(subscribers.c.paused_until.is_not(None), subscribers.c.paused_until > now)


def _wanted(mask: int) -> ColumnElement[int]:
    return subscribers.c.sections.bitwise_and(mask)


def _got(week: Week) -> ColumnElement[bool]:
    """Whether a subscriber was mailed the issue that a correction is about; of an issue, true."""
    if not week.correction:
        return true()
    return (
        select(deliveries.c.id)
        .join(sends, sends.c.id == deliveries.c.send_id)
        .join(
            batches,
            and_(batches.c.send_id == deliveries.c.send_id, batches.c.number == deliveries.c.batch),
        )
        .where(
            deliveries.c.subscriber_id == subscribers.c.id,
            deliveries.c.exception.is_(None),
            sends.c.week == str(week.issue),
            batches.c.state == BatchState.ACCEPTED,
        )
        .exists()
    )


def _in_audience(now: datetime, mask: int, week: Week) -> ColumnElement[bool]:
    return and_(
        _got(week),
        subscribers.c.state == "active",
        not_(_suppressed()),
        or_(subscribers.c.paused_until.is_(None), subscribers.c.paused_until <= now),
        _wanted(mask) != 0,
    )


def audience(connection: Connection, *, now: datetime, mask: int, week: Week) -> dict[int, int]:
    """Who would get an issue now: subscribers by variant (`mask` of wanted sections).

    A correction goes to those who got the issue and are still on the list.
    """
    rows = connection.execute(
        # By the column's name: PostgreSQL takes the expression with its parameters for another.
        select(_wanted(mask).label("variant"), func.count())
        .where(_in_audience(now, mask, week))
        .group_by(literal_column("variant"))
    )
    return {int(variant): int(count) for variant, count in rows}


def left_out(connection: Connection, *, now: datetime, mask: int, week: Week) -> dict[str, int]:
    """Why the others would not get it: counts by reason."""
    active = subscribers.c.state == "active"
    reasons: dict[str, ColumnElement[bool]] = {
        "suppressed": and_(active, _suppressed()),
        "paused": and_(active, not_(_suppressed()), _resting(now)),
        "none of their sections": and_(
            active,
            not_(_suppressed()),
            not_(func.coalesce(_resting(now), False)),
            _wanted(mask) == 0,
        ),
    }
    if week.correction:
        reasons["did not get the issue"] = and_(active, not_(_suppressed()), not_(_got(week)))
    counts = {
        str(state): int(count)
        for state, count in connection.execute(
            select(subscribers.c.state, func.count())
            .where(subscribers.c.state != "active")
            .group_by(subscribers.c.state)
        )
    }
    for reason, condition in reasons.items():
        count = connection.scalar(select(func.count()).select_from(subscribers).where(condition))
        if count:
            counts[reason] = int(count)
    return counts


def freeze(
    connection: Connection,
    *,
    week: Week,
    take: int,
    ref: str,
    approval_id: int,
    digest: str,
    mask: int,
    now: datetime,
    batch_size: int,
    lanes: int,
) -> tuple[int, int]:
    """Write the send, a delivery per reader and the batches; give its number and the audience.

    Raises `sqlalchemy.exc.IntegrityError` if somebody else froze the same take first.
    """
    send_id = int(
        connection.execute(
            insert(sends)
            .values(
                week=str(week),
                take=take,
                ref=ref,
                approval_id=approval_id,
                digest=digest,
                frozen_at=now,
            )
            .returning(sends.c.id)
        ).scalar_one()
    )
    first, total, runs = 1, 0, []
    for variant in _variants(connection, mask):
        count = _deliveries(connection, send_id, variant, mask, (now, week), first, batch_size)
        upto = first + -(-count // batch_size)
        runs.append((variant, first, upto))
        first, total = upto, total + count
    for variant, start, upto in runs:
        _batches(connection, send_id, variant, start, upto, (lanes, first - 1))
    counted = connection.scalar(
        select(func.sum(batches.c.size)).where(batches.c.send_id == send_id)
    )
    if total != (counted or 0):
        raise NewsletterError(
            f"Freezing {week} counted {total} readers and wrote {counted} into batches. Nothing "
            "was kept; please report this, with the kind and version of your database."
        )
    connection.execute(
        update(sends)
        .where(sends.c.id == send_id)
        .values(audience=total, audience_digest=audience_digest(connection, send_id))
    )
    return send_id, total


def set_times(
    connection: Connection, send_id: int, *, send_at: datetime | None, undo_until: datetime | None
) -> None:
    """Note when readers get it, which is known once the audience is."""
    connection.execute(
        update(sends).where(sends.c.id == send_id).values(send_at=send_at, undo_until=undo_until)
    )


def audience_digest(connection: Connection, send_id: int) -> str:
    """SHA-256 over the numbers of the frozen subscribers, ascending, each with a comma after it."""
    digest, last = hashlib.sha256(), 0
    while True:
        some = (
            select(deliveries.c.subscriber_id.label("number"))
            .where(deliveries.c.send_id == send_id, deliveries.c.subscriber_id > last)
            .order_by(deliveries.c.subscriber_id)
            .limit(_AT_ONCE)
            .subquery()
        )
        numbers, last = connection.execute(
            select(
                func.aggregate_strings(cast(some.c.number, String), ","), func.max(some.c.number)
            )
        ).one()
        if numbers is None:
            return digest.hexdigest()
        digest.update(f"{numbers},".encode())


def _variants(connection: Connection, mask: int) -> list[int]:
    """The choices of sections that anybody made, as far as this issue has them."""
    found = connection.scalars(
        select(_wanted(mask)).where(subscribers.c.state == "active").distinct()
    )
    return sorted(variant for variant in found if variant)


def _deliveries(
    connection: Connection,
    send_id: int,
    variant: int,
    mask: int,
    when: tuple[datetime, Week],
    first: int,
    batch_size: int,
) -> int:
    now, week = when
    position = func.row_number().over(order_by=subscribers.c.id) - 1
    written = connection.execute(
        insert(deliveries).from_select(
            ["send_id", "subscriber_id", "batch"],
            select(literal(send_id), subscribers.c.id, position // batch_size + first)
            .where(_in_audience(now, mask, week), _wanted(mask) == variant)
            .order_by(subscribers.c.id),
        ),
        execution_options={"preserve_rowcount": True},
    )
    return written.rowcount


def _batches(
    connection: Connection,
    send_id: int,
    variant: int,
    first: int,
    upto: int,
    spread: tuple[int, int],
) -> None:
    # Lanes are runs of neighbours, not dealt out in turn: a process that is cut off leaves
    # doubt in the one or two lanes that it was in, and only these are handed over again.
    lanes, whole = spread
    connection.execute(
        insert(batches).from_select(
            ["send_id", "number", "lane", "variant", "state", "size"],
            select(
                literal(send_id),
                deliveries.c.batch,
                ((deliveries.c.batch - 1) * lanes) // whole,
                literal(variant),
                cast(literal("ready"), String),
                func.count(),
            )
            .where(
                deliveries.c.send_id == send_id,
                deliveries.c.batch >= first,
                deliveries.c.batch < upto,
            )
            .group_by(deliveries.c.batch)
            .order_by(deliveries.c.batch),
        )
    )
