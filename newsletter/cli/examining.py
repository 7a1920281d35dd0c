"""The command that looks whether all is well: `doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from newsletter import settings
from newsletter.cli.speech import PROBLEMS, JsonOption, count, leave, say, show, show_json
from newsletter.doctor import Level, examine
from newsletter.wiring import House

_MARKS = {
    Level.OK: "ok",
    Level.NOTE: "note",
    Level.WARNING: "warning",
    Level.ERROR: "ERROR",
    Level.UNSEEN: "unseen",
}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="ask no network")] = False,
    json: JsonOption = False,
) -> None:
    """Look at all that a send stands on, and name a cure for what is wrong."""
    found = []
    # What is wrong with the house is for the doctor to say: nothing is opened beforehand.
    with House(settings.load()) as house:
        for one in examine(house, offline=offline):
            found.append(one)
            if not json:
                show(f"{_MARKS[one.level]:>8}  {one.check}: {one.text}.")
                if one.cure and one.level is not Level.OK:
                    show(f"{'':>8}  -> {one.cure}")
    if json:
        show_json([asdict(one) for one in found])
    errors = sum(one.level is Level.ERROR for one in found)
    warnings = sum(one.level is Level.WARNING for one in found)
    unseen = sum(one.level is Level.UNSEEN for one in found)
    say(
        f"{count(errors, 'error')}, {count(warnings, 'warning')}"
        + (f"; {count(unseen, 'thing')} could not be looked at." if unseen else ".")
    )
    leave(PROBLEMS if errors else 0)
