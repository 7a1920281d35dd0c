"""A database that goes away in the middle of a send is waited for: nothing is in doubt after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from newsletter.sending.means import Knobs
from newsletter.sending.steps import Step
from newsletter.store import Database, ledger
from tests.conftest import POSTGRES
from tests.drill.cluster import Wire
from tests.sending.conftest import WEEK, Clock, Operator


def cut(wire: Wire, database: str) -> None:
    """Pull the cable for a second, three times."""
    del database
    for _ in range(3):
        wire.cut()
        time.sleep(0.7)
        wire.mend()
        time.sleep(0.4)


def hang_up(wire: Wire, database: str) -> None:
    """Have the server end every connection, ten times."""
    del wire
    admin = create_engine(
        make_url(POSTGRES).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    for _ in range(10):
        time.sleep(0.15)
        with admin.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                ),
                {"name": database},
            )
    admin.dispose()


@pytest.mark.parametrize("trouble", [cut, hang_up])
def test_a_send_waits_for_its_database_and_nobody_gets_it_twice(
    trouble: Callable[[Wire, str], None], postgres_url: str, tmp_path: Path
) -> None:
    url = make_url(postgres_url)
    with Wire(url.port or 5432) as wire:
        through = url.set(host="127.0.0.1", port=wire.port)
        with closing(Database(through.render_as_string(hide_password=False))) as db:
            db.upgrade()
            knobs = Knobs(batch_size=5, in_flight=4, undo=timedelta(minutes=15))
            operator = Operator(db, tmp_path / "outbox", Clock(), knobs)
            operator.approve()
            operator.subscribers(200)
            with operator.provider("slow=0.15s:1"):
                aside = threading.Thread(target=trouble, args=(wire, url.database or ""))
                begun = threading.Event()

                def step(one: Step) -> None:
                    if one is Step.CLAIMED and not begun.is_set():
                        begun.set()
                        aside.start()

                operator.step = step
                sent = operator.send()
                aside.join()
                with db.read() as connection:
                    send = ledger.newest(connection, WEEK)
                    assert send is not None
                    lanes = ledger.open_lanes(connection, send.id)
                operator.clock.turn(hours=2)

    assert sent.complete
    assert sent.standing.accepted == 200
    assert set(operator.delivered().values()) == {1}
    assert len(operator.delivered()) == 200
    # No lane was cancelled and handed over again: every answer was recorded, late.
    assert {lane.round for lane in lanes.values()} == {0}
