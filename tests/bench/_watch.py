"""Somebody with a watch: can they tell by the time of an answer whether an address is known?

One request at a time, known and new addresses in turn, in the order of chance. `guess` is how
often a guesser is right who is shown one time of each kind: 0.5 is no better than a coin.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from itertools import product

import httpx2

Say = Callable[[str], None]
_TIMES = 400


def run(say: Say, address: str) -> None:
    """Measure at a server that counts all limits and holds nobody off."""
    chance = random.Random(5)
    with httpx2.Client(base_url=address, timeout=30) as client:

        def milliseconds(email: str) -> float:
            began = time.perf_counter()
            client.post("/subscribe", json={"email": email}).raise_for_status()
            return (time.perf_counter() - began) * 1000

        for number in range(50):
            milliseconds(f"known-{number}@example.org")
        took: dict[str, list[float]] = {"known": [], "new": []}
        kinds = ["known", "new"] * _TIMES
        chance.shuffle(kinds)
        for number, kind in enumerate(kinds):
            which = number if kind == "new" else chance.randrange(50)
            took[kind].append(milliseconds(f"{kind}-{which}@example.org"))
    for kind, times in took.items():
        cuts = statistics.quantiles(times, n=20)
        say(
            f"  {kind:5} address  median {statistics.median(times):5.2f} ms, "
            f"5 % {cuts[0]:5.2f}, 95 % {cuts[-1]:5.2f}"
        )
    say(f"  guess {guess(took['known'], took['new']):.2f} (0.50: the time tells nothing)")


def guess(some: list[float], others: list[float]) -> float:
    """How often the larger of two is the other's, whichever way round is the better guess."""
    wins = sum((b > a) + 0.5 * (a == b) for a, b in product(some, others))
    share = wins / (len(some) * len(others))
    return max(share, 1 - share)
