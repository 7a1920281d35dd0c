"""Jobs for workers, put into the queue in the transaction that makes their rows.

The queue is procrastinate's and lives in the same PostgreSQL, so a job and the row it serves
commit together. On SQLite there are no workers and these functions do nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from procrastinate import App

# A worker says every 10 seconds that it lives.
_LIVES = "last_heartbeat > now() - interval '45 seconds'"


def defer(connection: Connection, task: str, *, queue: str, once: str, **words: Any) -> bool:
    """Put a job into a queue; False if one of the same name, `once`, waits there already.

    A job that is at work does not count: what it has not seen needs another one.
    """
    if connection.dialect.name == "sqlite":
        return False
    from procrastinate.exceptions import AlreadyEnqueued

    try:
        # A refusal would end the whole transaction, so it is asked for in one of its own.
        with connection.begin_nested():
            driver = connection.connection.driver_connection
            made = _queue().configure_task(task, queue=queue, queueing_lock=once, connection=driver)
            made.defer(**words)
    except AlreadyEnqueued:
        return False
    return True


def workers(connection: Connection) -> int:
    """How many workers live, by what they said last."""
    if connection.dialect.name == "sqlite":
        return 0
    found = connection.scalar(text(f"SELECT count(*) FROM procrastinate_workers WHERE {_LIVES}"))
    return int(found or 0)


def waiting(connection: Connection) -> dict[str, int]:
    """How many jobs stand in each state of the queue: todo, doing, failed and so on."""
    if connection.dialect.name == "sqlite":
        return {}
    rows = connection.execute(
        text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
    )
    return {str(status): int(number) for status, number in rows}


def forget(connection: Connection, *, days: int = 30) -> int:
    """Drop jobs that failed for good so long ago; those that were done are dropped at once."""
    if connection.dialect.name == "sqlite":
        return 0
    gone = connection.execute(
        text(
            "DELETE FROM procrastinate_jobs WHERE status IN ('failed', 'cancelled', 'aborted') AND "
            "NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = "
            "procrastinate_jobs.id AND e.at > now() - make_interval(days => :days))"
        ),
        {"days": days},
    )
    return gone.rowcount


@cache
def _queue() -> App:
    from procrastinate import App, SyncPsycopgConnector

    # Never opened: each job travels on the connection that it is handed.
    return App(connector=SyncPsycopgConnector())
