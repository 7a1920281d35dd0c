"""Commands about keys to the API."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from newsletter.cli.speech import JsonOption, opened, say, show_json, show_table
from newsletter.errors import NotFound, Refused, WrongUsage
from newsletter.store import keys as kept
from newsletter.web.api.door import SCOPES

keys = typer.Typer(help="Keys to the API.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="who or what will use it")],
    scope: Annotated[list[str], typer.Option(help=f"one of {', '.join(SCOPES)}; repeat it")],
) -> None:
    """Make a key to the API and show it, this once."""
    if unknown := [one for one in scope if one not in SCOPES]:
        raise WrongUsage(f"{unknown[0]!r} is no scope. Use some of: {', '.join(SCOPES)}.")
    key = f"nl_{secrets.token_urlsafe(32)}"
    with opened() as house, house.db.write() as connection:
        if not kept.add(connection, name, key, set(scope), house.clock()):
            raise Refused(f"There is a key {name!r} already. Run: newsletter keys remove {name}")
    typer.echo(key)
    say("Keep it now: only its hash stays here.")


@keys.command("list")
def list_keys(json: JsonOption = False) -> None:
    """List the keys, without the keys themselves."""
    with opened() as house, house.db.read() as connection:
        found = kept.all(connection)
    rows = [
        {
            "name": one.name,
            "scopes": sorted(one.scopes),
            "made": one.created_at.isoformat(),
            "used": one.used_at.isoformat() if one.used_at else None,
        }
        for one in found
    ]
    if json:
        show_json(rows)
    else:
        show_table(
            ("name", "scopes", "made", "used"),
            [
                (
                    one.name,
                    " ".join(sorted(one.scopes)),
                    f"{one.created_at:%Y-%m-%d}",
                    f"{one.used_at:%Y-%m-%d}" if one.used_at else "never",
                )
                for one in found
            ],
        )


@keys.command("remove")
def remove_key(name: str) -> None:
    """Take a key back; it opens nothing from now on."""
    with opened() as house, house.db.write() as connection:
        if not kept.remove(connection, name):
            raise NotFound(f"There is no key {name!r}. Run: newsletter keys list")
    say("Removed.")
