"""Commands about the database: `db`, `move`, `backup`, `restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter import settings
from newsletter.cli.speech import JsonOption, count, opened, say, show_json, show_table
from newsletter.store import Database, migrate

db = typer.Typer(help="The database and its migrations.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(db, name="db")
    for command in (move, backup, restore):
        app.command()(command)


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


def move(
    to: Annotated[str, typer.Option(help="postgresql://... or sqlite:///FILE, an empty one")],
    json: JsonOption = False,
) -> None:
    """Carry everything to an empty database of the other kind, and compare."""
    from newsletter.vault import moving

    with opened() as house:
        there = Database(to)
        try:
            moved = moving.move(house.db, there)
        finally:
            there.close()
        here, place = house.db.describe(), there.describe()
    if json:
        show_json(
            [
                {"table": one.table, "rows": one.here.rows, "digest": one.here.digest, "same": True}
                for one in moved
            ]
        )
    else:
        show_table(
            ("table", "rows", "digest, the same on both sides"),
            [(one.table, f"{one.here.rows:,}", one.here.digest[:16]) for one in moved],
        )
    say(
        f"{count(sum(one.here.rows for one in moved), 'row')} are the same in {here} and {place}. "
        "Stop what still uses the old one, set DATABASE_URL to the new one, and start again."
    )


def backup(file: Path, json: JsonOption = False) -> None:
    """Write everything that cannot be made again into one file."""
    from newsletter.vault import archive

    with opened() as house:
        kept = archive.backup(house.db, house.settings.home, file, now=house.clock())
    if json:
        show_json({"at": kept.at.isoformat(), "rows": kept.rows, "files": kept.files})
    say(
        f"{file} holds {count(sum(kept.rows.values()), 'row')} and {count(kept.files, 'file')} "
        f"({kept.size / 1024**2:,.1f} MiB). It has addresses and the secret in it: keep it where "
        "nobody else reads, on another machine."
    )


def restore(file: Path, json: JsonOption = False) -> None:
    """Fill an empty database and home from a backup; nothing goes out twice."""
    from newsletter.vault import restoring

    loaded = settings.load()
    database = Database(loaded.database)
    try:
        done = restoring.restore(database, loaded.home, file, now=_now(loaded))
    finally:
        database.close()
    if json:
        show_json(
            {
                "backup_at": done.backup_at.isoformat(),
                "rows": done.rows,
                "files": done.files,
                "left": list(done.left),
                "batches_in_doubt": done.doubtful,
                "mails_not_sent": done.unsent,
            }
        )
    say(
        f"{count(sum(done.rows.values()), 'row')} and {count(done.files, 'file')} are back, as of "
        f"{done.backup_at:%Y-%m-%d %H:%M} UTC."
    )
    for name in done.left:
        say(f"  left as it is: {name} is there and differs from the backup's")
    if done.doubtful:
        say(
            f"{count(done.doubtful, 'batch', 'batches')} of sends under way may have gone out "
            "since: they wait for events or your word (newsletter resolve)."
        )
    if done.unsent:
        say(f"{count(done.unsent, 'mail')} to single people that waited will not be sent.")
    say("Next, to learn who left since: newsletter suppressions sync")


def _now(loaded: settings.Settings) -> datetime:
    return loaded.now or datetime.now(UTC)
