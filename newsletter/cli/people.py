"""Commands about people: `subscribers` and `suppressions`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from newsletter import signup
from newsletter.cli.speech import (
    PARTLY,
    JsonOption,
    count,
    leave,
    opened,
    say,
    show_json,
    show_table,
)
from newsletter.cli.watching import watched_rows
from newsletter.errors import BadValue
from newsletter.signup import ImportReport, aside_writer
from newsletter.store import suppressions as kept
from newsletter.subscribers import lists
from newsletter.subscribers.lists import Unread

subscribers = typer.Typer(help="The people on the list.", no_args_is_help=True)
suppressions = typer.Typer(help="Addresses that must not be mailed.", no_args_is_help=True)

# SendGrid keeps its lists for ever; a year back finds what matters after a long pause.
_LOOK_BACK = timedelta(days=366)


def register(app: typer.Typer) -> None:
    app.add_typer(subscribers, name="subscribers")
    app.add_typer(suppressions, name="suppressions")


@subscribers.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="a CSV file with a header that has email")],
    consent: Annotated[
        str, typer.Option(help="how these people agreed: when, where, in which words")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would happen")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            help="the CSV file for all rows set aside, with the reasons; "
            "unless named, in subscribers/import, if there are any"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Take in a list of people who agreed elsewhere: our own CSV, or another program's export."""
    with ExitStack() as open_, opened() as house:
        with _path_told(file, "read"):
            rows = lists.lines(open_.enter_context(file.open("rb")))
        told = None
        if report is None and not dry_run:
            report = house.settings.folder("subscribers") / "import" / f"{file.stem}-set-aside.csv"
            told = _once_needed(report, open_)
        elif report:
            told = _aside(report, open_)
        progress = open_.enter_context(watched_rows(f"import {file.name}"))
        done = signup.import_csv(
            house.db,
            rows,
            consent=consent,
            source=file.name,
            now=house.clock(),
            hash_keys=house.secrets,
            progress=progress,
            told=told,
            dry_run=dry_run,
        )
    if json:
        show_json(
            {
                "rows": done.rows,
                "added": done.added,
                "changed": done.changed,
                "known": done.known,
                "set_aside": done.set_aside_count,
                "reasons": [
                    {"line": one.line, "reason": one.reason, "email": one.email}
                    for one in done.set_aside
                ],
                "program": done.form.program,
                "dry_run": dry_run,
            }
        )
    _say_imported(done, report, dry_run)
    leave(PARTLY if done.set_aside_count else 0)


def _aside(path: Path, open_: ExitStack) -> Callable[[Unread], object]:
    with _path_told(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", newline="")
    return aside_writer(open_.enter_context(file))


def _once_needed(path: Path, open_: ExitStack) -> Callable[[Unread], object]:
    """Write rows to a file that is made for the first of them."""
    writing: list[Callable[[Unread], object]] = []

    def told(one: Unread) -> None:
        if not writing:
            writing.append(_aside(path, open_))
        writing[0](one)

    return told


def _say_imported(done: ImportReport, report: Path | None, dry_run: bool) -> None:
    if done.form.program:
        say(f"This is an export of {done.form.program}.")
    if done.form.caution:
        say(done.form.caution)
    for one in done.set_aside[:20]:
        say(f"  set aside: line {one.line}: {one.reason}")
    if done.set_aside_count > 20:
        say(f"  and {done.set_aside_count - 20:,} more")
    if done.set_aside and report:
        say(f"All of them, with the reasons: {report}")
    say(
        f"{count(done.rows, 'row')}: {done.added:,} added, {done.changed:,} changed, "
        f"{done.known:,} known, {done.set_aside_count:,} set aside."
        + (" This was a dry run: nothing was changed." if dry_run else "")
    )


@contextmanager
def _path_told(path: Path | None, doing: str) -> Iterator[None]:
    """Say which file it was that could not be opened."""
    try:
        yield
    except OSError as error:
        raise BadValue(f"{path} cannot be {doing}: {error.strerror}. Check the path.") from error


@subscribers.command()
def export() -> None:
    """Print everybody as CSV."""
    with opened() as house:
        for line in signup.export_csv(house.db):
            typer.echo(line, nl=False)


@subscribers.command()
def show(address: str, json: JsonOption = False) -> None:
    """Show all that is kept about one person."""
    with opened() as house:
        found = signup.show(house.db, address)
    if json:
        show_json(found)
        return
    history = found.pop("consents", [])
    show_table(
        ("", ""), [(name, value) for name, value in found.items() if value not in (None, "")]
    )
    for one in history:
        say("  " + ", ".join(str(value) for value in one.values() if value))


@subscribers.command()
def forget(address: str) -> None:
    """Erase a person for good; no import brings the address back."""
    with opened() as house:
        found = signup.forget(house.db, address, hash_keys=house.secrets, now=house.clock())
    say("Forgotten." if found else "This address was not on the list; it is barred from imports.")


@subscribers.command("count")
def count_(json: JsonOption = False) -> None:
    """Count people by state."""
    with opened() as house:
        found = signup.count(house.db)
    if json:
        show_json(found)
    else:
        show_table(("state", "people"), found.items())


@suppressions.command()
def sync(
    json: JsonOption = False,
    everything: Annotated[
        bool, typer.Option("--all", help="read all of its lists and tell it what it lost")
    ] = False,
) -> None:
    """Take SendGrid's suppression lists into ours, and tell it what is new here."""
    from newsletter.sending import telling
    from newsletter.wiring import reported

    with opened(sends=True) as house:
        since = None if everything else house.clock() - _LOOK_BACK
        done = telling.sync(house.means, since=since, act=reported)
    if json:
        show_json(asdict(done))
        return
    show_table(("SendGrid's list", "addresses"), list(done.listed.items()))
    say(f"{done.taken:,} taken from SendGrid, {done.known:,} known, {done.told:,} told to it.")
    if done.lifted:
        say(f"{done.lifted:,} are to get mail again: they came back, or their bounce may pass.")
    if done.missing:
        say(f"{done.missing:,} of ours were no longer on its lists, and it was told again.")


@suppressions.command("list")
def list_(json: JsonOption = False) -> None:
    """List the addresses that must not be mailed."""
    with opened() as house, house.db.read() as connection:
        found = kept.all(connection)
    if json:
        show_json(
            [
                {
                    "address": one.key,
                    "reason": one.reason,
                    "at": one.at.isoformat(),
                    "source": one.source,
                }
                for one in found
            ]
        )
    else:
        show_table(
            ("address", "reason", "since"),
            [(one.key, one.reason, f"{one.at:%Y-%m-%d}") for one in found],
        )
