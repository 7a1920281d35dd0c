"""A home on PostgreSQL, the world outside, and workers as processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from newsletter.store import Database, jobs
from tests.drill import world as outside
from tests.drill.home import Home
from tests.drill.mutations import ROOT
from tests.drill.nursery import Nursery
from tests.drill.world import Ear, World
from tests.stories.conftest import person  # noqa: F401

PATIENCE = 60.0


def until(found: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Wait for what other processes bring about; what is false counts as not yet."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if told := found():
            return told
        time.sleep(0.05)
    raise AssertionError(f"it did not come in {patience} s: {what}")


@dataclass
class Fleet:
    """A home, commands as processes, and what they said."""

    nursery: Nursery
    home: Home
    ear: Ear
    folder: Path
    db: Database
    env: dict[str, str] = field(default_factory=dict)
    logs: int = 0

    def start(self, *words: str, **more: str) -> int:
        """Start a command and give its process id."""
        self.logs += 1
        env = {**self.home.env, **self.env, **more}
        return self.nursery.start(*words, env=env, log=self._log(words[0]))

    def run(self, *words: str, **more: str) -> tuple[int | None, str]:
        """Run a command to its end; give its exit code and all that it said."""
        code = self.nursery.wait(self.start(*words, **more), PATIENCE)
        return code, self._log(words[0]).read_text()

    def worker(self, *words: str, **more: str) -> int:
        """Start a worker and wait until it says that it lives."""
        with self.db.read() as connection:
            before = jobs.workers(connection)
        pid = self.start("worker", *words, **more)
        until(lambda: self.workers() > before, "a worker")
        return pid

    def workers(self) -> int:
        with self.db.read() as connection:
            return jobs.workers(connection)

    def status(self, week: str) -> dict[str, Any]:
        _, said = self.run("status", week, "--json")
        found: dict[str, Any] = json.loads(said[said.index("{") :])
        return found

    @contextmanager
    def world(self, faults: str = "", seed: int = 1) -> Iterator[World]:
        """A mail provider for as long as the block lasts."""
        self.logs += 1
        folder = self.folder / f"world{self.logs}"
        folder.mkdir()
        with outside.running(
            self.nursery, folder, self.home.env, self.ear, faults=faults, seed=seed
        ) as world:
            self.env["SENDGRID_BASE_URL"] = world.url
            yield world

    def _log(self, name: str) -> Path:
        return self.folder / f"{self.logs:03}-{name}.log"


@pytest.fixture
def fleet(tmp_path: Path, postgres_url: str) -> Iterator[Fleet]:
    """A home with 200 readers in batches of 10."""
    with (
        Nursery(ROOT) as nursery,
        Home(tmp_path / "home", postgres_url, 200, batch_size=10).opened() as home,
        closing(Ear(postgres_url)) as ear,
        closing(Database(postgres_url)) as db,
    ):
        yield Fleet(nursery, home, ear, tmp_path, db)
