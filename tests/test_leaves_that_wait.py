"""A leave is taken whatever the database says just now, and nobody is made to leave twice."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from newsletter import serving, settings, signup
from newsletter.errors import Refused
from newsletter.signup import Visit
from newsletter.store import Database
from newsletter.subscribers.tokens import Purpose
from newsletter.wiring import House
from tests.test_signup import KEYS, PAGE, reader, state_of, take

LIST = "email\nada@example.org\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: Database) -> Iterator[House]:
    """A newsletter with one reader, on each database."""
    monkeypatch.setenv("DATABASE_URL", db.engine.url.render_as_string(hide_password=False))
    with House(settings.load({"NEWSLETTER_HOME": str(tmp_path)})) as house:
        signup.import_csv(
            house.db,
            LIST.splitlines(keepends=True),
            consent="On paper.",
            source="list.csv",
            now=house.clock(),
            hash_keys=house.secrets,
        )
        yield house


@contextmanager
def read_only(house: House) -> Iterator[None]:
    """The database takes no writes: SQLite is held by somebody, PostgreSQL says so."""
    if house.db.is_sqlite:
        with closing(sqlite3.connect(str(house.db.engine.url.database))) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    name = house.db.engine.url.database
    for word in ("on", "off"):
        with house.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
            admin.exec_driver_sql("SET default_transaction_read_only = off")
            admin.exec_driver_sql(
                f'ALTER DATABASE "{name}" SET default_transaction_read_only = {word}'
            )
        house.db.engine.dispose()
        if word == "on":
            yield


def test_who_leaves_while_the_database_takes_no_writes_has_left(house: House) -> None:
    token = house.tokens.sign(Purpose.LEAVE, 1, house.clock())
    with serving.background(house) as address, httpx2.Client(base_url=address) as client:
        with read_only(house):
            answer = client.post(
                f"/leave/{token}", data={"List-Unsubscribe": "One-Click"}, timeout=8
            )
            noted = (house.settings.folder("subscribers") / "leaves.jsonl").read_text("utf-8")
        until = time.monotonic() + 20
        while state_of(house.db) == "active" and time.monotonic() < until:
            house.take_leaves()
            time.sleep(0.05)

    assert answer.status_code == 200
    assert "You have left" in answer.text
    assert '"who":1' in noted
    assert "@" not in noted
    assert state_of(house.db) == "left"


def test_a_leave_from_before_a_reader_came_back_says_nothing_any_more(
    db: Database, now: Any
) -> None:
    number = reader(db, now)

    signup.leave_noted(db, number, PAGE, now - timedelta(minutes=1))
    came_back = state_of(db)
    signup.leave_noted(db, number, PAGE, now + timedelta(minutes=1))

    assert (came_back, state_of(db)) == ("active", "left")


def test_a_list_is_refused_when_nobody_can_tell_any_more_who_was_erased(
    db: Database, now: Any
) -> None:
    take(db, now, "email", "ada@example.org")
    signup.forget(db, "ada@example.org", hash_keys=KEYS, now=now)
    values: dict[str, Any] = {"consent": "On paper.", "source": "list.csv", "now": now}

    with pytest.raises(Refused, match="Add that secret at the end of NEWSLETTER_SECRET"):
        signup.import_csv(db, [LIST], hash_keys=[b"another key altogether"], **values)
    kept = signup.import_csv(
        db, LIST.splitlines(), hash_keys=[b"another key altogether", *KEYS], **values
    )

    assert [one.email for one in kept.set_aside] == ["ada@example.org"]


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_a_list_that_meets_a_join_head_on_goes_again_and_is_whole(db: Database, now: Any) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        name = db.engine.url.database
        admin.exec_driver_sql(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '100ms'")
    db.engine.dispose()
    add = (
        "INSERT INTO subscribers (email, key, state, created_at) "
        "VALUES ('{0}', '{0}', 'left', now())"
    )
    rows = [f"{letter}@example.org" for letter in "abcdefg"]
    reports: list[signup.ImportReport] = []
    listing = threading.Thread(target=lambda: reports.append(take(db, now, "email", *rows)))

    # Somebody holds the last address; the list holds the first ones and waits for it; then
    # each waits for the other, and PostgreSQL ends one of the two.
    with db.engine.connect() as other, other.begin() as transaction:
        other.exec_driver_sql("SET LOCAL deadlock_timeout = '30s'")
        other.exec_driver_sql(add.format("g@example.org"))
        listing.start()
        while not other.exec_driver_sql(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        ).all():
            time.sleep(0.01)
            other.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
        other.exec_driver_sql(add.format("a@example.org"))
        transaction.commit()
    listing.join()

    assert (reports[0].added, reports[0].known, reports[0].set_aside_count) == (5, 0, 2)
    assert signup.count(db)["active"] == 5


def test_proof_names_where_a_leave_came_from(house: House) -> None:
    signup.leave(house.db, 1, Visit("leave page", "Leave it"), house.clock())

    (_, left) = signup.my_data(house.db, 1)["consents"]
    assert (left["act"], left["wording"], left["wording_version"]) == ("leave", "Leave it", 2)
