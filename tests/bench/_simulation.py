"""Many workers on one ledger, in virtual time: the ledger is real, the provider and clocks are not.

Each worker's turn is the program's own (`settling.settle`, `ledger.claim`, `ledger.expire`,
`ledger.release`) in a real transaction on a real PostgreSQL. How long that takes is measured and
charged to the worker, and to the server, which does so many turns at a time. Answers come after
latencies drawn by chance; some are lost, some say 429, and workers die with all they hold. The
provider keeps books, so in the end each reader is counted.
"""

from __future__ import annotations

import heapq
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from newsletter.model import Answer, Batch, BatchState, Outcome
from newsletter.sending import settling
from newsletter.sending.settling import Done
from newsletter.store import Database, ledger
from newsletter.store.schema import batches

LEASE = timedelta(seconds=120)
# As `sending.lanes` has it: ten cancelled ids, of which an undo needs four.
MOST_REPAIRS = 6


@dataclass(frozen=True, slots=True)
class World:
    """Seconds until an answer (median, and spread of its logarithm), shares of what goes wrong,
    seconds between two deaths of one worker, turns that the database does at a time."""

    latency: float = 0.15
    spread: float = 0.6
    lost: float = 0.001
    later: float = 0.01
    lives: float = 600.0
    server: int = 8


@dataclass
class Provider:
    """What was accepted, by batch id; a cancelled id is thrown away."""

    held: dict[str, list[int]] = field(default_factory=dict)
    cancelled: int = 0

    def take(self, batch: Batch) -> None:
        self.held.setdefault(batch.batch_id, []).append(batch.number)

    def cancel(self, batch_id: str) -> None:
        self.held.pop(batch_id, None)
        self.cancelled += 1


@dataclass
class Worker:
    name: str
    dies_at: float
    flying: int = 0
    done: list[Done] = field(default_factory=list)


@dataclass
class Run:
    """What one simulated hand-over came to; `ledger_ms` is a turn's transaction in the mean."""

    workers: int
    seconds: float
    turns: int
    ledger_ms: float
    deaths: int
    repairs: int
    proved: int
    twice: int
    missing: int


def simulate(
    db: Database, send_id: int, workers: int, in_flight: int, world: World, seed: int
) -> Run:
    """Hand a frozen send over by so many workers, and count what the provider holds."""
    return _Simulation(db, send_id, workers, in_flight, world, seed).run()


