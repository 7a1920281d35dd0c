"""A database moved to another one, of the same kind or the other, and proved to be the same."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from newsletter.errors import Refused
from newsletter.model import BatchState
from newsletter.store import Database, carry, ledger
from newsletter.store.carry import Sum


@dataclass(frozen=True, slots=True)
class Moved:
    """What one table came to on both sides."""

    table: str
    here: Sum
    there: Sum

    @property
    def same(self) -> bool:
        return self.here == self.there


def move(here: Database, there: Database) -> list[Moved]:
    """Copy every row into an empty database, in one transaction; read both sides and compare.

    Memory does not grow with the rows. Raises `Refused` if there are rows on the other side, if
    a send is being handed over, or (nothing is kept there then) if a table is not the same.
    """
    if here.engine.url == there.engine.url:
        raise Refused("That is the database which is used already: there is nothing to move.")
    there.upgrade()
    written: dict[str, Sum] = {}
    read: dict[str, Sum] = {}
    with here.read() as source, there.write() as target:
        carry.snapshot(source)
        _refuse_under_way(source)
        if rows := carry.occupied(target):
            raise Refused(
                f"{there.describe()} is not empty ({_listed(rows)}). Name an empty database: a "
                "move never mixes two lists."
            )
        for table in carry.TABLES:
            told = Sum()
            found = carry.lines(source, table, told)
            carry.take(target, table, carry.columns(table), found)
            read[table.name] = told
        written = carry.sums(target)
        moved = [Moved(name, read[name], written[name]) for name in read]
        if differing := [one.table for one in moved if not one.same]:
            raise Refused(
                f"{', '.join(differing)} came out differently on the other side. Nothing was kept "
                "there; please report this, with the kind and version of both databases."
            )
    return moved


def _refuse_under_way(connection: Connection) -> None:
    for send in ledger.open_sends(connection, paused=True):
        held = ledger.by_state(connection, send.id).get(BatchState.SENDING, 0)
        if held:
            raise Refused(
                f"{send.week} is being handed over ({held} requests under way). Stop it first: "
                f"newsletter pause {send.week}, and stop serve and workers; then move."
            )


def _listed(rows: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in list(rows.items())[:3])
