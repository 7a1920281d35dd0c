"""One sender in a process of its own: `python -m tests.bench._senders KIND DATABASE URL LIMIT`.

It prints one line of JSON: recipients, seconds, CPU seconds, and the most memory it had.
"""

from __future__ import annotations

import http.client
import json
import queue
import random
import sqlite3
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from newsletter.deliver import plan as planning
from newsletter.deliver.plan import Tracking
from newsletter.deliver.sendgrid import SendGrid
from newsletter.model import Batch
from newsletter.sending import freezing, handover
from newsletter.sending.building import Builder
from newsletter.sending.means import Knobs, Means, this_process
from newsletter.store import Database, issues, ledger
from newsletter.subscribers.tokens import Tokens
from tests.bench._list import MAIL, MASTHEAD, WEEK

BATCH = 1000
Row = tuple[int, str, str]
Batches = Iterator[list[Row]]


def rows(database: str, limit: int) -> Batches:
    """The readers, a thousand at a time by key, as a sender without a ledger reads them."""
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    last = 0
    while last < limit:
        found = connection.execute(
            "SELECT id, email, name FROM subscribers WHERE id > ? AND state = 'active' "
            "ORDER BY id LIMIT ?",
            (last, BATCH),
        ).fetchall()
        if not found:
            return
        yield found
        last = found[-1][0]


def signer() -> Callable[[int], tuple[str, str]]:
    """Links signed with keyed BLAKE2b, by copied contexts: the cheapest that is safe."""
    leave = blake2b(key=b"s" * 32, digest_size=16, person=b"leave")
    preferences = blake2b(key=b"s" * 32, digest_size=16, person=b"preferences")

    def sign(number: int) -> tuple[str, str]:
        body = number.to_bytes(11, "big")
        one, two = leave.copy(), preferences.copy()
        one.update(body)
        two.update(body)
        return (
            "https://news.example.org/leave/1" + urlsafe_b64encode(body + one.digest()).decode(),
            "https://news.example.org/preferences/1"
            + urlsafe_b64encode(body + two.digest()).decode(),
        )

    return sign


def person(row: Row, links: tuple[str, str]) -> dict[str, Any]:
    """One personalization with all that ours carries."""
    leave, preferences = links
    return {
        "to": [{"email": row[1], "name": row[2]}],
        "substitutions": {"%leave_url%": leave, "%preferences_url%": preferences},
        "headers": {
            "List-Unsubscribe": f"<{leave}>, <mailto:letter@news.example.org?subject=leave>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "custom_args": {"delivery": f"ref-{row[0]}"},
    }


def shared() -> dict[str, Any]:
    return planning.envelope(MAIL, MASTHEAD, week=WEEK, tracking=Tracking())


def bare(database: str, url: str, limit: int, in_flight: int = 16) -> int:
    """Read, sign, encode and post over kept-alive connections: a loop with nothing to remember."""
    waiting: queue.Queue[bytes | None] = queue.Queue(in_flight)
    host = urlsplit(url).netloc

    def post() -> None:
        connection = http.client.HTTPConnection(host)
        while (body := waiting.get()) is not None:
            connection.request("POST", "/v3/mail/send", body, {"Authorization": "Bearer x"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(in_flight)]
    for thread in threads:
        thread.start()
    sign, common, sent = signer(), shared(), 0
    for batch in rows(database, limit):
        people = [person(row, sign(row[0])) for row in batch]
        waiting.put(orjson.dumps({**common, "personalizations": people}))
        sent += len(batch)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return sent


def sequential(database: str, url: str, limit: int) -> int:
    return bare(database, url, limit, in_flight=1)


def no_ledger(database: str, url: str, limit: int) -> int:
    """Our own builder and callers over what was frozen, and nothing written down."""
    provider = _provider(url)
    means = _means(database, provider)
    with means.db.read() as connection:
        approved = issues.newest_approval(connection, WEEK)
        send = ledger.newest(connection, WEEK)
    assert approved is not None
    assert send is not None
    builder, knobs = Builder(means, send, approved), means.knobs
    slots = threading.BoundedSemaphore(knobs.in_flight * 3 // 2)
    with (
        ThreadPoolExecutor(knobs.in_flight) as callers,
        ThreadPoolExecutor(2) as builders,
        closing(provider),
    ):

        def build(number: int) -> None:
            batch = Batch(number, send.id, number, 0, 0, BATCH, 1, 7, "batch", send.send_at)
            request = builder.build(batch, datetime.now(UTC)).request
            assert request is not None
            callers.submit(provider.hand_over, request).add_done_callback(lambda _: slots.release())

        for number in range(1, limit // BATCH + 1):
            slots.acquire()
            builders.submit(build, number)
    return limit


def ours(database: str, url: str, limit: int) -> int:
    """`newsletter send`, with freeze and ledger, from an empty ledger to a closed one."""
    del limit
    provider = _provider(url)
    means = _means(database, provider)
    with means.db.read() as connection:
        approved = issues.newest_approval(connection, WEEK)
    assert approved is not None
    with closing(provider):
        done = handover.send(means, approved)
    means.db.close()
    return done.standing.accepted


def frozen(database: str, url: str, limit: int) -> int:
    """The freeze alone, so that what follows can be measured by itself."""
    del limit
    provider = _provider(url)
    means = _means(database, provider)
    with means.db.read() as connection:
        approved = issues.newest_approval(connection, WEEK)
    assert approved is not None
    send, _ = freezing.frozen(means, approved)
    means.db.close()
    return send.audience


def _provider(url: str) -> SendGrid:
    return SendGrid("SG.bench", url, timeout=30, clock=lambda: datetime.now(UTC))


def _means(database: str, provider: SendGrid) -> Means:
    return Means(
        db=Database(database),
        provider=provider,
        tokens=Tokens([b"s" * 32]),
        masthead=MASTHEAD,
        clock=lambda: datetime.now(UTC),
        chance=random.Random(),
        knobs=Knobs(undo=timedelta(minutes=15)),
        holder=this_process("bench"),
    )


KINDS = {
    "bare": bare,
    "sequential": sequential,
    "no ledger": no_ledger,
    "frozen": frozen,
    "ours": ours,
}


def _most_memory() -> float:
    """MiB, from proc(5); what getrusage tells begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    kind, database, url, limit = sys.argv[1:5]
    send: Callable[[str, str, int], int]
    if kind in KINDS:
        send = KINDS[kind]
    else:
        from tests.bench import _others

        send = _others.KINDS[kind]
    began, before = time.monotonic(), time.process_time()
    sent = send(database, url, int(limit))
    print(
        json.dumps(
            {
                "recipients": sent,
                "seconds": time.monotonic() - began,
                "cpu": time.process_time() - before,
                "memory": _most_memory(),
            }
        )
    )


if __name__ == "__main__":
    main()
