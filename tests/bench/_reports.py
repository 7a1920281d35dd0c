"""Reports of one issue, taken in by a process of its own: `python -m tests.bench._reports ...`.

It prints one line of JSON: events, events a second as they come and come again, seconds of CPU
a thousand, MiB after a tenth and at the end, and a digest of the state that they lead to.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from sqlalchemy import select, update

from newsletter import settings
from newsletter.model import BatchState
from newsletter.sandbox.events import Signer
from newsletter.sending import figures, tables
from newsletter.store import Database, ledger
from newsletter.store.schema import batches, sends, subscribers, suppressions
from newsletter.wiring import House
from tests.bench._list import WEEK, approval, fill

POST = 1000
START = datetime(2026, 11, 18, 6, tzinfo=UTC)
REF = "benchsend1"


def prepare(database: str, readers: int) -> None:
    """Make a list and an issue that was handed over to all of it."""
    fill(database, readers)
    db = Database(database)
    with db.write() as connection:
        send_id, _ = ledger.freeze(
            connection,
            week=WEEK,
            take=1,
            ref=REF,
            approval_id=1,
            digest=approval().digest,
            mask=7,
            now=START,
            batch_size=1000,
            lanes=4,
        )
        ledger.set_times(connection, send_id, send_at=START, undo_until=START)
        connection.execute(
            update(batches).values(
                state=BatchState.ACCEPTED, claimed_at=START, done_at=START, message_id="bench"
            )
        )
        connection.execute(update(sends).values(state="done", finished_at=START))
    db.close()


_BOUNCE = {
    "event": "bounce",
    "type": "bounce",
    "status": "5.1.1",
    "bounce_classification": "Invalid Address",
    "reason": "550 5.1.1 no such user",
}


def _fate(reader: int) -> dict[str, str]:
    """What became of a reader's mail: of a hundred one bounced and one left, of a thousand one
    complained."""
    if reader % 100 == 0:
        return _BOUNCE
    if reader % 100 == 1:
        return {"event": "unsubscribe"}
    if reader % 1000 == 2:
        return {"event": "spamreport"}
    if reader % 50 == 3:
        return {"event": "deferred", "response": "451 try again", "attempt": "1"}
    return {"event": "delivered"}


def event(number: int) -> bytes:
    """One event by its number, as JSON: two of each reader."""
    reader, place = number // 2 + 1, number % 2
    name = hashlib.blake2b(f"{reader}-{place}".encode(), digest_size=16).hexdigest()
    return orjson.dumps(
        {
            "email": f"reader{reader}@example.org",
            "timestamp": int(START.timestamp()) + 60 * place + reader % 3600,
            "smtp-id": f"<{reader}@sandbox.invalid>",
            "sg_event_id": name,
            "sg_message_id": f"bench.filter-{reader}.0",
            "category": ["issue", str(WEEK)],
            "ip": "203.0.113.7",
            "response": "250 2.0.0 OK",
            "delivery": f"{REF}-{reader}",
            **(_fate(reader) if place else {"event": "processed"}),
        }
    )


def main(database: str, events: int, order: str, doubled: float) -> None:
    chance = random.Random(11)
    told = list(range(events))
    told += chance.sample(told, round(events * doubled))
    if order == "random":
        chance.shuffle(told)
    signer = Signer(Signer.new_key())
    os.environ |= {"DATABASE_URL": database, "SENDGRID_API_KEY": "SG.bench"}
    os.environ["SENDGRID_WEBHOOK_PUBLIC_KEY"] = signer.public_key
    os.environ["NEWSLETTER_SECRET"] = "a secret of this bench"
    with House(settings.load()) as house:
        posts = [told[start : start + POST] for start in range(0, len(told), POST)]
        first = _take(house, signer, posts[: len(posts) // 10 or 1])
        early = _memory()
        rest = _take(house, signer, posts[len(posts) // 10 or 1 :])
        late = _memory()
        again = _take(house, signer, posts[-50:])
        digest = state(house.db)
    print(
        json.dumps(
            {
                "events": len(told),
                "rate": len(told) / (first[0] + rest[0]),
                "last_rate": rest[2],
                "again": len(posts[-50:]) * POST / again[0],
                "cpu": (first[1] + rest[1]) / len(told) * 1000,
                "early": early,
                "late": late,
                "state": digest,
            }
        )
    )


def _take(
    house: House, signer: Signer, posts: Sequence[Sequence[int]]
) -> tuple[float, float, float]:
    """Post them; give seconds, CPU seconds, and events a second of the last fifty posts."""
    took = cpu = 0.0
    each = []
    for post in posts:
        body = b"[" + b",\r\n".join(map(event, post)) + b"]\r\n"
        headers = signer.headers(body, int(START.timestamp()))
        began, busy = time.perf_counter(), time.process_time()
        status = house.take_report(body, headers)
        took, cpu = took + time.perf_counter() - began, cpu + time.process_time() - busy
        each.append((len(post), time.perf_counter() - began))
        assert status == 200, status
    last = each[-50:]
    return took, cpu, sum(number for number, _ in last) / sum(seconds for _, seconds in last)


def _memory() -> float:
    """MiB that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def state(db: Database) -> str:
    """A digest of whoever may be mailed, of suppressions and of the issue's figures."""
    made = hashlib.sha256()
    with db.read() as connection:
        for row in connection.execute(
            select(subscribers.c.id, subscribers.c.state).order_by(subscribers.c.id)
        ):
            made.update(repr(tuple(row)).encode())
        for row in connection.execute(
            select(suppressions.c.key, suppressions.c.reason, suppressions.c.at).order_by(
                suppressions.c.key
            )
        ):
            made.update(repr(tuple(row)).encode())
    found = figures.of_week(db, WEEK, START + timedelta(days=3))
    assert found
    made.update(orjson.dumps(tables.as_json(found)))
    return made.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
