"""Commands by which things happen by themselves: `worker`, `schedule`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from newsletter.cli.speech import PARTLY, JsonOption, leave, opened, say, show_json, show_table
from newsletter.errors import WrongUsage
from newsletter.fleet import calendar, jobs, schedule
from newsletter.store import ticks
from newsletter.wiring import House


def register(app: typer.Typer) -> None:
    app.command("worker")(work)
    app.command("schedule")(keep)


def work(
    at_a_time: Annotated[int, typer.Option(min=1, max=64, help="jobs at a time")] = 4,
    queue: Annotated[
        list[str] | None, typer.Option(help="only this queue; repeat it for more")
    ] = None,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="end when no job waits")
    ] = False,
) -> None:
    """Do the work that jobs in the queue ask for, on any number of machines."""
    from newsletter.fleet import worker

    for one in queue or ():
        if one not in jobs.QUEUES:
            raise WrongUsage(f"{one!r} is no queue. There are: {', '.join(jobs.QUEUES)}.")
    with opened(sends=True) as house:
        worker.run(house, at_a_time=at_a_time, queues=queue or (), until_empty=until_empty)


def keep(
    show: Annotated[bool, typer.Option("--show", help="only say what is due when")] = False,
    json: JsonOption = False,
) -> None:
    """Do what the calendar says is due; for cron and systemd timers."""
    with opened(sends=not show) as house:
        done = [] if show else schedule.run_due(house)
        house.settle()
        rows = _rows(house)
    if json:
        show_json({"done": done, "entries": rows})
    elif show:
        show_table(
            ("entry", "when", "next", "last", "what came of it"),
            [
                (
                    row["name"],
                    row["when"],
                    row["next"] or "never",
                    row["last"] or "not yet",
                    row["trouble"] or row["outcome"],
                )
                for row in rows
            ],
        )
    else:
        say(f"Done: {', '.join(done)}." if done else "Nothing is due.")
    failed = [row for row in rows if row["name"] in done and row["trouble"]]
    for row in failed:
        say(f"  failed: {row['name']}: {row['trouble']}")
    leave(PARTLY if failed else 0)


def _rows(house: House) -> list[dict[str, Any]]:
    hours, now, zone = house.settings.calendar.hours(), house.clock(), house.settings.zone
    with house.db.read() as connection:
        last = {one.name: one for one in ticks.all(connection)}
    rows = []
    for entry in calendar.CALENDAR:
        cron, tick = hours[entry.name], last.get(entry.name)
        coming = None if cron == calendar.NEVER else calendar.next_moment(cron, now, zone)
        rows.append(
            {
                "name": entry.name,
                "does": entry.does,
                "when": cron,
                "next": _time(coming.astimezone(zone) if coming else None),
                "last": _time(tick.begun_at.astimezone(zone) if tick else None),
                "outcome": tick.outcome if tick else "",
                "trouble": tick.trouble if tick else "",
            }
        )
    return rows


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="minutes") if moment else None
