"""What sending needs from the world, made by wiring: nothing here is global."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.deliver.plan import Tracking
from newsletter.deliver.sendgrid import SendGrid
from newsletter.model import Masthead
from newsletter.sending.brake import Limits
from newsletter.sending.steps import Hook, nothing
from newsletter.store import Database
from newsletter.subscribers.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Knobs:
    """How a send is cut and paced. `rate` is recipients a second.

    `patience` is how long to wait for a provider that stopped taking mail before the run gives
    up, `first_patience` for one that has taken none yet: more likely that is a wrong setting.
    `first_pause` is what is waited after a provider that takes no mail; each next is twice as long.
    `hands` is how many workers are asked to help with a send, where there are some.
    A send that is older than `stale` goes on by an operator's word alone. `spread` is the time
    from the first lane's delivery to the last one's.
    """

    lanes: int = 4
    in_flight: int = 16
    hands: int = 4
    batch_size: int = 1000
    rate: float | None = None
    undo: timedelta = timedelta(minutes=15)
    lease: timedelta = timedelta(seconds=120)
    patience: timedelta = timedelta(minutes=5)
    first_patience: timedelta = timedelta(seconds=20)
    first_pause: timedelta = timedelta(seconds=0.5)
    tracking: Tracking = field(default_factory=Tracking)
    stale: timedelta = timedelta(hours=24)
    spread: timedelta = timedelta(0)
    brake: Limits = field(default_factory=Limits)

    @property
    def window(self) -> timedelta:
        """The undo window; mail that is spread over hours waits at the provider in any case."""
        return self.undo or (timedelta(seconds=1) if self.spread else self.undo)

    @property
    def request_size(self) -> int:
        """Recipients a request: what the rate allows a second, if it is less than a batch."""
        return min(self.batch_size, max(1, int(self.rate))) if self.rate else self.batch_size


@dataclass(frozen=True)
class Means:
    """The ports of a send. `holder` names this process in the ledger."""

    db: Database
    provider: SendGrid
    tokens: Tokens
    masthead: Masthead
    clock: Callable[[], datetime]
    chance: random.Random
    knobs: Knobs
    holder: str
    stop: threading.Event = field(default_factory=threading.Event)
    step: Hook = nothing
    """Called as each step of a send is reached; drills end the process there."""


def this_process(nonce: str) -> str:
    """Name this process so that another one on the same machine can tell whether it lives."""
    return f"{socket.gethostname()}|{os.getpid()}|{_born(os.getpid())}|{nonce}"


def alive(holder: str) -> bool:
    """Whether a holder may still be at work; one on another machine is believed to be.

    Its lease is then what tells. A number that the system gave to another process since is
    told apart by the time of birth.
    """
    host, pid, born, _ = [*holder.split("|"), "", "", "", ""][:4]
    if host != socket.gethostname() or not pid.isdigit():
        return True
    return _born(int(pid)) == born


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks (proc(5), field 22); empty if there is none."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except OSError:
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "here"
