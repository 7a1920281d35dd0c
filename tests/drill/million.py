"""From a CSV file to sent: `python -m tests.drill.million [--readers 1000000] [--workers 2]`.

On a PostgreSQL of its own, which is as durable as it comes; the provider says yes after 100 ms.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from newsletter.store import Database, jobs
from tests.bench import _sink
from tests.drill.cluster import cluster
from tests.drill.home import Home
from tests.drill.mutations import ROOT
from tests.drill.nursery import Nursery


def play(readers: int, workers: int, latency: float) -> Iterator[str]:
    """Play it and give the figures as lines, each as it is known."""
    with tempfile.TemporaryDirectory(prefix="million-") as name, cluster() as server:
        folder = Path(name)
        people = folder / "people.csv"
        with people.open("w") as file:
            file.write("email,name\n")
            file.writelines(f"person{n}@example.org,Person {n}\n" for n in range(readers))
        with (
            Nursery(ROOT) as nursery,
            Home(folder / "home", server.url, 1, 1000).opened() as home,
            closing(Database(server.url)) as db,
            _sink.running(latency) as url,
        ):
            env = {
                **home.env,
                "SENDGRID_BASE_URL": url,
                "NEWSLETTER_IN_FLIGHT": "16",
                "NEWSLETTER_UNDO_MINUTES": "15",
            }

            def run(*words: str) -> tuple[float, str]:
                log, began = folder / f"{words[0]}.log", time.monotonic()
                code = nursery.wait(nursery.start(*words, env=env, log=log), 900)
                assert code == 0, log.read_text()
                return time.monotonic() - began, log.read_text()

            week = str(home.next_week())
            seconds, _ = run("subscribers", "import", str(people), "--consent", "on paper")
            rate = readers / seconds
            yield f"import: {readers:,} in {seconds:.1f} s, {rate:,.0f} a second"
            pids = [
                nursery.start("worker", env=env, log=folder / f"worker{n}.log")
                for n in range(workers)
            ]
            while True:
                with db.read() as connection:
                    if jobs.workers(connection) == workers:
                        break
                time.sleep(0.2)
            began = time.monotonic()
            seconds, _ = run("send", week, "--yes", "--to-workers")
            yield f"freeze: {seconds:.1f} s (with the start of the command)"
            while True:
                _, said = run("status", week, "--json")
                status = json.loads(said[said.index("{") :])
                if status["state"] == "done":
                    break
                time.sleep(0.5)
            seconds = time.monotonic() - began
            yield (
                f"frozen and handed over by {workers} workers: {status['accepted']:,} in "
                f"{seconds:.1f} s, {status['accepted'] / seconds:,.0f} a second"
            )
            for number, pid in enumerate(pids, 1):
                yield f"memory of worker {number}: {_most(pid):.0f} MiB"
            for pid in pids:
                nursery.kill(pid)


def _most(pid: int) -> float:
    """The most memory that a process had, in MiB (proc(5), VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--latency", type=float, default=0.1)
    asked = parser.parse_args()
    for line in play(asked.readers, asked.workers, asked.latency):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
