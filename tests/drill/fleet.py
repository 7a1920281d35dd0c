"""Workers under fire: `python -m tests.drill.fleet [--readers 200000] [--workers 4]`.

Four workers hand an issue over. Again and again one is killed by SIGKILL and another one started;
the network to PostgreSQL is cut for a while; PostgreSQL crashes and comes back. Everybody must get
the issue once, by the sandbox's own count. For the table, the same send is timed with one worker
and with all of them, undisturbed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.drill import world as outside
from tests.drill.cluster import Cluster, Wire, cluster
from tests.drill.home import Home
from tests.drill.mutations import ROOT
from tests.drill.nursery import Nursery
from tests.drill.world import Ear, World

LATENCY = "slow=2s:1"
_MOST_KILLS = 12


@dataclass
class Battle:
    """A home whose workers reach their database over a wire that can be cut."""

    nursery: Nursery
    home: Home
    ear: Ear
    server: Cluster
    wire: Wire
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)
    logs: int = 0
    kills: int = 0
    resent: int = 0

    def send(self, workers: int, *, fire: bool, seed: int = 1, latency: str = LATENCY) -> float:
        """Send the next week; give the seconds until it is done. Raises AssertionError."""
        week = str(self.home.next_week())
        folder = self.folder / week
        folder.mkdir()
        with outside.running(
            self.nursery, folder, self.home.env, self.ear, faults=latency, seed=seed
        ) as world:
            self.env = {
                "SENDGRID_BASE_URL": world.url,
                "NEWSLETTER_UNDO_MINUTES": "15",
                "NEWSLETTER_LOG_LEVEL": "warning",
                "DATABASE_URL": f"postgresql://newsletter@127.0.0.1:{self.wire.port}/postgres",
            }
            self.pids = [self._start("worker") for _ in range(workers)]
            time.sleep(3)  # until they live
            began = time.monotonic()
            self._run("send", week, "--yes", "--to-workers")
            if fire:
                self._disturb(week, random.Random(seed))
            self._until_done(week, world, patience=600)
            seconds = time.monotonic() - began
            for pid in self.pids:
                self.nursery.kill(pid)
            world.release()
            self._count(world)
            code, said = self._run("reconcile", week)
            assert code == 0, said
        return seconds

    def _disturb(self, week: str, chance: random.Random) -> None:
        """Kill, cut and crash for as long as there is something to hand over."""
        began, cut, crashed = time.monotonic(), False, False
        while self._waiting(week) and self.kills < _MOST_KILLS:
            # A worker that is killed before it lives would prove nothing.
            time.sleep(chance.uniform(2.0, 5.0))
            victim = chance.randrange(len(self.pids))
            self.nursery.kill(self.pids[victim])
            self.pids[victim] = self._start("worker")
            self.kills += 1
            gone = time.monotonic() - began
            if gone > 6 and not cut:
                cut = True
                self.wire.cut()
                time.sleep(6)
                self.wire.mend()
            elif gone > 16 and not crashed:
                crashed = True
                self.server.stop()
                time.sleep(2)
                self.server.start()

    def _until_done(self, week: str, world: World, *, patience: float) -> None:
        """Wait; what is of unknown outcome in the end is told by events or by an operator."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            status = self._status(week)
            if status["state"] == "done":
                return
            if status["unknown"] and not (status["waiting"] or status["sending"]):
                world.calm()
                # What a dead worker had asked for may still be on its way at the provider.
                time.sleep(15)
                world.release()
                world.report()
                if doubt := self._status(week)["unknown"]:
                    self.resent += doubt
                    self._run("resolve", week, "--resend")
            time.sleep(0.3)
        raise AssertionError(f"the send did not end: {self._status(week)}")

    def _waiting(self, week: str) -> int:
        status = self._status(week)
        return int(status["waiting"] + status["sending"])

    def _status(self, week: str) -> dict[str, Any]:
        direct = {"DATABASE_URL": self.server.url}
        _, said = self._run("status", week, "--json", **direct)
        found: dict[str, Any] = json.loads(said[said.index("{") :])
        return found

    def _count(self, world: World) -> None:
        arrived = world.arrived()
        wanted = Counter({f"reader{n}@example.org": 1 for n in range(1, self.home.readers + 1)})
        twice = sum(number > 1 for number in arrived.values())
        missing = len(wanted.keys() - arrived.keys())
        assert (twice, missing) == (0, 0), f"{twice} got it twice, {missing} got nothing"

    def _start(self, *words: str, **more: str) -> int:
        self.logs += 1
        log = self.folder / f"{self.logs:03}-{words[0]}.log"
        return self.nursery.start(*words, env={**self.home.env, **self.env, **more}, log=log)

    def _run(self, *words: str, **more: str) -> tuple[int | None, str]:
        code = self.nursery.wait(self._start(*words, **more), 120)
        return code, (self.folder / f"{self.logs:03}-{words[0]}.log").read_text()


def play(
    readers: int, workers: int, batch_size: int, *, figures: bool, latency: str, keep: Path | None
) -> list[str]:
    """Play the battle and give its figures as lines."""
    told = []
    with ExitStack() as stack, cluster() as server:
        if keep:
            folder = keep
            folder.mkdir(parents=True)
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        with (
            Nursery(ROOT) as nursery,
            Home(folder / "home", server.url, readers, batch_size).opened() as home,
            closing(Ear(server.url)) as ear,
            Wire(server.port) as wire,
        ):
            home.env |= {"NEWSLETTER_IN_FLIGHT": "8", "NEWSLETTER_REQUEST_SECONDS": "30"}
            battle = Battle(nursery, home, ear, server, wire, folder)
            if figures:
                for number in (1, workers):
                    seconds = battle.send(number, fire=False, latency=latency)
                    told.append(
                        f"{number} undisturbed: {readers:,} readers once in {seconds:.1f} s"
                    )
            seconds = battle.send(workers, fire=True, latency=latency)
            told.append(f"{battle.resent:,} readers resent by the operator's word")
            told.append(
                f"{workers} workers, {battle.kills} of them killed, network cut 6 s, PostgreSQL "
                f"crashed: {readers:,} readers once in {seconds:.1f} s"
            )
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=1000)
    parser.add_argument("--latency", default=LATENCY)
    parser.add_argument("--no-figures", action="store_true")
    parser.add_argument("--keep", type=Path, help="a new folder for all that was said")
    asked = parser.parse_args()
    for line in play(
        asked.readers,
        asked.workers,
        asked.batch_size,
        figures=not asked.no_figures,
        latency=asked.latency,
        keep=asked.keep,
    ):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
