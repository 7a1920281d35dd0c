"""How much this machine carries: a made-up list is taken in, frozen, handed over, reported on.

Everything is real but the world: the database is a fresh SQLite file or an empty database that is
named, the mail provider is the local sandbox in this process, which checks each request as SendGrid
documents it and so costs more than it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter import signup
from newsletter.errors import Refused
from newsletter.model import Approval, Rendered, Week
from newsletter.sandbox import Sandbox
from newsletter.sending import handover, proof
from newsletter.settings import Settings
from newsletter.store import carry, issues
from newsletter.wiring import House

_WORDS = "A story in plain words that a reader may want to know about. " * 400
_MAIL = Rendered(
    "What eased chronic pain this week",
    "Eight stories",
    f"<html><body><p>{_WORDS}</p><a href='%leave_url%'>Leave</a> %preferences_url%</body></html>",
    f"{_WORDS} %leave_url% %preferences_url%",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was timed: how many, in seconds."""

    what: str
    number: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.number / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures, and the most memory that this process had, in MiB."""

    figures: tuple[Figure, ...]
    memory: float
    database: str


def run(readers: int, database_url: str = "") -> Measured:
    """Measure with so many readers. Raises `Refused` for a database that holds rows."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name, ExitStack() as stack:
        home = Path(name)
        house = stack.enter_context(House(_settings(home, database_url)))
        with house.db.read() as connection:
            if carry.occupied(connection):
                raise Refused(
                    f"{house.db.describe()} is not empty. Name an empty database for a bench."
                )
        approval = _approved(house)
        with _timed(figures, "readers taken in from a CSV list", readers):
            signup.import_csv(
                house.db,
                _rows(readers),
                consent="made up for a bench",
                source="bench",
                now=house.clock(),
                hash_keys=house.secrets,
            )

        def report(raw: bytes, headers: Mapping[str, str]) -> int:
            return sender.take_report(raw, headers)

        world = stack.enter_context(
            Sandbox(
                home / "world",
                now=house.clock,
                write_eml=False,
                background=False,
                post_events=report,
            )
        )
        live = {"sendgrid_base_url": world.url, "sendgrid_webhook_public_key": (world.public_key,)}
        sender = stack.enter_context(House(house.settings.model_copy(update=live)))
        with _timed(figures, "readers frozen and handed over", readers):
            done = handover.send(sender.means, approval)
        if not done.complete or done.standing.accepted != readers:
            raise Refused(f"The send did not end as it should: {done.standing}. Please report it.")
        world.release_due()
        # Each reader's mail is processed and delivered.
        with _timed(figures, "events verified and taken in", 2 * readers):
            world.flush_events()
        with _timed(figures, "readers proved to be accounted for", readers):
            proof.reconcile(sender.db, approval.week)
        return Measured(tuple(figures), _memory(), house.db.describe())


def _settings(home: Path, database_url: str) -> Settings:
    # The environment is for earnest: none of it counts here.
    return Settings.model_construct(
        home=home,
        database_url=database_url,
        sendgrid_api_key="SG.bench",
        base_url="https://news.example.org",
        from_="The Pain Letter <letter@news.example.org>",
        postal_address="12 Example Lane, Exampleton",
        title="The Pain Letter",
        undo_minutes=0,
        log_level="error",
    )


def _approved(house: House) -> Approval:
    week = Week.of(house.clock(), house.settings.zone)
    made = Approval(
        week, "bench@example.org", house.clock(), _MAIL.digest, _MAIL, web="", variants={7: _MAIL}
    )
    with house.db.write() as connection:
        number = issues.approve(connection, made)
        return issues.approval(connection, number)


def _rows(readers: int) -> Iterator[str]:
    yield "email,name\n"
    for number in range(readers):
        yield f"reader{number}@example.org,Reader {number}\n"


@contextmanager
def _timed(figures: list[Figure], what: str, number: int) -> Iterator[None]:
    began = time.perf_counter()
    yield
    figures.append(Figure(what, number, time.perf_counter() - began))


def _memory() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024**2 if sys.platform == "darwin" else most / 1024
