"""How commands speak: words to standard error, results to standard output, and exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.model import Week

# What takes long to import waits until it is used: many commands are over before that.
if TYPE_CHECKING:
    from rich.console import Console

    from newsletter.wiring import House

PARTLY = 3
PROBLEMS = 1

WeekArgument = Annotated[
    str, typer.Argument(metavar="[WEEK]", help="like 2026-W47; this week if left out")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON document")]


@cache
def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False)


def say(text: str) -> None:
    """Tell a person something, on standard error."""
    _console(stderr=True).print(text)


def show(text: str) -> None:
    """Print a result, on standard output."""
    _console(stderr=False).print(text)


def show_json(value: object) -> None:
    """Print one JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under headings; numbers stand right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    listed = [[str(cell) for cell in row] for row in rows]
    for number, heading in enumerate(headings):
        numeric = bool(listed) and all(
            row[number].replace(".", "").replace(",", "").isdigit() for row in listed
        )
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*row)
    # Text of feeds and files stands in the cells: no markup is read in it.
    for column in table.columns:
        column.header_style = "bold"
    Console(highlight=False, markup=False).print(table)


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 post`, `1,234 posts`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def leave(code: int) -> None:
    """End the command with a code that is not 0."""
    if code:
        raise typer.Exit(code)


@contextmanager
def opened(*, sends: bool = False) -> Iterator[House]:
    """Open the house that the settings describe; say what is not as in earnest.

    `sends` is for commands that may hand mail over.
    """
    from newsletter import settings
    from newsletter.wiring import House

    with House(settings.load()) as house:
        if house.settings.now:
            say(f"The time is fixed at {house.settings.now.isoformat()} (NEWSLETTER_NOW).")
        if sends and house.settings.local:
            say(
                "SENDGRID_API_KEY is not set: mail goes to the local sandbox, "
                f"outbox {house.settings.outbox}"
            )
        if sends:
            house.take_leaves()
        yield house


def week_of(house: House, text: str, *, corrections: bool = False) -> Week:
    """The week that was asked for, or this one in the newsletter's time zone.

    Commands about what is sent take `corrections` as well, like 2026-W47-c1.
    """
    return (
        Week.parse(text, corrections=corrections)
        if text
        else Week.of(house.clock(), house.settings.zone)
    )
