"""Commands about issues that went out: `archive`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.speech import JsonOption, count, opened, say, show_json

archive = typer.Typer(help="Issues that went out.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(archive, name="archive")


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
