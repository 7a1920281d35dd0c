"""The calendar on one machine: one thread does what is due, one thing after the other.

Two processes that keep the same calendar share it: a moment is taken by one of them, in the
database, before anything is done.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from newsletter import journal, telemetry
from newsletter.fleet import calendar, work
from newsletter.store import ticks
from newsletter.wiring import House

_BEAT = 5.0


def run_due(house: House) -> list[str]:
    """Do what is due now and nobody has begun; give the names of what was done.

    What fails is noted and told, and comes again at its next moment.
    """
    done = []
    for name, moment in due(house, fleet=False):
        with house.db.write() as connection:
            if not ticks.begin(connection, name, moment, house.clock()):
                continue
        finish(house, name, moment)
        done.append(name)
    return done


def due(house: House, *, fleet: bool) -> list[tuple[str, datetime]]:
    """What may be begun now, with its moment."""
    settings = house.settings
    return calendar.due(settings.calendar.hours(), house.clock(), settings.zone, fleet=fleet)


def finish(house: House, name: str, moment: datetime) -> None:
    """Do one entry and note what came of it; a failure is noted as well, never raised."""
    outcome = trouble = ""
    try:
        with journal.about(entry=name), telemetry.span(f"calendar {name}"):
            outcome = work.perform(house, name)
    except Exception as error:
        trouble = work.told(error)
        journal.warning("the calendar's work failed", entry=name, error=trouble)
    else:
        journal.info("the calendar's work is done", entry=name, outcome=outcome)
    with house.db.write() as connection:
        ticks.end(connection, name, moment, house.clock(), outcome=outcome, trouble=trouble)


@contextmanager
def kept(house: House) -> Iterator[None]:
    """Keep the calendar in a thread, from here to the end of the block."""
    # Built before there are two threads: each of them would build its own.
    _ = house.means, house.templates, house.shop
    over = threading.Event()

    def keep() -> None:
        while not over.wait(_BEAT if _tried(house) else 4 * _BEAT):
            pass

    thread = threading.Thread(target=keep, name="calendar", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tried(house: House) -> bool:
    try:
        run_due(house)
    except Exception as error:
        journal.warning("the calendar cannot be kept now", error=work.told(error))
        return False
    return True
