"""PostgreSQL at one and ten million rows, and many workers on its ledger; for docs/scale.md.

`BENCH_ROWS` (1000000,10000000) names the sizes. On a PostgreSQL of its own, as durable as it
comes unless NEWSLETTER_BENCH_FSYNC=off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text

from newsletter.model import Event, EventKind
from newsletter.store import Database, events, intake, issues, ledger
from tests.bench import _list
from tests.bench._simulation import World, simulate
from tests.drill.cluster import cluster

Say = Callable[[str], None]
SIZES = [int(one) for one in os.environ.get("BENCH_ROWS", "1000000,10000000").split(",")]
_WORKERS = (1, 4, 16, 64)


def run(say: Say) -> None:
    found: dict[int, dict[str, float]] = {}
    for rows in SIZES:
        with cluster() as server:
            found[rows] = _measured(say, server.url, rows)
    small, large = min(found), max(found)
    if small != large:
        say(f"slope from {small:,} to {large:,} rows (1: just as long a row)")
        for what, seconds in found[small].items():
            say(f"  {what:<44}{found[large][what] / seconds:>8.2f}")


def _measured(say: Say, url: str, rows: int) -> dict[str, float]:
    """Figures of one size: microseconds a row, unless it says otherwise."""
    began = time.perf_counter()
    _list.fill(url, rows)
    say(f"{rows:,} subscribers (filled in {time.perf_counter() - began:.0f} s)")
    figures: dict[str, float] = {}
    with closing(Database(url)) as db:
        began = time.perf_counter()
        with db.write() as connection:
            approval = issues.newest_approval(connection, _list.WEEK)
            assert approval is not None
            send_id, audience = ledger.freeze(
                connection,
                week=_list.WEEK,
                take=1,
                ref="benchbench",
                approval_id=approval.id,
                digest=approval.digest,
                mask=7,
                now=datetime.now(UTC),
                batch_size=1000,
                lanes=4,
            )
        figures["freeze, us a row"] = (time.perf_counter() - began) / audience * 1e6
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE deliveries, batches"))
        figures["claim of 16 batches, ms"], figures["who of a batch is mailable, ms"] = _claims(
            db, send_id
        )
        figures["events stored, us an event"] = _events(db, send_id)
        figures["standing, ms"] = _timed(db, lambda one: ledger.standing(one, send_id))
        for what, value in figures.items():
            say(f"  {what:<44}{value:>10.2f}")
        for table, size in _sizes(db).items():
            say(f"  {table:<44}{size / audience:>10.0f} bytes a reader, with indexes")
        if rows == max(SIZES):
            _simulated(say, db, send_id)
    return figures


def _claims(db: Database, send_id: int) -> tuple[float, float]:
    now = datetime.now(UTC)
    with db.write() as connection:
        for number in range(4):
            ledger.open_lane(connection, send_id, number, batch_id=f"b{number}", send_at=None)
        lanes = {one.number: one.id for one in ledger.open_lanes(connection, send_id).values()}
    claims, reads = [], []
    for _ in range(20):
        began = time.perf_counter()
        with db.write() as connection:
            claimed = ledger.claim(
                connection,
                send_id,
                holder="bench",
                now=now,
                lease=timedelta(minutes=2),
                limit=16,
                open_lanes=lanes,
            )
        claims.append(time.perf_counter() - began)
        for batch in claimed[:2]:
            began = time.perf_counter()
            with db.read() as connection:
                ledger.mailable(connection, batch)
            reads.append(time.perf_counter() - began)
    with db.write() as connection:
        connection.execute(
            text(
                "UPDATE batches SET state = 'ready', holder = '', lane_id = NULL, attempts = 0 "
                "WHERE state = 'sending'"
            )
        )
        connection.execute(text("DELETE FROM lanes"))
    return median(claims) * 1000, median(reads) * 1000


def _events(db: Database, send_id: int) -> float:
    """Store twenty reports of 1,000 events each, about deliveries all over the table."""
    now = datetime.now(UTC)
    with db.read() as connection:
        last = connection.scalar(text("SELECT max(id) FROM deliveries")) or 1
    del send_id
    began = time.perf_counter()
    for report in range(20):
        found = [
            Event(
                f"e{report}-{n}",
                EventKind.DELIVERED,
                now,
                "",
                delivery=f"benchbench-{1 + (report * 1000 + n) * 7919 % last}",
            )
            for n in range(1000)
        ]
        with db.write() as connection:
            traced = intake.keep(connection, found, now, intake.Marks())
            events.settle_unknown(connection, traced)
    return (time.perf_counter() - began) / 20_000 * 1e6


def _timed(db: Database, act: Callable[..., object]) -> float:
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        with db.read() as connection:
            act(connection)
        runs.append(time.perf_counter() - began)
    return median(runs) * 1000


def _sizes(db: Database) -> dict[str, int]:
    with db.read() as connection:
        return {
            name: int(connection.scalar(text(f"SELECT pg_total_relation_size('{name}')")) or 0)
            for name in ("subscribers", "deliveries")
        }


def _simulated(say: Say, db: Database, send_id: int) -> None:
    say("  simulated, the real ledger: 150 ms an answer, 1 % 429, 0.1 % lost, deaths")
    for workers in _WORKERS:
        done = simulate(db, send_id, workers, 16, World(), seed=workers)
        say(
            f"    {workers:>3} workers: {done.seconds:>7.1f} s, {done.turns:,} turns of "
            f"{done.ledger_ms:.1f} ms, {done.deaths} deaths, {done.repairs} repairs, "
            f"{done.proved} proved by events, "
            f"{done.twice} batches twice, {done.missing} missing"
        )
        with db.write() as connection:
            connection.execute(
                text(
                    "UPDATE batches SET state = 'ready', holder = '', lane_id = NULL, "
                    "attempts = 0, message_id = '', reason = '', not_before = NULL"
                )
            )
            connection.execute(text("DELETE FROM lanes"))
