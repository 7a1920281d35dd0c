"""Commands that tell how a send stands: `status`, `reconcile`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from newsletter.cli.speech import (
    PROBLEMS,
    JsonOption,
    WeekArgument,
    leave,
    opened,
    say,
    show,
    show_json,
    show_table,
    week_of,
)
from newsletter.errors import Refused
from newsletter.model import Figures
from newsletter.sending import figures as counting
from newsletter.sending import proof, tables
from newsletter.store import issues

# The tables of a terminal; `--json` and `--csv` have all rows.
_MOST_ROWS = 12


def register(app: typer.Typer) -> None:
    for command in (status, reconcile):
        app.command()(command)


def status(
    week: WeekArgument = "",
    json: JsonOption = False,
    csv: Annotated[bool, typer.Option("--csv", help="print all figures as CSV")] = False,
) -> None:
    """Say how an issue stands."""
    with opened() as house:
        house.settle()
        wanted = week_of(house, week, corrections=True)
        found = proof.status(house.db, wanted)
        figures = counting.shown(
            counting.of_week(house.db, wanted, house.clock()),
            opens=house.settings.track_opens,
            clicks=house.settings.track_clicks,
        )
        with house.db.read() as connection:
            approval = issues.newest_approval(connection, wanted)
        drafted = house.papers.words(wanted) is not None
        outbox = str(house.settings.outbox) if house.settings.local else None
    stage = "sent" if found else "approved" if approval else "drafted" if drafted else "not drafted"
    if csv:
        if figures is None:
            raise Refused(f"{wanted} was not sent: there are no figures yet.")
        for line in tables.lines(figures):
            show(line)
        return
    if json:
        show_json(
            {
                "week": str(wanted),
                "stage": stage,
                "approved_by": approval.by if approval else None,
                "approved_at": approval.at.isoformat() if approval else None,
                "outbox": outbox,
                "send": proof.as_json(found) if found else None,
                **(proof.as_json(found) if found else {}),
                "figures": tables.as_json(figures) if figures else None,
            }
        )
        return
    if found is None:
        step = {
            "approved": f"newsletter send {wanted}",
            "drafted": f"newsletter check {wanted}",
            "not drafted": f"newsletter draft {wanted}",
        }[stage]
        say(f"{wanted} is {stage}. Next: {step}")
        return
    _show_status(found, figures, outbox)


def _show_status(found: proof.Status, figures: Figures | None, outbox: str | None) -> None:
    send_ = found.send
    show(f"{send_.week}  {send_.state.value}  frozen {send_.frozen_at:%Y-%m-%d %H:%M} UTC")
    if send_.send_at:
        show(f"delivered {send_.send_at:%Y-%m-%d %H:%M} UTC")
    if send_.reason:
        show(send_.reason)
    show_table(
        ("recipients", ""),
        [(name, f"{number}") for name, number in asdict(found.standing).items()],
    )
    if found.rate:
        left = found.seconds_left or 0
        rest = f", {timedelta(seconds=round(left))} left" if left else ""
        show(f"{found.rate:,.0f} a second{rest}")
    if figures:
        _show_figures(figures)
    if outbox:
        show(f"outbox {outbox}")


def _show_figures(found: Figures) -> None:
    show_table(
        ("what became of it", ""),
        [(name, str(getattr(found, name))) for name in tables.NUMBERS],
    )
    if found.waits:
        waits = found.waits
        show(
            f"to the inbox: half within {duration(waits.median)}, nine of ten within "
            f"{duration(waits.p90)}, 99 % within {duration(waits.p99)}"
        )
    for name, both in (("opened", found.opens), ("clicked", found.clicks)):
        if both:
            show(f"{name}: {both.people:,} people; {both.machines:,} more by machines alone")
    if found.fallen:
        show_table(
            ("did not arrive", "", "cause", "at", "people"),
            [
                (one.kind, "for good" if one.lasting else "", one.cause, one.mailbox, one.people)
                for one in found.fallen[:_MOST_ROWS]
            ],
        )
    if found.mailboxes:
        names = ("delivered", "deferred", "bounced", "blocked", "complained")
        show_table(
            ("mailbox provider", *names),
            [
                (one.mailbox, *(getattr(one, name) for name in names))
                for one in found.mailboxes[:_MOST_ROWS]
            ],
        )


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `1 h 5 min`."""
    minutes, hours = round(seconds / 60), int(seconds // 3600)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if not hours else f"{hours} h {minutes - 60 * hours} min"


def reconcile(week: WeekArgument = "", json: JsonOption = False) -> None:
    """Prove that everyone is accounted for, in the ledger and by events."""
    with opened() as house:
        house.settle()
        found = proof.reconcile(house.db, week_of(house, week, corrections=True))
    if json:
        show_json(
            {
                "week": str(found.week),
                **asdict(found.standing),
                "events": found.events,
                "without_event": found.without_event,
                "differences": list(found.differences),
                "agrees": not found.differences,
            }
        )
    else:
        show_table(
            ("recipients", ""),
            [(name, str(number)) for name, number in asdict(found.standing).items()],
        )
    for sentence in found.differences:
        say(f"  difference: {sentence}")
    if found.without_event:
        say(f"  no event yet tells of {found.without_event:,} accepted recipients.")
    if not found.differences:
        say(f"{found.week}: every recipient is accounted for.")
    leave(PROBLEMS if found.differences else 0)
