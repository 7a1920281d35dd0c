"""The command that measures: `bench`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from newsletter.cli.speech import JsonOption, say, show_json, show_table
from newsletter.demo import measure


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    readers: Annotated[int, typer.Option(min=1, max=10_000_000, help="how many")] = 20_000,
    database: Annotated[
        str, typer.Option(help="an empty database; a SQLite file of its own if left out")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Measure how much this machine carries, with a made-up list."""
    done = measure.run(readers, database)
    if json:
        show_json(
            {
                "database": done.database,
                "memory_mib": round(done.memory, 1),
                "figures": [
                    {**asdict(one), "seconds": round(one.seconds, 3), "rate": round(one.rate)}
                    for one in done.figures
                ],
            }
        )
        return
    show_table(
        ("what", "number", "seconds", "a second"),
        [
            (one.what, f"{one.number:,}", f"{one.seconds:.2f}", f"{one.rate:,.0f}")
            for one in done.figures
        ],
    )
    say(
        f"{done.memory:,.0f} MiB at most. The mail provider was the local sandbox in this process: "
        "a real one is slower to answer and costs this machine less. See docs/scale.md."
    )
