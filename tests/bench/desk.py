"""How long the desk's pages take on the server, with 2,000 candidates and a million readers."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from newsletter.model import Entry, Section
from newsletter.wiring import House
from tests.bench._list import _FILL, _SERIES
from tests.web.newsroom import ISSUE, KNEE, WEEK, gathered, opened, signed_in, write_issue

READERS = int(os.environ.get("BENCH_READERS", "1000000"))
CANDIDATES = 2_000
ROUNDS = 7
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PAGE_MS, CHANGE_MS, FIRST_KB = 100, 500, 150
DESK = f"/desk/{WEEK}"


def run(say: Callable[[str], object]) -> None:
    """Fill a house and ask each page of it, warm; then change a word and look at the preview."""
    with TemporaryDirectory() as folder, opened(Path(folder), NOW) as house:
        _fill(house)
        editor = signed_in(house)
        began = time.perf_counter()
        editor.get(DESK)
        say(f"first look at {CANDIDATES:,} candidates: {time.perf_counter() - began:.1f} s, once")
        editor.get("/desk/growth")
        time.sleep(6)
        say(f"{READERS:,} readers; first page {len(editor.get(DESK).text) / 1000:.0f} kB "
            f"(< {FIRST_KB} wanted)")  # fmt: skip
        for path in (
            *("/desk/", DESK, f"{DESK}/candidates", f"{DESK}/candidates?q=trial+back&sort=new"),
            *(f"{DESK}/preview", f"{DESK}/mail.html", f"{DESK}/history", f"{DESK}/approval"),
            *("/desk/sources", "/desk/readers", "/desk/readers?state=active&before=500000"),
            *("/desk/growth", "/desk/suppressions", "/desk/sends"),
        ):
            took = statistics.median(_timed(lambda p=path: editor.get(p)) for _ in range(ROUNDS))
            say(f"{path:48} {took:6.0f} ms  < {PAGE_MS} wanted")
        editor.get("/desk/readers")
        search = {**editor.form("/desk/readers"), "q": "reader77"}
        took = _timed(lambda: editor.post("/desk/readers", **search))
        say(f"{'search among readers':48} {took:6.0f} ms  < {PAGE_MS} wanted")
        took = statistics.median(_changed(editor, number) for number in range(ROUNDS))
        say(f"{'a word saved and seen in preview':48} {took:6.0f} ms  < {CHANGE_MS} wanted")


def _changed(editor: object, number: int) -> float:
    form = editor.get(DESK).form(f"{DESK}/head")  # type: ignore[attr-defined]
    began = time.perf_counter()
    client = editor.client  # type: ignore[attr-defined]
    client.post(
        f"{DESK}/head", data={**form, "subject": f"Subject {number}"}, headers={"x-desk": "1"}
    )
    client.get(f"{DESK}/mail.html")
    return (time.perf_counter() - began) * 1000


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _fill(house: House) -> None:
    picks = [
        replace(
            KNEE, headline=f"Story {n} of pain, a trial finds", url=f"https://j.example.org/{n}"
        )
        for n in range(12)
    ]
    sections = {s: tuple(picks[n * 4 : n * 4 + 4]) for n, s in enumerate(Section)}
    write_issue(house, replace(ISSUE, sections=sections, lead=picks[0].url))
    gathered(
        house,
        *(
            Entry(
                f"https://p.example.org/{n}",
                f"https://p.example.org/{n}",
                f"Chronic {_PARTS[n % len(_PARTS)]} pain in group {n}: a randomised trial",
                f"In this trial {n + 40} patients with chronic {_PARTS[n % 7]} pain took part. "
                * 5,
                published=NOW,
            )
            for n in range(CANDIDATES)
        ),
    )
    with house.db.write() as connection:
        head = _SERIES["sqlite"]
        moment = NOW.replace(tzinfo=None).isoformat(" ")
        connection.execute(text(_FILL.format(series=head)), {"readers": READERS, "at": moment})


_PARTS = ("back", "neck", "knee", "hip", "pelvic", "shoulder", "facial")
