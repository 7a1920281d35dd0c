"""A list, an approved issue and a local SendGrid, and the verbs to send between them."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from newsletter import signup
from newsletter.deliver import events as reporting
from newsletter.deliver.sendgrid import SendGrid
from newsletter.model import Approval, Masthead, Rendered, Reported, Week
from newsletter.sandbox import Sandbox
from newsletter.sending import handover, lanes, proof, reports
from newsletter.sending.means import Knobs, Means, this_process
from newsletter.sending.steps import Hook, Step, nothing
from newsletter.store import Database, issues, ledger, subscribers
from newsletter.subscribers.tokens import Tokens

WEEK = Week(2026, 47)
START = datetime(2026, 11, 18, 12, tzinfo=UTC)
MASTHEAD = Masthead(
    title="Pain Weekly",
    base_url="https://news.example.org",
    postal_address="1 Main Street",
    sender="Pain Weekly <news@example.org>",
)
MAIL = Rendered(
    "The week in pain", "pre", "<html><p>%leave_url% %preferences_url%</p></html>", "%leave_url%"
)


class CutOff(BaseException):
    """A process that ends in the middle: nothing in the program catches it."""


@dataclass
class Clock:
    """A clock that tests turn."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Operator:
    """One who sends from one database to one sandbox; `means` may be made anew, as a restart."""

    db: Database
    outbox: Path
    clock: Clock
    knobs: Knobs
    key: str = "SG.test"
    keys: list[str] | None = None
    approval: Approval | None = None
    sandbox: Sandbox | None = None
    base_url: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(47))
    arrived: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    step: Hook = nothing
    hears: bool = True
    """Whether reports of the provider are taken in; else it keeps them."""

    def subscribers(self, count: int, prefix: str = "reader") -> None:
        lines = ["email\n", *(f"{prefix}{number}@example.org\n" for number in range(count))]
        signup.import_csv(
            self.db,
            iter(lines),
            consent="asked at the congress",
            source="test",
            now=self.clock(),
            hash_keys=[b"k" * 32],
        )

    def number(self, address: str) -> int:
        """The number by which somebody on the list is known."""
        with self.db.read() as connection:
            found = subscribers.find(connection, address)
        assert found is not None
        return found.id

    def approve(self, mail: Rendered = MAIL, masks: tuple[int, ...] = (7,)) -> Approval:
        variants = {mask: replace(mail, text=f"variant {mask} {mail.text}") for mask in masks}
        made = Approval(
            WEEK, "editor@example.org", self.clock(), mail.digest, mail, web="w", variants=variants
        )
        with self.db.write() as connection:
            number = issues.approve(connection, made)
        self.approval = replace(made, id=number)
        return self.approval

    def means(self, provider: SendGrid, **knobs: Any) -> Means:
        return Means(
            db=self.db,
            provider=provider,
            tokens=Tokens([b"s" * 32]),
            masthead=MASTHEAD,
            clock=self.clock,
            chance=self.chance,
            knobs=replace(self.knobs, **knobs),
            holder=this_process("test"),
            stop=self.stop,
            step=self.step,
        )

    def sandbox_url(self) -> str:
        assert self.sandbox is not None
        return self.sandbox.url

    @contextmanager
    def connected(self, **knobs: Any) -> Iterator[Means]:
        provider = SendGrid(
            self.key, self.base_url or self.sandbox_url(), timeout=2.0, clock=self.clock
        )
        with closing(provider):
            yield self.means(provider, **knobs)

    def send(self, *, late: bool = False, **knobs: Any) -> handover.Sent:
        assert self.approval is not None
        with self.connected(**knobs) as means:
            return handover.send(means, self.approval, late=late)

    def cut_off_at(self, step: Step, nth: int = 1) -> None:
        """Have the process fall over the nth time that it comes to a step, and never after."""
        passed = count(1)

        def fall(one: Step) -> None:
            if one is step and next(passed) == nth:
                raise CutOff(step)

        self.step = fall

    def undo(self) -> int:
        with self.connected() as means:
            return lanes.undo(means, WEEK)

    def lanes_open(self) -> bool:
        """Whether all lanes of the week's send have the provider's batch ids."""
        with self.db.read() as connection:
            send = ledger.newest(connection, WEEK)
            return send is not None and len(ledger.open_lanes(connection, send.id)) == 4

    def reconcile(self) -> proof.Proof:
        return proof.reconcile(self.db, WEEK)

    def take_report(self, raw: bytes, headers: Mapping[str, str]) -> int:
        assert self.sandbox is not None
        if not self.hears:
            return 503
        key = reporting.public_key(self.sandbox.public_key)
        signature, stamp = headers[reporting.SIGNATURE], headers[reporting.TIMESTAMP]
        if not reporting.verify([key], signature, stamp, raw):
            return 403
        reports.take(self.db, reporting.parse(raw), now=self.clock(), act=act_on)
        return 200

    @contextmanager
    def provider(self, faults: str = "", **options: Any) -> Iterator[Sandbox]:
        """Run a local SendGrid while the block lasts."""
        with Sandbox(
            self.outbox,
            now=self.clock,
            faults=faults,
            post_events=self.take_report,
            keys=self.keys,
            background=False,
            write_eml=False,
            **options,
        ) as sandbox:
            self.sandbox = sandbox
            yield sandbox
            sandbox.release_due()
            self.arrived = Counter(address for address, _ in sandbox.delivered())

    def delivered(self) -> Counter[str]:
        """How often each address got the issue, by the provider's own count when it closed."""
        return self.arrived


def act_on(connection: Connection, acts: Sequence[Reported]) -> None:
    signup.reported_all(connection, acts, signup.Visit("mail provider"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operator(db: Database, tmp_path: Path, clock: Clock) -> Operator:
    """An operator with an approved issue and nobody on the list, batches of 10."""
    made = Operator(
        db,
        tmp_path / "outbox",
        clock,
        Knobs(batch_size=10, in_flight=4, undo=timedelta(0), first_pause=timedelta(seconds=0.02)),
    )
    made.approve()
    return made
