"""Alarms that stand: a cause is told once, and again only after it was gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from newsletter.store.schema import alerts
from newsletter.store.upsert import insert_into


def stand(connection: Connection, found: Mapping[str, str], now: datetime) -> list[str]:
    """Take in which causes stand now, with their words; give those that nobody was told of.

    Of two who look at once, one is given a cause.
    """
    connection.execute(delete(alerts).where(alerts.c.cause.not_in(list(found))))
    new = []
    for cause, words in found.items():
        row = insert_into(connection, alerts).values(cause=cause, since=now, told=words)
        done = connection.execute(row.on_conflict_do_nothing().returning(alerts.c.cause))
        new += [str(one) for one in done.scalars()]
    return new


def all(connection: Connection) -> dict[str, str]:
    """What stands, by cause."""
    rows = connection.execute(select(alerts.c.cause, alerts.c.told).order_by(alerts.c.since))
    return {row.cause: row.told for row in rows}
