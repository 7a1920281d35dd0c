"""Signed reports that were taken in whole and wait for a worker, whose job commits with them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from newsletter.store import jobs
from newsletter.store.schema import reports


def keep(connection: Connection, body: bytes, now: datetime) -> int:
    """Keep a verified report, byte for byte, and make the job of digesting it; give its number."""
    row = insert(reports).values(received_at=now, body=body).returning(reports.c.id)
    number: int = connection.execute(row).scalar_one()
    jobs.defer(connection, "digest", queue="events", once=f"digest {number}", report=number)
    return number


def body(connection: Connection, number: int) -> bytes | None:
    """A report that waits; None if it was digested."""
    found = connection.scalar(select(reports.c.body).where(reports.c.id == number))
    return bytes(found) if found is not None else None


def discard(connection: Connection, number: int) -> bool:
    """Take a report from those that wait; False if somebody else did."""
    found = connection.execute(delete(reports).where(reports.c.id == number))
    return found.rowcount == 1


def waiting(connection: Connection, *, before: datetime) -> list[int]:
    """The numbers of reports that have waited since before a moment, oldest first."""
    rows = connection.execute(
        select(reports.c.id)
        .where(reports.c.received_at < before)
        .order_by(reports.c.received_at)
        .limit(1000)
    )
    return list(rows.scalars())