class _Simulation:
    def __init__(
        self, db: Database, send_id: int, workers: int, in_flight: int, world: World, seed: int
    ) -> None:
        self.db, self.send_id, self.in_flight, self.world = db, send_id, in_flight, world
        self.number = workers
        self.chance = random.Random(seed)
        self.provider = Provider()
        self.began = datetime(2026, 11, 18, 6, tzinfo=UTC)
        self.now = 0.0
        self.free = [0.0] * world.server
        self.spent = self.turns = self.deaths = self.repairs = self.rounds = 0
        self.cost = 0.0
        self.proved = 0
        self.living: dict[str, Worker] = {}
        self.events: list[tuple[float, int, str, Worker, Done | None]] = []
        self.counter = 0

    def moment(self) -> datetime:
        return self.began + timedelta(seconds=self.now)

    def run(self) -> Run:
        with self.db.write() as connection:
            for number in ledger.lane_numbers(connection, self.send_id):
                self._open(connection, number)
        for _ in range(self.number):
            self._born(0.0)
        finished = 0.0
        while self.events:
            self.now, _, kind, worker, done = heapq.heappop(self.events)
            if worker.name not in self.living:
                continue
            if self.now >= worker.dies_at:
                del self.living[worker.name]
                self.deaths += 1
                self._born(self.now + 5.0)
                continue
            if done is not None:
                worker.flying -= 1
                worker.done.append(done)
            if kind == "answer" and worker.flying > self.in_flight // 2:
                continue  # others will come within the same commit
            if self._turn(worker):
                finished = self.now
                break
        return Run(
            self.number,
            finished,
            self.turns,
            self.cost / max(1, self.turns) * 1000,
            self.deaths,
            self.repairs,
            self.proved,
            *self._count(),
        )

    def _born(self, at: float) -> None:
        self.counter += 1
        worker = Worker(f"sim{self.counter}", at + self.chance.expovariate(1 / self.world.lives))
        self.living[worker.name] = worker
        self._at(at, "turn", worker, None)

    def _at(self, when: float, kind: str, worker: Worker, done: Done | None) -> None:
        self.counter += 1
        heapq.heappush(self.events, (when, self.counter, kind, worker, done))

    def _turn(self, worker: Worker) -> bool:
        """Record and claim in one transaction; True when the whole send is done."""
        began = time.perf_counter()
        with self.db.write() as connection:
            ledger.join(connection, self.send_id)
            for one in worker.done:
                settling.settle(connection, one, self.moment())
            worker.done = []
            lanes = {
                one.number: one.id for one in ledger.open_lanes(connection, self.send_id).values()
            }
            claimed = ledger.claim(
                connection,
                self.send_id,
                holder=worker.name,
                now=self.moment(),
                lease=LEASE,
                limit=self.in_flight - worker.flying,
                open_lanes=lanes,
            )
        over = self._charge(time.perf_counter() - began)
        for batch in claimed:
            self._ask(worker, batch, over)
        if claimed or worker.flying:
            return False
        if self._mend():
            return True
        self._at(over + 1.0, "turn", worker, None)
        return False

    def _charge(self, seconds: float) -> float:
        """The server does so many turns at a time; give when this one is over."""
        self.turns, self.cost = self.turns + 1, self.cost + seconds
        begins = max(self.now, heapq.heappop(self.free))
        heapq.heappush(self.free, begins + seconds)
        return begins + seconds

    def _ask(self, worker: Worker, batch: Batch, when: float) -> None:
        worker.flying += 1
        dice = self.chance.random()
        seconds = self.chance.lognormvariate(0, self.world.spread) * self.world.latency
        deliveries = list(range(batch.size))
        if dice < self.world.later:
            answer = Answer(Outcome.LATER, status=429)
        else:
            self.provider.take(batch)
            lost = dice > 1 - self.world.lost
            answer = Answer(
                Outcome.UNKNOWN if lost else Outcome.ACCEPTED, status=0 if lost else 202
            )
            seconds = 30.0 if lost else seconds
        self._at(when + seconds, "answer", worker, Done(batch, deliveries, answer))

    def _mend(self) -> bool:
        """With nothing to do: see who died, repair by cancelling; True when all is done."""
        living = self.living
        with self.db.write() as connection:
            ledger.alone(connection, self.send_id)
            ledger.expire(
                connection, self.send_id, now=self.moment(), alive=lambda name: name in living
            )
            states = ledger.by_state(connection, self.send_id)
            if states.get(BatchState.READY) or states.get(BatchState.SENDING):
                return False
            if not states.get(BatchState.UNKNOWN):
                return True
            if self.repairs >= MOST_REPAIRS:
                self._proved(connection)
                return False
            doubtful = {row.lane_id for row in ledger.unknown_batches(connection, self.send_id)}
            for lane in ledger.open_lanes(connection, self.send_id).values():
                if lane.id in doubtful and self.repairs < MOST_REPAIRS:
                    ledger.condemn(connection, lane.id)
                    self.provider.cancel(lane.batch_id)
                    ledger.release(connection, lane, now=self.moment())
                    self.repairs += 1
                    self._open(connection, lane.number)
        return False

    def _proved(self, connection: Connection) -> None:
        """Events tell what the provider holds; of the rest an operator says it was not taken."""
        held = {number for some in self.provider.held.values() for number in some}
        wanted = [
            row.number
            for row in ledger.unknown_batches(connection, self.send_id)
            if row.number in held
        ]
        connection.execute(
            update(batches)
            .where(batches.c.send_id == self.send_id, batches.c.number.in_(wanted))
            .values(state=BatchState.ACCEPTED)
        )
        ledger.resend(connection, self.send_id)
        self.proved += len(wanted)

    def _open(self, connection: Connection, number: int) -> None:
        self.rounds += 1
        ledger.open_lane(
            connection,
            self.send_id,
            number,
            batch_id=f"batch-{number}-{self.rounds}",
            send_at=self.began + timedelta(hours=2),
        )

    def _count(self) -> tuple[int, int]:
        """Batches that the provider holds twice, and those of the ledger that it does not hold."""
        held = Counter(number for some in self.provider.held.values() for number in some)
        with self.db.read() as connection:
            whole = sum(ledger.by_state(connection, self.send_id).values())
        return sum(1 for number in held.values() if number > 1), whole - len(held)
