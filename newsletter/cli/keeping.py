"""Commands that keep the list and the store clean: `tidy`, `sunset`, `recall`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from newsletter.cli.speech import JsonOption, count, opened, say, show_json, show_table
from newsletter.fleet import work
from newsletter.pipeline import recalling
from newsletter.sending import singles
from newsletter.signup import sunset as going
from newsletter.store import corrections

sunset = typer.Typer(help="Readers whom nothing reached for many issues.", no_args_is_help=True)

IssuesOption = Annotated[
    int | None, typer.Option("--issues", min=2, help="how many issues in a row did not arrive")
]


def register(app: typer.Typer) -> None:
    app.command()(tidy)
    app.command()(recall)
    app.add_typer(sunset, name="sunset")


def tidy(json: JsonOption = False) -> None:
    """Remove what was kept long enough, and let go of who never confirmed; say how much."""
    with opened(sends=True) as house:
        done = work.tidied(house)
        singles.dispatch(house.means, house.templates)
    if json:
        show_json(
            {what.replace(" ", "_").replace("-", "_"): number for what, number in done.items()}
        )
        return
    for what, number in done.items():
        if number:
            say(f"{number:,} {what}")
    if not any(done.values()):
        say("Nothing was due.")


def recall(json: JsonOption = False) -> None:
    """Look for picks that were retracted since they went out, and tell the editors of new ones."""
    with opened(sends=True) as house:
        new = recalling.look(house.shop, house.settings.editors)
        singles.dispatch(house.means, house.templates)
        with house.db.read() as connection:
            known = corrections.retracted(connection)
    if json:
        show_json(
            [
                {"week": str(one.week), "url": one.url, "said": one.said, "at": one.at.isoformat()}
                for one in known
            ]
        )
    elif known:
        show_table(("week", "pick", "what is known"), [(x.week, x.url, x.said) for x in known])
    say(f"{count(len(new), 'pick')} found retracted that nobody was told of before.")


@sunset.command("list")
def list_silent(issues: IssuesOption = None, json: JsonOption = False) -> None:
    """Show the readers whom none of the last issues reached."""
    with opened() as house:
        number = issues or house.settings.sunset_issues
        found = going.silent(house.db, number, house.clock())
    if json:
        show_json(
            [
                {"email": one.email, "asked_at": one.asked_at and one.asked_at.isoformat()}
                for one in found
            ]
        )
        return
    if found:
        show_table(
            ("reader", "asked"),
            [(one.email, f"{one.asked_at:%Y-%m-%d}" if one.asked_at else "") for one in found],
        )
    say(f"{count(len(found), 'reader')} got none of the last {number} issues.")


@sunset.command()
def ask(issues: IssuesOption = None) -> None:
    """Mail them, each once, whether they still want it."""
    with opened(sends=True) as house:
        number = issues or house.settings.sunset_issues
        asked = going.ask(house.db, number, house.clock())
        singles.dispatch(house.means, house.templates)
    say(f"{count(asked, 'reader')} asked whether they stay.")


@sunset.command("let-go")
def let_go(issues: IssuesOption = None) -> None:
    """Take those off the list who were asked, did not answer and were not reached since."""
    with opened() as house:
        number = issues or house.settings.sunset_issues
        patience = timedelta(days=house.settings.sunset_days)
        gone = going.let_go(house.db, number, patience, house.clock())
    say(f"{count(gone, 'reader')} let go. They can join again whenever they like.")
