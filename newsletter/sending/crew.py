"""The hands of a run: threads that build requests of claimed batches and wait for answers.

Two threads build, so that one looks readers up while the other writes a request; as many as may
be in flight wait for the provider. What comes back is collected by the thread that keeps the
ledger. Nothing here writes down what became of a batch.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType

from newsletter.model import Answer, Batch, Outcome
from newsletter.sending.building import Builder, Built
from newsletter.sending.means import Means
from newsletter.sending.settling import Done
from newsletter.sending.steps import Step
from newsletter.store.database import lost

_BUILDERS = 2
# Answers are collected for so long at most while there is work ahead: a commit serves them all.
_LINGER = 0.1

_NOBODY = Answer(Outcome.ACCEPTED, reason="nobody left in it")
_HELD = Answer(Outcome.HELD, reason="held back before it left")
# A claim may wait for its turn for this part of its lease; the rest is for the call itself.
_MAY_WAIT = 1 / 8
# After these the provider is left in peace until the ledger's thread says so.
_HOLDING = frozenset({Outcome.LATER, Outcome.DENIED})


class Crew:
    """Builds and calls for one run. `give` and `collect` belong to the ledger's thread."""

    def __init__(self, means: Means, builder: Builder, now: Callable[[], datetime]) -> None:
        self._means, self._builder, self._now = means, builder, now
        self._builders = ThreadPoolExecutor(_BUILDERS, "build")
        self._callers = ThreadPoolExecutor(means.knobs.in_flight, "hand-over")
        self._back: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self.busy: dict[int, datetime] = {}
        """When batches that are not collected yet were given, by number of their row."""
        self.held = False
        """Whether what has not left is to come back as it is."""
        self.broken: BaseException | None = None
        """Why a request could not be built, if that happened."""

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.held = self.held or error is not None
        self._builders.shutdown()
        self._callers.shutdown()

    def room(self, ahead: int) -> int:
        """How many batches may be given: as many as may be in flight, and some ahead."""
        return self._means.knobs.in_flight + ahead - len(self.busy)

    def give(self, claimed: Iterable[Batch]) -> None:
        """Have the requests of claimed batches built and handed over."""
        for batch in claimed:
            self._means.step(Step.CLAIMED)
            self.busy[batch.id] = self._now()
            with self._lock:
                self._waiting += 1
            self._builders.submit(self._build, batch)

    def collect(self, seconds: float, *, ahead: int) -> list[Done]:
        """What came back. Waits up to `seconds` for something, and on for more while it may.

        While more than `ahead` batches have not left yet there is no hurry to claim others.
        """
        done: list[Done] = []
        until = time.monotonic() + seconds
        try:
            while self.busy:
                done.append(self._back.get(timeout=max(0.0, until - time.monotonic())))
                del self.busy[done[-1].batch.id]
                until = time.monotonic()
                if self._waiting > ahead:
                    until += _LINGER / (1 + len(done))
        except queue.Empty:
            pass
        return done

    def _build(self, batch: Batch) -> None:
        built = Built(batch, [], None)
        try:
            if not self._stays(batch):
                built = self._builder.build(batch, self._now())
                if built.request is None:
                    self._left(Done(batch, [], _NOBODY))
                    return
        except BaseException as error:
            self.held = True
            if not lost(error):  # a database that is away is for the ledger's thread to wait for
                self.broken = error
        self._callers.submit(self._call, built)

    def _call(self, built: Built) -> None:
        if built.request is None or self._stays(built.batch):
            self._left(Done(built.batch, built.deliveries, _HELD))
            return
        with self._lock:
            self._waiting -= 1
        self._means.step(Step.REQUEST)
        try:
            answer = self._means.provider.hand_over(built.request)
        except Exception as error:  # whatever it was, the request may have gone out
            answer = Answer(Outcome.UNKNOWN, reason=f"{type(error).__name__}: {error}")
        self._means.step(Step.ANSWERED)
        self.held = self.held or answer.outcome in _HOLDING
        self._back.put(Done(built.batch, built.deliveries, answer))

    def _stays(self, batch: Batch) -> bool:
        """Whether a batch must not leave: the run is over, or its claim grew too old.

        A claim whose lease is over may be handed over by others, on an operator's word.
        """
        age = self._now() - self.busy[batch.id]
        return self.held or self._means.stop.is_set() or age > self._means.knobs.lease * _MAY_WAIT

    def _left(self, done: Done) -> None:
        with self._lock:
            self._waiting -= 1
        self._back.put(done)
