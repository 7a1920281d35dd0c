"""Ticks of the calendar: of each entry the newest moment at which it was begun, by one alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from newsletter.store.schema import ticks
from newsletter.store.upsert import insert_into


@dataclass(frozen=True, slots=True)
class Tick:
    """An entry's newest moment. `trouble` is why it failed; neither text holds an address."""

    name: str
    due_at: datetime
    begun_at: datetime
    done_at: datetime | None
    outcome: str
    trouble: str


def begin(connection: Connection, name: str, due_at: datetime, now: datetime) -> bool:
    """Take an entry's moment; False if somebody took it, or a later one, before."""
    row = {"due_at": due_at, "begun_at": now, "done_at": None, "outcome": "", "trouble": ""}
    statement = insert_into(connection, ticks).values(name=name, **row)
    taken = connection.execute(
        statement.on_conflict_do_update(
            index_elements=[ticks.c.name], set_=row, where=ticks.c.due_at < due_at
        ),
        execution_options={"preserve_rowcount": True},
    )
    return taken.rowcount == 1


def end(
    connection: Connection,
    name: str,
    due_at: datetime,
    now: datetime,
    *,
    outcome: str = "",
    trouble: str = "",
) -> None:
    """Note what came of a moment, unless a later one has begun."""
    connection.execute(
        update(ticks)
        .where(ticks.c.name == name, ticks.c.due_at == due_at)
        .values(done_at=now, outcome=outcome[:500], trouble=trouble[:500])
    )


def all(connection: Connection) -> list[Tick]:
    """The newest moment of each entry that was ever begun, by name."""
    rows = connection.execute(select(ticks).order_by(ticks.c.name))
    return [Tick(**row._asdict()) for row in rows]
