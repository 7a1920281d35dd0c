"""Hands for a send: jobs by which workers join whoever is handing it over.

A hand is no batch: whoever lends one claims batches from the ledger, many to a commit, until
nothing is left. A job for each batch would cost four commits of the queue beside the one of the
ledger that many batches share. On one machine without workers nothing comes of asking.
"""

from __future__ import annotations

from sqlalchemy import Connection

from newsletter.store import jobs

TASK, QUEUE = "hand_over", "send"


def ask(connection: Connection, send_id: int, hands: int = 4) -> int:
    """Ask so many workers for a hand, in the transaction that made batches ready.

    Gives how many were asked: those who were asked before and have not come are not asked again.
    """
    return sum(
        jobs.defer(
            connection, TASK, queue=QUEUE, once=f"hand {number} of send {send_id}", send_id=send_id
        )
        for number in range(hands)
    )
