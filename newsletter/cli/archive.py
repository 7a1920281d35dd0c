"""Commands about issues that went out: `archive`, `correct`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.speech import JsonOption, count, opened, say, show_json, show_table
from newsletter.errors import WrongUsage
from newsletter.model import Email, Week
from newsletter.pipeline import correcting
from newsletter.store import corrections
from newsletter.wiring import House

archive = typer.Typer(help="Issues that went out.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(archive, name="archive")
    app.command()(correct)


@archive.callback()
def _archive() -> None:
    """Issues that went out."""


@archive.command()
def build(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where the files are to lie")],
    json: JsonOption = False,
) -> None:
    """Write the archive as files that any web server can serve."""
    from newsletter.serving import exporting

    with opened() as house:
        done = exporting.build(house, folder)
    if json:
        show_json({"written": done.written, "same": done.same, "removed": done.removed})
    say(
        f"{folder}: {count(done.written, 'file')} written, {done.same:,} as before, "
        f"{done.removed:,} removed."
    )


def correct(
    week: Annotated[str, typer.Argument(metavar="WEEK", help="like 2026-W47, or 2026-W47-c1")],
    note: Annotated[str, typer.Option(help="what was wrong and what is right, in Markdown")] = "",
    by: Annotated[str, typer.Option(help="the editor's mail address")] = "",
    mail: Annotated[
        bool, typer.Option("--mail", help="approve a mail of it to those who got the issue")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Correct an issue that went out: in the archive, and by mail if you say so."""
    with opened() as house:
        wanted = Week.parse(week, corrections=True)
        if note or mail:
            wanted = _corrected(house, wanted, note, by, mail)
        with house.db.read() as connection:
            found = corrections.of(connection, wanted)
    if json:
        show_json(
            [
                {
                    "correction": str(one.week),
                    "by": one.by,
                    "at": one.at.isoformat(),
                    "note": one.note,
                }
                for one in found
            ]
        )
    elif found:
        show_table(
            ("correction", "by", "at", "note"),
            [(one.week, one.by, f"{one.at:%Y-%m-%d %H:%M}", one.note) for one in found],
        )
    else:
        say(f"{wanted.issue} was not corrected.")


def _corrected(house: House, week: Week, note: str, by: str, mail: bool) -> Week:
    """Note a correction, or approve the mail of one that stands; give its name."""
    if not by:
        raise WrongUsage("Say who corrects, with: --by ADDRESS")
    editor, editors = Email.parse(by), house.settings.editors
    if note:
        done = correcting.correct(house.shop, week, note, editor, editors=editors)
        week = done.correction.week
        link = house.settings.masthead.link(f"issues/{week.issue}")
        stands = "stands in the archive" if done.new else "stood in the archive before"
        say(f"{week} {stands}: {link}")
    if mail:
        if not week.correction:
            raise WrongUsage(
                f"Say which correction, like {week}-c1, or write one with: --note TEXT"
            )
        approval = correcting.approve(house.shop, week, editor, editors=editors)
        say(f"Its mail is approved by {approval.by}. Run: newsletter send {week}")
    return week
