"""The command that sends an approved issue, and what it shows before and after."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Annotated

import typer

from newsletter.cli.speech import (
    PARTLY,
    WeekArgument,
    count,
    leave,
    opened,
    say,
    week_of,
)
from newsletter.cli.watching import watched_send
from newsletter.errors import BadValue, NewsletterError, Refused, WrongUsage
from newsletter.model import Approval, Email, SendState, Week
from newsletter.pipeline import approving, correcting, editing
from newsletter.sending import account, handover, lanes, singles
from newsletter.sending.freezing import Plan, plan
from newsletter.store import issues, ledger
from newsletter.wiring import House


def register(app: typer.Typer) -> None:
    app.command()(send)


def send(
    week: WeekArgument = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the plan, write nothing")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    test_to: Annotated[str, typer.Option(help="send a marked test to this address only")] = "",
    at: Annotated[str, typer.Option(help="when readers get it, at most 72 hours ahead")] = "",
    late: Annotated[bool, typer.Option("--late", help="go on with a send that lay long")] = False,
    not_sent_before: Annotated[
        bool, typer.Option("--not-sent-before", help="after a restore: nobody got it before")
    ] = False,
    to_workers: Annotated[
        bool, typer.Option("--to-workers", help="freeze it and leave the rest to the workers")
    ] = False,
) -> None:
    """Send the approved issue to every confirmed subscriber, each once; or go on where it stood."""
    with opened(sends=True) as house:
        wanted = week_of(house, week, corrections=True)
        if test_to:
            _complete(house)
            _test(house, wanted, Email.parse(test_to))
            return
        try:
            approval = _approval(house, wanted)
        except NewsletterError as error:
            missing = house.missing()
            raise Refused(f"{error}\nAlso, {missing}" if missing else str(error)) from error
        _complete(house)
        when = _moment(at, house.settings.zone) if at else None
        planned = plan(house.means, approval, at=when)
        if dry_run:
            _show_plan(planned)
            return
        if planned.standing == SendState.DONE:
            say(f"{wanted} was sent before; nothing more is sent.")
        else:
            _ask(planned, yes)
        with _stoppable(house), watched_send() as progress:
            try:
                done = handover.send(
                    house.means,
                    approval,
                    at=when,
                    late=late,
                    leave=to_workers,
                    restored=not_sent_before,
                    progress=progress,
                )
            except NewsletterError:
                account.write(house.db, house.papers, wanted)
                raise
        account.write(house.db, house.papers, wanted)
        house.settle()
    if to_workers and not done.complete:
        say(f"{wanted} is left to the workers. See how it goes: newsletter status {wanted}")
        return
    _tell(done)


def _complete(house: House) -> None:
    if missing := house.missing():
        raise Refused(missing)


def _approval(house: House, week: Week) -> Approval:
    """What may be sent: the approval as it stands, or what a send under way froze."""
    with house.db.read() as connection:
        under_way = ledger.newest(connection, week)
        if under_way and under_way.state is not SendState.UNDONE:
            frozen = issues.approval(connection, under_way.approval_id)
        else:
            frozen = None
    if frozen is None and week.correction:
        return correcting.approved(house.shop, week)
    if frozen is None:
        return approving.approved(house.shop, week)
    if under_way and under_way.state is SendState.OPEN and not week.correction:
        try:
            changed = approving.changes(house.shop, frozen)
        except Exception as error:  # the send goes on with what was frozen, whatever lies there
            changed = [str(error)]
        if changed:
            say(
                f"Note: {week} changed since it was approved ({'; '.join(changed)}). This send "
                "goes on with what was approved and frozen."
            )
    return frozen


def _test(house: House, week: Week, to: Email) -> None:
    if week.correction:
        mail = correcting.approved(house.shop, week).rendered
    else:
        mail = editing.rendered(house.shop, editing.load(house.shop, week))
    singles.send_test(house.means, house.templates, week, mail, to)
    say(f"A test of {week} went to {to}.")


def _ask(planned: Plan, yes: bool) -> None:
    _show_plan(planned)
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUsage("Nobody is here to answer. Look at the plan and run it with --yes.")
    if not typer.confirm(f"Send {planned.week} to {planned.audience:,} people?", err=True):
        raise Refused("Nothing was sent.")


def _show_plan(planned: Plan) -> None:
    when = "at once, as it is handed over; it cannot be undone"
    if planned.send_at:
        when = f"{planned.send_at:%Y-%m-%d %H:%M} UTC"
    cost = f"{planned.batches:,} of up to 1,000 readers, {planned.requests_at_a_time} at a time"
    if planned.lanes:
        cost += f"; {planned.lanes} for batch ids"
    rows = [
        ("issue", f"{planned.week} {planned.standing}".strip()),
        ("subject", planned.subject),
        ("approved", f"by {planned.approved_by} on {planned.approved_at:%Y-%m-%d %H:%M} UTC"),
        ("audience", f"{planned.audience:,} active"),
        *((f"  not: {why}", f"{number:,}") for why, number in planned.left_out.items()),
        ("requests", cost),
        ("hand-over", f"about {planned.hand_over} at most"),
        ("delivered", when),
    ]
    if planned.undo_until:
        rows.append(("undo until", f"{planned.undo_until:%Y-%m-%d %H:%M} UTC"))
    for name, value in rows:
        say(f"{name:>12}  {value}")


@contextmanager
def _stoppable(house: House) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C finish what is in flight; a second one ends at once."""

    def stop(_number: int, _frame: object) -> None:
        if house.stop.is_set():
            raise KeyboardInterrupt
        house.stop.set()
        say("Stopping: what is in flight is finished and recorded.")

    before = {one: signal.signal(one, stop) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _tell(done: handover.Sent) -> None:
    found, week = done.standing, done.send.week
    say(
        f"{week}: {found.accepted:,} of {found.audience:,} accepted, "
        f"{found.suppressed:,} suppressed, {found.refused:,} refused, "
        f"{found.unknown:,} unknown, {found.waiting + found.sending:,} waiting."
    )
    if done.send.state is SendState.UNDONE:
        say(f"{week} was undone; nobody gets it.")
    elif done.send.reason == lanes.BEING_UNDONE:
        say(f"{week} is being undone. If that was cut off: newsletter undo {week}")
    elif done.send.state is SendState.PAUSED:
        say(f"{week} is paused: {done.send.reason}. Go on with: newsletter resume {week}")
    elif found.unknown:
        say(
            f"Whether {count(found.unknown, 'recipient')} got it is not known: the answer was "
            f"lost. Events will tell, or decide: newsletter resolve {week} --resend or --give-up"
        )
    elif not done.complete:
        say(f"Not everything is handed over. Run again: newsletter send {week}")
    if done.complete and done.send.undo_until:
        say(
            f"Delivered {done.send.send_at:%Y-%m-%d %H:%M} UTC; until "
            f"{done.send.undo_until:%H:%M} UTC: newsletter undo {week}"
        )
    leave(PARTLY if found.unknown or found.refused or found.waiting or found.sending else 0)


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue(
            f"{text!r} is not a time. Write it like 2026-11-20T06:30 or 2026-11-20T06:30Z."
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
