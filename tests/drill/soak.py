"""Everything at once for a while: `python -m tests.drill.soak [--seconds 3600] [--postgres URL]`.

Against a server of its own, over HTTP: people join, confirm and leave; week after week is sent;
the provider reports; feeds change and are gathered; the calendar is kept. In the end nothing may
have failed, memory may not have grown, and every row must be there.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpx2
from sqlalchemy import select

from newsletter.demo import feeds
from newsletter.demo.server import FeedServer
from newsletter.store.schema import posts, subscribers
from newsletter.subscribers.tokens import Purpose, Tokens
from tests.drill import world as outside
from tests.drill.home import Home
from tests.drill.mutations import ROOT
from tests.drill.nursery import Nursery
from tests.drill.world import Ear, World

# Share of growth from the first third to the end that is still no growth.
_GROWTH = 0.2
_READERS = 500


@dataclass
class Soak:
    """A server and all who are at it. `problems` are sentences; none is what is wanted."""

    home: Home
    nursery: Nursery
    world: World
    base: str
    server: int
    folder: Path
    until: float
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    joined: set[str] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    memory: list[tuple[float, float]] = field(default_factory=list)
    logs: int = 0

    def __post_init__(self) -> None:
        self.numbers = count(1)
        self.tokens = Tokens([self.home.env["NEWSLETTER_SECRET"].encode()])

    def play(self, publisher: FeedServer) -> None:
        acts: list[tuple[Callable[[], None], float]] = [
            *((self.join, 0.5) for _ in range(8)),
            (self.confirm, 1.0),
            (self.leave, 0.7),
            (self.report, 5.0),
            (lambda: self.gather(publisher), 15.0),
            (self.send, 45.0),
            (self.look, 2.0),
        ]
        threads = [threading.Thread(target=self._again, args=(act, pause)) for act, pause in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.world.release()
        self.world.report()
        self._sum_up()

    def _again(self, act: Callable[[], None], pause: float) -> None:
        while time.monotonic() < self.until:
            began = time.monotonic()
            try:
                act()
            except Exception as error:
                self.problems.append(f"{act}: {type(error).__name__}: {error}")
            time.sleep(max(0.0, pause - (time.monotonic() - began)))

    def join(self) -> None:
        address = f"soak{next(self.numbers)}@example.org"
        answer = httpx2.post(f"{self.base}/subscribe", json={"email": address}, timeout=30)
        self._expect("join", answer, 202)
        self.joined.add(address)
        self.counts["joined"] += 1

    def confirm(self) -> None:
        for number in self._people("pending", 5):
            token = self.tokens.sign(Purpose.CONFIRM, number, datetime.now(UTC))
            answer = httpx2.post(f"{self.base}/confirm/{token}", timeout=30)
            self._expect("confirm", answer, 200)
            self.confirmed.add(number)

    def leave(self) -> None:
        for number in self._people("active", 1):
            if number <= _READERS:
                continue
            token = self.tokens.sign(Purpose.LEAVE, number, datetime.now(UTC))
            answer = httpx2.post(
                f"{self.base}/leave/{token}", data={"List-Unsubscribe": "One-Click"}, timeout=30
            )
            self._expect("leave", answer, 200)
            self.left.add(number)

    def report(self) -> None:
        self.world.report()
        self.counts["reports"] += 1

    def gather(self, publisher: FeedServer) -> None:
        moment = datetime.now(UTC) + timedelta(minutes=self.counts["gathered"])
        publisher.set_pages(feeds.world(publisher.url, moment))
        self._run("gather", "--force", expect=(0, 3))
        self.counts["gathered"] += 1

    def send(self) -> None:
        week = str(self.home.next_week())
        self._run("send", week, "--yes", expect=(0, 3))
        self._run("reconcile", week, expect=(0,))
        self.counts["sends"] += 1

    def look(self) -> None:
        status = Path(f"/proc/{self.server}/status").read_text()
        kib = next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS"))
        self.memory.append((time.monotonic(), kib / 1024))

    def _people(self, state: str, limit: int) -> list[int]:
        with self.home.house.db.read() as connection:
            rows = connection.execute(
                select(subscribers.c.id)
                .where(subscribers.c.state == state)
                .order_by(subscribers.c.id.desc())
                .limit(limit + 20)
            )
            found = list(rows.scalars())
        return random.sample(found, min(limit, len(found)))

    def _expect(self, what: str, answer: httpx2.Response, status: int) -> None:
        if answer.status_code != status:
            self.problems.append(f"{what} was answered {answer.status_code}")

    def _run(self, *words: str, expect: tuple[int, ...]) -> None:
        self.logs += 1
        log = self.folder / f"{self.logs:04}-{words[0]}.log"
        env = {**self.home.env, "SENDGRID_BASE_URL": self.world.url}
        pid = self.nursery.start(*words, env=env, log=log)
        while (code := self.nursery.codes.get(pid)) is None:
            self.nursery.wait(pid, 0.2)
        if code not in expect:
            self.problems.append(f"{words} ended with {code}: {log.read_text()[-300:]}")

    def _sum_up(self) -> None:
        with self.home.house.db.read() as connection:
            rows = {
                row.email: row
                for row in connection.execute(
                    select(subscribers.c.id, subscribers.c.email, subscribers.c.state)
                )
            }
            self.counts["posts"] = len(connection.execute(select(posts.c.id)).all())
        lost = [one for one in self.joined if one not in rows]
        states = {row.id: row.state for row in rows.values()}
        stayed = [one for one in self.left if states.get(one) != "left"]
        unheard = [one for one in self.confirmed - self.left if states.get(one) == "pending"]
        for number, what in (
            (len(lost), "sign-ups are not there"),
            (len(stayed), "who left are still there"),
            (len(unheard), "confirmations were not heard"),
        ):
            if number:
                self.problems.append(f"{number} {what}")
        log = (self.folder / "serve.log").read_text()
        self.problems += [line for line in log.splitlines() if "[error" in line][:5]
        first, last = self._memory()
        if last > first * (1 + _GROWTH):
            self.problems.append(f"memory grew from {first:.0f} to {last:.0f} MiB")

    def _memory(self) -> tuple[float, float]:
        """The server's memory, at most, in the second third and in the last one."""
        sizes = [size for _, size in self.memory]
        third = max(1, len(sizes) // 3)
        return max(sizes[third : 2 * third] or sizes), max(sizes[-third:])


@contextmanager
def served(nursery: Nursery, folder: Path, env: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Run `newsletter serve --with-schedule` on a free port while the block lasts."""
    from tests.drill.cluster import _free_port

    port = _free_port()
    log = folder / "serve.log"
    words = ("serve", "--port", str(port), "--with-schedule")
    pid = nursery.start(*words, env=env, log=log)
    until = time.monotonic() + 60
    while "Newsletter answers" not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    try:
        yield pid, f"http://127.0.0.1:{port}"
    finally:
        nursery.kill(pid)


def play(seconds: float, database: str = "") -> tuple[list[str], str]:
    """Soak for so long; give the problems and a line of figures."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        url = database or f"sqlite:///{folder}/list.sqlite"
        with (
            Nursery(ROOT) as nursery,
            Home(folder / "home", url, _READERS, 100).opened() as home,
            FeedServer() as publisher,
            closing(Ear(url)) as ear,
        ):
            publisher.set_pages(feeds.world(publisher.url, datetime.now(UTC)))
            home.env |= {
                "NEWSLETTER_ALLOW_PRIVATE_NETWORKS": "true",
                "NEWSLETTER_JOIN__JOINS_AN_HOUR_PER_ORIGIN": "1000000",
                "NEWSLETTER_JOIN__JOINS_A_MINUTE": "0",
                "NEWSLETTER_UNDO_MINUTES": "0",
                "NEWSLETTER_CALENDAR__WATCH": "* * * * *",
                "NEWSLETTER_LATE_HOURS": "240000",
            }
            _sources(home, publisher)
            with (
                outside.running(nursery, folder, home.env, ear, faults="", seed=1) as world,
                served(nursery, folder, {**home.env, "SENDGRID_BASE_URL": world.url}) as (pid, at),
            ):
                ear.by_house(home.house, world)
                soak = Soak(home, nursery, world, at, pid, folder, time.monotonic() + seconds)
                soak.play(publisher)
            first, last = soak._memory()
            counts = ", ".join(f"{number:,} {what}" for what, number in soak.counts.items())
            told = (
                f"{seconds:.0f} s: {counts}, {len(soak.confirmed):,} confirmed, "
                f"{len(soak.left):,} left; memory {first:.0f} -> {last:.0f} MiB"
            )
            return soak.problems, told


def _sources(home: Home, publisher: FeedServer) -> None:
    from newsletter.store import sources

    with home.house.db.write() as connection:
        for page in ("society.atom", "pain-journal.xml"):
            sources.put(connection, f"{publisher.url}/{page}", now=datetime.now(UTC))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--postgres", default="", help="an empty database")
    asked = parser.parse_args()
    problems, told = play(asked.seconds, asked.postgres)
    print(told)
    for problem in problems[:20]:
        print(f"  problem: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
