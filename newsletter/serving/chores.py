"""What no request waits for: queued mail goes out, the provider hears of new suppressions, and
while mail stays here the sandbox's hour goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from newsletter import journal
from newsletter.deliver import events as reporting
from newsletter.errors import NewsletterError
from newsletter.sending import singles, telling
from newsletter.signup import Keeping, tidy
from newsletter.store import inbox, jobs
from newsletter.wiring import House

_EVERY = 1.0
_HOUR = 3600.0
_LEFT = timedelta(minutes=1)
_LONGEST_PAUSE = 60.0


@contextmanager
def chores(house: House) -> Iterator[None]:
    """Do the chores in a thread, from here to the end of the block."""
    # Built before there are two threads: each of them would open a store of its own.
    means, templates = house.means, house.templates
    tasks: list[Callable[[], object]] = [
        # First the provider hears who came back, or it would drop their welcome.
        lambda: telling.tell(means),
        lambda: singles.dispatch(means, templates),
    ]
    join = house.settings.join
    keeping = Keeping(
        pending=timedelta(days=join.pending_days),
        origins=timedelta(days=join.origin_days),
        reminder=join.reminder,
    )
    # First of all who left while the database took no writes: they are to get nothing more.
    tasks.insert(0, house.take_leaves)
    if not house.db.is_sqlite:
        tasks.append(lambda: _digest_what_waits(house))
    tasks.append(_hourly(lambda: tidy(house.db, keeping, house.clock())))
    if house.settings.local:
        tasks.append(house.settle)
    over = threading.Event()
    thread = threading.Thread(target=_work, args=(tasks, over), name="chores", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _digest_what_waits(house: House) -> None:
    """Take in reports that were left to workers of whom none lives any more."""
    with house.db.read() as connection:
        if jobs.workers(connection):
            return
        left = inbox.waiting(connection, before=house.clock() - _LEFT)
    for number in left:
        with house.db.read() as connection:
            raw = inbox.body(connection, number)
        if raw is not None:
            house.digest(reporting.parse(raw), waiting=number)


def _hourly(task: Callable[[], object]) -> Callable[[], object]:
    """Do a task at once, and then once an hour; what failed is tried again with the others."""
    due = 0.0

    def sometimes() -> None:
        nonlocal due
        if time.monotonic() >= due:
            task()
            due = time.monotonic() + _HOUR

    return sometimes


def _work(tasks: Sequence[Callable[[], object]], over: threading.Event) -> None:
    """Do all tasks every second; after a failure the pause doubles, up to a minute."""
    pause = _EVERY
    while not over.is_set():
        failed = [task for task in tasks if not _done(task)]
        pause = min(pause * 2, _LONGEST_PAUSE) if failed else _EVERY
        over.wait(pause)


def _done(task: Callable[[], object]) -> bool:
    try:
        task()
    except Exception as error:
        # Its text may hold somebody's address; what a person can mend is told in full.
        known = isinstance(error, NewsletterError)
        journal.warning("a chore failed", error=str(error) if known else type(error).__name__)
        return False
    return True
