"""Commands that an operator steers a send with: `undo`, `pause`, `resume`, `resolve`."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.speech import WeekArgument, count, opened, say, show, week_of
from newsletter.errors import WrongUsage
from newsletter.sending import account, deciding, lanes


def register(app: typer.Typer) -> None:
    for command in (undo, pause, resume, resolve):
        app.command()(command)


def undo(week: WeekArgument = "") -> None:
    """Take back an issue while the mail provider still holds it."""
    with opened(sends=True) as house:
        wanted = week_of(house, week, corrections=True)
        taken = lanes.undo(house.means, wanted)
        account.write(house.db, house.papers, wanted)
        say(
            f"{wanted} is undone: none of {count(taken, 'reader')} gets it."
            if taken
            else f"{wanted} was undone before."
        )


def pause(
    week: WeekArgument = "",
    reason: Annotated[str, typer.Option(help="told by `status`")] = "by the operator",
) -> None:
    """Let nothing more of an issue be handed over, until `resume`."""
    with opened() as house:
        wanted = week_of(house, week, corrections=True)
        new = deciding.pause(house.db, wanted, reason)
    say(
        f"{wanted} is paused. Go on with: newsletter resume {wanted}"
        if new
        else f"{wanted} was paused before."
    )


def resume(week: WeekArgument = "") -> None:
    """Let a paused issue go on."""
    with opened() as house:
        wanted = week_of(house, week, corrections=True)
        new = deciding.resume(house.db, wanted, now=house.clock())
    say(f"{wanted} may go on. Run: newsletter send {wanted}" if new else f"{wanted} is not paused.")


def resolve(
    week: WeekArgument = "",
    resend: Annotated[bool, typer.Option("--resend", help="hand them over again")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="leave them as they are")] = False,
) -> None:
    """Decide about batches whose outcome nobody knows."""
    if resend == give_up:
        raise WrongUsage("Say one of --resend and --give-up.")
    with opened(sends=True) as house:
        house.settle()
        wanted = week_of(house, week, corrections=True)
        done = deciding.resolve(house.db, wanted, resend=resend)
    if not done:
        say(f"{wanted} has no batch of unknown outcome.")
    elif resend:
        say(f"{count(done, 'batch', 'batches')} will go again. Run: newsletter send {wanted}")
    else:
        say(f"{count(done, 'batch', 'batches')} given up.")
    show(str(done))
