"""Commands about what shapes curation: the editors' taste, and the list of retracted works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter import curate
from newsletter.cli.speech import JsonOption, count, opened, say, show_json, show_table
from newsletter.curate.taste import Leaning
from newsletter.errors import NotFound, WrongUsage
from newsletter.model import Week
from newsletter.pipeline import retracting
from newsletter.store import taste as kept

taste = typer.Typer(
    help="What editors picked, dropped and moved, and how far it shifts scores.",
    no_args_is_help=True,
)
retractions = typer.Typer(
    help="The list of retracted works that posts and issues are held against.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(taste, name="taste")
    app.add_typer(retractions, name="retractions")


@taste.command("show")
def show_taste(json: JsonOption = False) -> None:
    """Show what was learned of each source and subject, the strongest first."""
    with opened() as house:
        with house.db.read() as connection:
            learned = kept.learned(connection)
        # Lessons count from the week after the one that they were drawn from.
        newest = max((one.week for one in learned), default=None)
        this = Week.of(house.clock(), house.settings.zone)
        now = max(this, newest.after()) if newest else this
    found = sorted(
        curate.taste(learned, now).leanings.values(),
        key=lambda one: (-abs(one.shift), one.about, one.name),
    )
    if json:
        show_json([_row(one) for one in found])
    elif not found:
        say("Nothing is learned yet: that happens when a drafted issue is approved.")
    else:
        show_table(
            ("shift", "about", "picked", "kept", "dropped", "moved", "name"),
            [
                (
                    f"{one.shift:+.3f}",
                    one.about.value,
                    f"{one.picked:.1f}",
                    f"{one.kept:.1f}",
                    f"{one.dropped:.1f}",
                    f"{sum(one.moved.values()):.1f}",
                    one.label if one.label == one.name else f"{one.label} ({one.name})",
                )
                for one in found
            ],
        )


@taste.command("forget")
def forget_taste(
    name: Annotated[str, typer.Argument(help="a source's address or name, or a subject")] = "",
    everything: Annotated[bool, typer.Option("--all", help="forget all of it")] = False,
) -> None:
    """Forget what was learned of a source or subject; scores are then as they were."""
    if bool(name) is everything:
        raise WrongUsage(
            "Name one source or subject, or say --all. See them: newsletter taste show"
        )
    with opened() as house, house.db.write() as connection:
        gone = kept.forget(connection, name or None)
    if not gone and name:
        raise NotFound(f"Nothing was learned of {name}. See the names: newsletter taste show")
    say(f"Forgot {count(gone, 'lesson')}." if gone else "There was nothing to forget.")


@retractions.command()
def load(
    file: Annotated[Path, typer.Argument(help="retraction_watch.csv, downloaded from Crossref")],
) -> None:
    """Take in the Retraction Watch data set, in the place of the one before."""
    with opened() as house:
        number = retracting.load(house.db, file)
    say(f"{count(number, 'name')} of retracted works, DOIs and PubMed numbers, are known now.")


def _row(one: Leaning) -> dict[str, Any]:
    return {
        "about": one.about.value,
        "name": one.name,
        "title": one.title,
        "picked": round(one.picked, 3),
        "kept": round(one.kept, 3),
        "dropped": round(one.dropped, 3),
        "moved": [
            {"from": came.value, "to": went.value, "times": round(times, 3)}
            for (came, went), times in one.moved.items()
        ],
        "shift": one.shift,
    }
