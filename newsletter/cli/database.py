"""Commands about the database: `db`."""

from __future__ import annotations

import typer

from newsletter import settings
from newsletter.cli.speech import say
from newsletter.store import Database, migrate

db = typer.Typer(help="The database and its migrations.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(db, name="db")


@db.command()
def upgrade() -> None:
    """Bring the database to the newest revision."""
    database = Database(settings.load().database)
    before = database.revision()
    database.upgrade()
    after = database.revision()
    say(
        f"The database was at revision {after} already."
        if before == after
        else f"The database is at revision {after}."
    )


@db.command()
def check() -> None:
    """Check that the tables are what this program expects."""
    database = Database(settings.load().database)
    migrate.check(database)
    say(f"The database {database.describe()} is as it should be.")
