"""`newsletter worker`: takes jobs from the queue until it is asked to stop.

A worker says every few seconds that it lives. What a dead one held is handed on by whichever
worker looks next, and a database that went away is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector, RetryStrategy, exceptions
from procrastinate import jobs as queued

from newsletter import journal, telemetry
from newsletter.errors import Refused
from newsletter.fleet import jobs, schedule, work
from newsletter.store import jobs as queue
from newsletter.store import ticks
from newsletter.store.database import WIRE, Unreachable
from newsletter.wiring import House

_LONGEST_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two signs of life, until a silent worker counts as dead, between two looks
    at the calendar and at what the dead left, and how long a job may take once asked to stop."""

    heartbeat: float = 10.0
    dead: float = 35.0
    calendar: float = 5.0
    inherit: float = 10.0
    poll: float = 5.0
    grace: float = 120.0


def run(
    house: House,
    *,
    at_a_time: int = 4,
    queues: Sequence[str] = (),
    until_empty: bool = False,
    rhythm: Rhythm = Rhythm(),
) -> None:
    """Work until SIGTERM or SIGINT, or with `until_empty` until no job waits.

    What is in hand is finished first, for as long as the grace lasts. Raises `Refused` on SQLite.
    """
    if house.settings.database.startswith("sqlite"):
        raise Refused(
            "A worker needs PostgreSQL, and DATABASE_URL names SQLite. One machine does without "
            "workers: newsletter serve --with-schedule. To grow: newsletter move --to "
            "postgresql://USER:PASSWORD@HOST/NAME"
        )
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    journal.also_from_libraries()
    with _stopping(house.stop):
        _wait_for_database(house)
        if house.stop.is_set():
            return
        # Built before there are threads: each of them would build its own.
        _ = house.means, house.templates, house.shop, house.gather_limits
        asyncio.run(_work(house, at_a_time, tuple(queues), until_empty, rhythm))


def _wait_for_database(house: House) -> None:
    """A worker that comes up before its database, after a power cut say, waits for it."""
    pause = 0.5
    while not house.stop.is_set():
        try:
            _ = house.db
        except Unreachable as error:
            journal.warning("the database does not answer", error=str(error), pause=pause)
            house.stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return


async def _work(
    house: House, at_a_time: int, queues: Sequence[str], until_empty: bool, rhythm: Rhythm
) -> None:
    pause = 0.5
    chosen: dict[str, Any] = {"queues": queues} if queues else {}
    while not house.stop.is_set():
        try:
            async with _beside(house, rhythm, calendar=not until_empty) as app:
                pause = 0.5
                await _until_stopped(
                    house.stop,
                    app.run_worker_async(
                        concurrency=at_a_time,
                        wait=not until_empty,
                        install_signal_handlers=False,
                        delete_jobs="successful",
                        fetch_job_polling_interval=rhythm.poll,
                        update_heartbeat_interval=rhythm.heartbeat,
                        stalled_worker_timeout=rhythm.dead,
                        shutdown_graceful_timeout=rhythm.grace,
                        **chosen,
                    ),
                )
            if until_empty:
                return
        except (exceptions.ConnectorException, OSError) as error:
            journal.warning("the database does not answer", error=type(error).__name__, pause=pause)
        await _slept(house.stop, pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _until_stopped(stop: threading.Event, working: Any) -> None:
    """Run the worker; once asked to stop, have it finish what it has in hand."""
    task = asyncio.ensure_future(working)
    while not task.done():
        if stop.is_set():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            return
        await asyncio.wait({task}, timeout=0.2)
    task.result()


async def _slept(stop: threading.Event, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while not stop.is_set() and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _beside(house: House, rhythm: Rhythm, *, calendar: bool) -> AsyncIterator[App]:
    """Open the queue; beside the worker, hand on what the dead left and keep the calendar."""
    async with application(house).open_async() as app:
        loops = [_again(house.stop, rhythm.inherit, lambda: inherit(app, rhythm.dead))]
        if calendar:
            loops.append(
                _again(house.stop, rhythm.calendar, lambda: asyncio.to_thread(defer_due, house))
            )
        tasks = [asyncio.create_task(one) for one in loops]
        try:
            yield app
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _again(stop: threading.Event, seconds: float, act: Callable[[], Any]) -> None:
    while not stop.is_set():
        try:
            await act()
        except Exception as error:  # the next time it may be well again
            journal.warning("beside the worker something failed", error=work.told(error))
        await _slept(stop, seconds)


async def inherit(app: App, dead: float) -> int:
    """Put back what workers hold that have given no sign of life for so long; give the number."""
    left = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead))
    handed_on = 0
    for job in left:
        # Another worker may have handed it on between the two statements.
        with contextlib.suppress(exceptions.ConnectorException):
            await app.job_manager.retry_job(job)
            handed_on += 1
            journal.warning("a worker died; its job is handed on", job=job.task_name, id=job.id)
    return handed_on


def defer_due(house: House) -> list[str]:
    """Make jobs of what the calendar says is due, each moment once; give their names."""
    made = []
    for name, moment in schedule.due(house, fleet=True):
        with house.db.write() as connection:
            if ticks.begin(connection, name, moment, house.clock()):
                queue.defer(
                    connection,
                    "calendar",
                    queue="calendar",
                    once=f"calendar {name}",
                    name=name,
                    moment=moment.isoformat(),
                )
                made.append(name)
    return made


def application(house: House) -> App:
    """Give the queue with every task bound to this house; nothing is opened yet."""
    address = house.db.engine.url.set(drivername="postgresql")
    app = App(
        connector=PsycopgConnector(
            conninfo=address.render_as_string(hide_password=False), kwargs=dict(WIRE)
        )
    )
    for name, task in jobs.TASKS.items():
        app.task(
            name=name,
            queue=task.queue,
            retry=_Patient(max_attempts=task.tries),
        )(_bound(house, name, task.does))
    return app


class _Patient(RetryStrategy):
    """Tries again after 3, 9, 27 ... seconds, an hour at most."""

    def get_retry_decision(self, *, exception: BaseException, job: queued.Job) -> Any:
        from procrastinate import RetryDecision

        if isinstance(exception, jobs.Elsewhere):
            return RetryDecision(retry_in={"seconds": 2})
        if self.max_attempts and job.attempts + 1 >= self.max_attempts:
            return None
        return RetryDecision(retry_in={"seconds": min(3 ** (job.attempts + 1), 3600)})


def _bound(house: House, name: str, does: Callable[..., object]) -> Callable[..., None]:
    @functools.wraps(does)
    def job(**arguments: Any) -> None:
        told = jobs.words(arguments)
        journal.info("a job begins", job=name, arguments=told)
        began = datetime.now().astimezone()
        try:
            with journal.about(job=name), telemetry.span(f"job {name}"):
                does(house, **arguments)
        except jobs.Elsewhere:
            raise
        except Exception as error:
            journal.warning("a job failed", job=name, arguments=told, error=work.told(error))
            raise
        took = (datetime.now().astimezone() - began).total_seconds()
        journal.info("a job is done", job=name, arguments=told, seconds=round(took, 3))

    # The queue asks whether the task wants its context by looking at this.
    del job.__wrapped__
    return job


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop the worker once it is done with what it has in hand."""

    def asked(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {one: signal.signal(one, asked) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
