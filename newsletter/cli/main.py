"""The command's door: all sub-commands, and what errors look like outside."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from newsletter import __version__, telemetry
from newsletter.cli.table import COMMANDS, part_commands
from newsletter.errors import NewsletterError


class _Commands(TyperGroup):
    """Commands by the table; `--help` needs no part, and a command the part that it is in."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=said) for name, (_, said) in COMMANDS.items()
        }

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        return part_commands(COMMANDS[cmd_name][0])[cmd_name] if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        del ctx
        limit = formatter.width - 6 - max(map(len, self.commands))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, one.get_short_help_str(limit)) for name, one in self.commands.items()]
            )


app = typer.Typer(
    name="newsletter",
    cls=_Commands,
    help="From feeds to inboxes: the weekly newsletter of pain medicine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"newsletter {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="say which")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run a command; turn what a person can mend into a sentence and an exit code."""
    try:
        app()
        telemetry.finish()
    except NewsletterError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        _end("stopped. Run the same command again to go on.", 130)
    except Exception as error:
        if said := _of_the_database(error):
            _end(f"the database failed: {said}. Nothing is half done.", 1)
        raise


def _of_the_database(error: Exception) -> str:
    """What a database says of its failure; nothing for other errors."""
    known = sys.modules.get("sqlalchemy.exc")
    if known is None or not isinstance(error, known.DBAPIError):
        return ""
    return str(error.orig).strip()


def _end(said: str, code: int) -> None:
    from newsletter.cli.speech import say

    say(f"newsletter: {said}")
    sys.exit(code)
