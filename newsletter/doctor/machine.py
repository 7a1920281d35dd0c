"""Looks that need no network: settings, database, secret, disk, feeds, calendar, queue."""

from __future__ import annotations

import shutil
import stat
from datetime import timedelta

from newsletter.doctor.findings import Findings, Found, Level
from newsletter.fleet import calendar
from newsletter.model import SourceState
from newsletter.store import alerts, jobs, migrate, sources, ticks
from newsletter.urls import without_credentials
from newsletter.wiring import House

_LITTLE, _TOO_LITTLE = 2 * 1024**3, 256 * 1024**2
_SILENT = timedelta(days=2)
_SHOWN = 5


def settings(house: House) -> Findings:
    """Whether what the law and the readers' links need is set."""
    if missing := house.missing():
        yield Found("settings", Level.ERROR, *_parted(missing))
    else:
        yield Found("settings", Level.OK, "sender and postal address are set")
    if not house.settings.editors:
        yield Found(
            "settings",
            Level.WARNING,
            "nobody may use the desk on the web, and anybody's name approves",
            "Set NEWSLETTER_EDITORS.",
        )
    if not (house.settings.operators or house.settings.editors):
        yield Found(
            "settings", Level.WARNING, "nobody is told of alarms", "Set NEWSLETTER_OPERATORS."
        )
    if house.settings.drill:
        yield Found(
            "settings",
            Level.ERROR,
            "NEWSLETTER_DRILL is set: sends kill themselves",
            "Unset it.",
        )


def database(house: House) -> Findings:
    """Whether it answers, is migrated, has the tables that are expected, and is whole."""
    where = house.db.describe()
    found = house.db.revision()
    migrate.check(house.db)
    yield Found("database", Level.OK, f"{where} answers and stands at revision {found}")
    if house.db.is_sqlite:
        with house.db.read() as connection:
            said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if said != "ok":
            yield Found(
                "database",
                Level.ERROR,
                f"the SQLite file is damaged: {said}",
                "Stop everything and run: newsletter restore FILE, with your last backup.",
            )


def secret(house: House) -> Findings:
    """Whether the secret is there and its owner's alone."""
    if house.settings.secret:
        yield Found("secret", Level.OK, "NEWSLETTER_SECRET is set")
        return
    path = house.settings.folder("subscribers") / "secret"
    _ = house.secrets
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Found(
            "secret",
            Level.ERROR,
            f"{path} can be read by others (mode {mode:04o})",
            f"Run: chmod 600 {path}. If others may have read it, change it: see docs/settings.md.",
        )
    else:
        yield Found("secret", Level.OK, f"{path} is its owner's alone")


def disk(house: House) -> Findings:
    """Whether there is room for the database, its log and the outbox."""
    free = shutil.disk_usage(house.settings.home).free
    level = Level.ERROR if free < _TOO_LITTLE else Level.WARNING if free < _LITTLE else Level.OK
    yield Found(
        "disk",
        level,
        f"{free / 1024**3:,.1f} GiB are free at {house.settings.home}",
        "" if level is Level.OK else "Make room, or move NEWSLETTER_HOME to another disk.",
    )


def feeds(house: House) -> Findings:
    """How the feeds were when they were last asked."""
    with house.db.read() as connection:
        every = [one for one in sources.all(connection) if one.state is SourceState.ACTIVE]
    failing = [one for one in every if one.failures]
    if not every:
        yield Found(
            "feeds",
            Level.WARNING,
            "there is no source",
            "Run: newsletter sources import feeds.opml, or newsletter sources add URL.",
        )
        return
    yield Found("feeds", Level.OK, f"{len(every) - len(failing)} of {len(every)} feeds are well")
    for one in failing[:_SHOWN]:
        yield Found(
            "feeds",
            Level.WARNING,
            f"{without_credentials(one.url)} failed {one.failures} times: {one.failure}",
            f"Look at it, or run: newsletter sources pause {without_credentials(one.url)}",
        )
    if len(failing) > _SHOWN:
        yield Found(
            "feeds",
            Level.WARNING,
            f"{len(failing) - _SHOWN} more feeds fail",
            "Run: newsletter sources list",
        )


def by_itself(house: House) -> Findings:
    """Whether the calendar is kept, workers live, and no alarm stands."""
    now = house.clock()
    with house.db.read() as connection:
        last = ticks.all(connection)
        alive, waiting = jobs.workers(connection), jobs.waiting(connection)
        standing = alerts.all(connection)
    newest = max((one.begun_at for one in last), default=None)
    if newest is None or now - newest > _SILENT:
        yield Found(
            "calendar",
            Level.WARNING,
            f"nothing happened by itself since {newest:%Y-%m-%d}" if newest else "it is not kept",
            "Run newsletter serve --with-schedule, a worker, or newsletter schedule from cron.",
        )
    else:
        yield Found("calendar", Level.OK, f"it was kept last on {newest:%Y-%m-%d %H:%M} UTC")
    does = {entry.name: entry.does for entry in calendar.CALENDAR}
    for one in last:
        if one.trouble:
            yield Found(
                "calendar",
                Level.WARNING,
                f"what {does.get(one.name, one.name)} failed: {one.trouble}",
                "Mend that; it comes again at its next hour.",
            )
    if not house.db.is_sqlite:
        yield _workers(alive, waiting)
    for told in standing.values():
        yield Found("alarms", Level.WARNING, *_parted(told))


def _workers(alive: int, waiting: dict[str, int]) -> Found:
    todo, failed = waiting.get("todo", 0), waiting.get("failed", 0)
    text = f"{alive} workers live; {todo} jobs wait, {failed} failed for good"
    if todo and not alive:
        return Found("workers", Level.WARNING, text, "Start one: newsletter worker")
    if failed:
        return Found("workers", Level.WARNING, text, "The workers' journals say why they failed.")
    return Found("workers", Level.OK, text)


def _parted(sentences: str) -> tuple[str, str]:
    """What is wrong, and what follows after the first sentence as its cure."""
    what, _, cure = sentences.partition(". ")
    return (what.rstrip("."), cure) if cure else (what.rstrip("."), "See docs/troubleshooting.md.")
