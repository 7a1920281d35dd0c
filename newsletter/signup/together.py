"""Joins that arrive at the same time share a transaction.

A commit waits for the disk; alone, each join would wait for all before it. So one thread
takes whatever came in while the last commit was under way and commits it at once, and all who
asked hear back when it stands. Somebody who asks alone, and with a watch, could still tell that
to write down a new address takes a millisecond longer than to find an old one: so who is not in
a crowd hears back on a beat, counted from when they asked.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from newsletter import journal
from newsletter.signup.joining import Ask, Joined, Limits, join_all
from newsletter.store import Database

_MOST = 500
# Seconds between two looks at who else is coming, and until nobody is waited for any more: the
# more who share a transaction, the less each of them costs.
_LOOK, _GATHER = 0.002, 0.02
# Far more than a join takes, and a blink for a person.
_BEAT = 0.02
# In a crowd nobody knows whose row took how long, and waiting would only hold up everybody.
_CROWD = 8
_QUIET = 60.0
# A thread that found nothing to do for this long ends; the next ask starts another.
_LINGERS = 2.0


class _Waiting(NamedTuple):
    ask: Ask
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[tuple[Joined, int]]


class Joins:
    """Takes asks from any event loop and commits them together. It needs no closing."""

    def __init__(self, db: Database, clock: Callable[[], datetime], limits: Limits) -> None:
        self._db, self._clock, self._limits = db, clock, limits
        self._turn = threading.Condition()
        self._queue: list[_Waiting] = []
        self._runs = False
        self._quiet_until = 0.0

    async def ask(self, ask: Ask) -> Joined:
        """Wait until the ask is on the disk; raise whatever kept it from there."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[Joined, int]] = loop.create_future()
        began = loop.time()
        with self._turn:
            self._queue.append(_Waiting(ask, loop, answer))
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._work, name="joins", daemon=True).start()
            self._turn.notify()
        outcome, together = await answer
        if together < _CROWD:
            await asyncio.sleep(_BEAT - (loop.time() - began) % _BEAT)
        return outcome

    def _work(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._queue, _LINGERS)
            self._gather()
            with self._turn:
                batch, self._queue = self._queue[:_MOST], self._queue[_MOST:]
                if not batch:
                    self._runs = False
                    return
            answers = self._commit(batch)
            for loop in {one.loop for one in batch}:
                mine = [
                    (one.answer, answer)
                    for one, answer in zip(batch, answers, strict=True)
                    if one.loop is loop
                ]
                _tell(loop, mine, len(batch))
            self._warn(answers.count(Joined.BUSY))

    def _gather(self) -> None:
        """Wait while more and more come, which in a crowd they do."""
        until = time.monotonic() + _GATHER
        seen = 0
        while seen < len(self._queue) < _MOST and time.monotonic() < until:
            seen = len(self._queue)
            time.sleep(_LOOK)

    def _warn(self, busy: int) -> None:
        """Say that a limit holds people off, once a minute at most."""
        if busy and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + _QUIET
            journal.warning("joins are held off by a limit", in_this_batch=busy)

    def _commit(self, batch: list[_Waiting]) -> list[Joined | Exception]:
        try:
            asks = [one.ask for one in batch]
            return [*join_all(self._db, asks, self._clock(), self._limits)]
        except Exception as error:
            if len(batch) == 1:
                return [error]
        # What is wrong with one of them is no reason to lose the others.
        return [answer for one in batch for answer in self._commit([one])]


def _tell(
    loop: asyncio.AbstractEventLoop,
    answers: list[tuple[asyncio.Future[tuple[Joined, int]], Joined | Exception]],
    together: int,
) -> None:
    def tell() -> None:
        for future, answer in answers:
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result((answer, together))

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:
        # The loop is closed: whoever asked has gone, and what they asked for stands.
        return
