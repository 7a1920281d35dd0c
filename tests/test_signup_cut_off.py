"""Power goes while people leave, or while a list comes in: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from newsletter import signup
from newsletter.signup import Visit
from newsletter.store import Database

PATIENCE = 60.0

IMPORT = """
import sys
from datetime import UTC, datetime
from newsletter import signup
from newsletter.store import Database
from newsletter.subscribers import lists

with open(sys.argv[2], "rb") as file:
    signup.import_csv(
        Database(sys.argv[1]), lists.lines(file), consent="On paper.", source="list.csv",
        now=datetime(2026, 11, 18, tzinfo=UTC), hash_keys=[b"k" * 16],
        progress=lambda rows: print(rows, flush=True),
    )
"""

# Who is told that they have left stands on standard output: the answer comes after the commit.
LEAVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter import signup
from newsletter.store import Database

now, seen = datetime(2026, 11, 18, tzinfo=UTC), signup.Visit("leave page")
db, spool = Database(sys.argv[1]), signup.Spool(Path(sys.argv[2]))
for number in range(1, 100_000):
    if number % 2:
        signup.leave(db, number, seen, now)
    else:
        spool.put(number, seen, now)
    print(number, flush=True)
"""


def killed(program: str, *words: str, after: Callable[[str], bool]) -> list[str]:
    """Run a program, kill it without warning once a line of it says so, and give its lines."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines: list[str] = []
        until = time.monotonic() + PATIENCE
        for line in process.stdout:
            lines.append(line.strip())
            if after(line.strip()) or time.monotonic() > until:
                os.kill(process.pid, signal.SIGKILL)
                break
        lines += [line.strip() for line in process.stdout if line.endswith("\n")]
    return lines


def test_a_list_that_was_cut_off_goes_on_and_is_whole(
    db: Database, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    rows = 60_000
    path.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(rows)))
    url = db.engine.url.render_as_string(hide_password=False)

    killed(IMPORT, url, str(path), after=lambda line: line == "20000")
    there = signup.count(db)["active"]
    with path.open() as file:
        report = signup.import_csv(
            db, file, consent="On paper.", source="list.csv", now=now, hash_keys=[b"k" * 16]
        )

    assert 20_000 <= there < rows
    assert there % 20_000 == 0
    assert (report.known, report.added) == (there, rows - there)
    assert signup.count(db)["active"] == rows
    with db.read() as connection:
        proofs = "SELECT count(*), count(DISTINCT subscriber_id) FROM consents"
        assert tuple(connection.exec_driver_sql(proofs).one()) == (rows, rows)


def test_nobody_who_was_told_that_they_left_is_still_on_the_list(
    db: Database, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "leaves.jsonl"
    signup.import_csv(
        db,
        signup.rows([(f"r{n}@example.org", "") for n in range(2_000)]),
        consent="On paper.",
        source="list.csv",
        now=now,
        hash_keys=[b"k" * 16],
    )
    url = db.engine.url.render_as_string(hide_password=False)

    told = [int(line) for line in killed(LEAVE, url, str(path), after=lambda line: line == "40")]

    def leave(who: int, seen: Visit, at: datetime) -> None:
        signup.leave(db, who, seen, at)

    for _ in range(2):
        signup.Spool(path).take(leave)

    with db.read() as connection:
        left = set(
            connection.exec_driver_sql("SELECT id FROM subscribers WHERE state = 'left'").scalars()
        )
        twice = connection.exec_driver_sql(
            "SELECT subscriber_id FROM consents WHERE act = 'leave' "
            "GROUP BY subscriber_id HAVING count(*) > 1"
        ).all()
    assert len(told) >= 40
    assert set(told) <= left
    # One more may have been committed whose answer the cut swallowed.
    assert len(left) <= len(told) + 1
    assert twice == []
