"""Commands that run and look after the house: `serve`, `preview`, `sandbox`, `demo`."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from newsletter import sandbox as local
from newsletter import serving, settings
from newsletter.cli.demonstration import show_demo
from newsletter.cli.speech import WeekArgument, opened, say, week_of
from newsletter.demo import journey
from newsletter.errors import Refused
from newsletter.fleet import schedule
from newsletter.web import desk
from newsletter.wiring import House

# Whose name stands at the desk on a laptop that names no editor.
_LOCAL_EDITOR = "editor@localhost"


def register(app: typer.Typer) -> None:
    for command in (serve, preview, sandbox, demo):
        app.command()(command)


def sandbox(
    port: Annotated[int, typer.Option(help="where to listen on 127.0.0.1")] = local.PORT,
    outbox: Annotated[Path | None, typer.Option(help="folder for .eml files")] = None,
    fail: Annotated[str, typer.Option(help="faults on demand, like 429:0.1,lost:0.05")] = "",
    events: Annotated[str, typer.Option(help="address that signed events are posted to")] = "",
    eml: Annotated[bool, typer.Option(help="write .eml files")] = True,
    seed: Annotated[int, typer.Option(help="chance of the faults")] = 0,
) -> None:
    """Run a local SendGrid: same requests, same limits, an outbox instead of the world."""
    with House(settings.load()) as house:
        if house.settings.now:
            say(f"The time is fixed at {house.settings.now.isoformat()} (NEWSLETTER_NOW).")
        local.run(
            port,
            outbox or house.settings.outbox,
            fail,
            events or None,
            now=house.clock,
            write_eml=eml,
            seed=seed,
        )


def serve(
    host: Annotated[str, typer.Option(help="where to listen")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="where to listen")] = 8000,
    with_schedule: Annotated[
        bool, typer.Option("--with-schedule", help="keep the calendar, too")
    ] = False,
) -> None:
    """Run the web pages, the desk, the hooks and the mail queue."""
    with ExitStack() as beside, opened(sends=True) as house:
        if with_schedule:
            beside.enter_context(schedule.kept(house))
        serving.serve(house, host, port, ready=lambda at: say(f"Newsletter answers at {at}"))


def preview(week: WeekArgument = "") -> None:
    """Open the desk on this machine, already signed in by a one-time link."""
    with opened(sends=True) as house:
        wanted = week_of(house, week)
        parts = urlsplit(house.settings.base_url)
        if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise Refused(
                f"The desk is at {house.settings.base_url}/desk/ and mails editors their way in. "
                "preview opens one on this machine: leave NEWSLETTER_BASE_URL unset for that."
            )
        editor = house.settings.editors[0] if house.settings.editors else _LOCAL_EDITOR
        link = desk.enter_url(house.db, editor, house.clock(), house.settings.masthead)

        def ready(_: str) -> None:
            say(f"Open this link once, within 15 minutes: {link}?to={wanted}")
            say(f"It leads to the desk as {editor}. Ctrl-C ends it.")

        serving.serve(house, "127.0.0.1", parts.port or 80, ready=ready)


def demo(
    home: Annotated[Path, typer.Option(help="the demo's own folder")] = Path(".demo"),
) -> None:
    """Play a whole week on sample feeds and readers; nothing leaves this machine."""
    # A key or an address that stands in the environment is for earnest.
    for name in [*os.environ]:
        if name.startswith((settings.PREFIX, "SENDGRID_")) or name == "DATABASE_URL":
            del os.environ[name]
    called = sys.argv[0] if Path(sys.argv[0]).name == "newsletter" else "newsletter"
    show_demo(journey.run(home.absolute(), say=say, program=called))
