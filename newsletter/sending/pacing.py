"""Pace: when a batch may be claimed next, by the rate asked for and by the provider's word.

Moments are ticks of one steady clock in seconds, given by the caller.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import timedelta

from newsletter.sending.means import Knobs

_LONGEST_PAUSE = 60.0
# A turn that comes late by no more than this is made up for; longer gaps are not.
_SLACK = 0.25


@dataclass(slots=True)
class Pace:
    """How fast one process hands over."""

    knobs: Knobs
    chance: random.Random
    _rest_until: float = 0.0
    _next: float = 0.0
    _pauses: int = 0
    _refused_since: float | None = None
    _taken: bool = field(default=False)

    def wait(self, tick: float) -> float:
        """Seconds until the next claim is due; 0 if it is."""
        return max(0.0, max(self._rest_until, self._next) - tick)

    def rests(self, tick: float) -> bool:
        """Whether the provider asked to be left in peace."""
        return tick < self._rest_until

    def claimed(self, recipients: int, tick: float) -> None:
        """Under a rate, put the next claim off by as long as these recipients take."""
        if self.knobs.rate and recipients:
            due = max(self._next, tick - _SLACK) if self._next else tick
            self._next = due + recipients / self.knobs.rate

    def accepted(self) -> None:
        """The provider takes mail: pauses begin anew at the shortest."""
        self._pauses, self._refused_since, self._taken = 0, None, True

    def later(self, tick: float, retry_after: float | None) -> bool:
        """Rest after a provider that takes no mail now; False once patience is over.

        Each pause is twice the one before, with jitter, and never shorter than it asks for.
        """
        pause = self.knobs.first_pause.total_seconds() * 2.0 ** min(self._pauses, 16)
        pause = min(pause, _LONGEST_PAUSE) * (0.5 + self.chance.random())
        pause = max(pause, retry_after or 0.0)
        # Of many that were in flight when it began, one counts.
        if tick >= self._rest_until:
            self._pauses += 1
        self._rest_until = max(self._rest_until, tick + pause)
        self._refused_since = self._refused_since or tick
        patience = self.knobs.patience if self._taken else self.knobs.first_patience
        return timedelta(seconds=tick + pause - self._refused_since) <= patience


class Outage:
    """A database that does not answer: how long it is waited for, in seconds in all."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None

    @property
    def on(self) -> bool:
        return self._since is not None

    def waits(self) -> bool:
        """Sleep a while before the next try; False once patience is over."""
        now = time.monotonic()
        self._since = self._since or now
        gone = now - self._since
        if gone > self._patience:
            return False
        time.sleep(min(0.2 + gone / 4, 5.0))
        return True

    def over(self) -> None:
        """Note that it answers again."""
        self._since = None
