"""How fast signed events are taken in, and that their order does not matter.

`BENCH_EVENTS` (1,000,000) and `NEWSLETTER_TEST_POSTGRES` change what is measured. Each run is a
process of its own, from the signed body to the commit, in posts of 1,000.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import _reports

Say = Callable[[str], None]
EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
_FLAT = 1.15


def run(say: Say) -> None:
    say(f"{EVENTS:,} events of one issue, verified and stored, posts of 1,000, one process")
    for kind in ("sqlite", "postgresql"):
        ordered = _one(say, kind, "order", 0.0)
        shuffled = _one(say, kind, "random", 0.1)
        if ordered and shuffled:
            same = ordered["state"] == shuffled["state"]
            say(f"    same end state in any order, doubled: {'yes' if same else 'NO: NOT HELD'}")


def _one(say: Say, kind: str, order: str, doubled: float) -> dict[str, Any] | None:
    with _database(kind) as url:
        if url is None:
            say(f"  {kind}: not measured, NEWSLETTER_TEST_POSTGRES is not set")
            return None
        _reports.prepare(url, EVENTS // 2)
        with tempfile.TemporaryDirectory() as home:
            said = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "tests.bench._reports",
                    url,
                    str(EVENTS),
                    order,
                    str(doubled),
                ],
                env=os.environ | {"NEWSLETTER_HOME": home},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
    told: dict[str, Any] = json.loads(said)
    name = "in order" if order == "order" else "random order, 10 % twice"
    say(
        f"  {kind:<11}{name:<25}{told['rate']:>8,.0f}/s, at the end {told['last_rate']:,.0f}/s, "
        f"known ones {told['again']:,.0f}/s; {told['cpu']:.3f} s CPU a thousand; "
        f"{told['early']:.0f} MiB after a tenth, {told['late']:.0f} MiB at the end"
    )
    for what, held in (
        ("at least 5,000 a second", told["rate"] >= 5000),
        ("known events cost less", told["again"] > told["rate"]),
        ("memory flat", told["late"] <= _FLAT * told["early"]),
    ):
        say(f"    {what}: {'held' if held else 'NOT HELD'}")
    return told


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    from tests.conftest import POSTGRES, _new_database

    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bench-events-") as folder:
            yield f"sqlite:///{Path(folder) / 'events.sqlite'}"
    elif POSTGRES:
        with _new_database() as url:
            yield url
    else:
        yield None
