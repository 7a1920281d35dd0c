"""Workers do what commands do, beside them and after them; what a dead one held is handed on."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.store import jobs, sources
from newsletter.store.schema import sends
from tests.fleet.conftest import Fleet, until
from tests.stories.conftest import Person

EVERYBODY = Counter({f"reader{n}@example.org": 1 for n in range(1, 201)})

pytestmark = pytest.mark.xdist_group("drill")


def test_on_sqlite_a_worker_says_what_to_do_instead(person: Person) -> None:
    ran = person.run("worker")

    assert ran.code == 1
    assert "newsletter serve --with-schedule" in ran.err
    assert "newsletter move --to postgresql://" in ran.err


def test_a_queue_that_there_is_not_is_named(person: Person) -> None:
    ran = person.run("worker", "--queue", "sending")

    assert ran.code == 2
    assert "'sending' is no queue" in ran.err


def test_a_worker_that_comes_up_before_its_database_waits_and_can_be_stopped(
    fleet: Fleet,
) -> None:
    pid = fleet.start("worker", DATABASE_URL="postgresql://newsletter@127.0.0.1:9/none")
    log = fleet.folder / "001-worker.log"
    until(lambda: log.exists() and "does not answer" in log.read_text(), "a word about it")
    os.kill(pid, signal.SIGTERM)

    assert fleet.nursery.wait(pid, 20) == 0


def test_a_send_is_left_to_no_worker_if_there_is_none(fleet: Fleet) -> None:
    week = str(fleet.home.next_week())
    with fleet.world():
        code, said = fleet.run("send", week, "--yes", "--to-workers")

    assert code == 1
    assert "No worker runs" in said
    assert fleet.status(week)["stage"] == "approved"


def test_workers_send_what_was_left_to_them_and_a_dead_ones_part_too(fleet: Fleet) -> None:
    week = str(fleet.home.next_week())
    with fleet.world("slow=0.05s") as world:
        doomed = fleet.worker(NEWSLETTER_DRILL="answered:4", NEWSLETTER_UNDO_MINUTES="15")
        fleet.worker(NEWSLETTER_UNDO_MINUTES="15")
        code, said = fleet.run("send", week, "--yes", "--to-workers", NEWSLETTER_UNDO_MINUTES="15")
        done = until(lambda: fleet.status(week)["state"] == "done", "the send to be done")
        died = fleet.nursery.wait(doomed, 1.0)
        world.release()
        arrived = world.arrived()
        proved, _ = fleet.run("reconcile", week)

    assert (code, "left to the workers" in said, done) == (0, True, True)
    assert died == -9
    assert arrived == EVERYBODY
    assert proved == 0


def test_a_job_that_a_dead_worker_held_is_handed_on(fleet: Fleet) -> None:
    with fleet.db.write() as connection:
        jobs.defer(connection, "digest", queue="events", once="lost", report=1)
        connection.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) "
                "VALUES (now() - interval '10 minutes')"
            )
        )
        connection.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', "
                "worker_id = (SELECT max(id) FROM procrastinate_workers)"
            )
        )
    fleet.worker()

    def gone() -> bool:
        with fleet.db.read() as connection:
            return jobs.waiting(connection) == {}

    assert until(gone, "the job to be done")


def test_sources_are_read_by_jobs_those_of_a_host_in_one(fleet: Fleet) -> None:
    now = fleet.home.house.clock()
    with fleet.db.write() as connection:
        for host in range(60):
            for feed in ("a", "b"):
                sources.put(connection, f"http://127.0.0.1:{20000 + host}/{feed}", now=now)
    from newsletter.fleet.jobs import share_out_gathering

    said = share_out_gathering(fleet.home.house)
    again = share_out_gathering(fleet.home.house)
    fleet.run("worker", "--until-empty", NEWSLETTER_ALLOW_PRIVATE_NETWORKS="true")
    with fleet.db.read() as connection:
        failures = [one.failures for one in sources.all(connection)]

    assert said == "120 sources due, in 3 jobs"
    assert again == "120 sources due, in 0 jobs"
    assert failures == [1] * 120


def test_reports_wait_for_a_worker_where_one_lives_and_nothing_is_lost(fleet: Fleet) -> None:
    week = str(fleet.home.next_week())
    with fleet.world() as world:
        # It digests nothing before it dies: what came in meanwhile waits.
        fleet.nursery.kill(fleet.worker("--queue", "links"))
        fleet.ear.by_house(fleet.home.house, world)
        fleet.run("send", week, "--yes", NEWSLETTER_UNDO_MINUTES="0")
        world.report()
        with fleet.db.read() as connection:
            waited = connection.scalar(text("SELECT count(*) FROM reports"))
            before = connection.scalar(text("SELECT count(*) FROM events"))
        fleet.run("worker", "--until-empty")
        with fleet.db.read() as connection:
            left = connection.scalar(text("SELECT count(*) FROM reports"))
        told = fleet.status(week)["events"]["delivered"]

    assert waited
    assert (before, left) == (0, 0)
    assert told == 200


def test_a_stale_send_waits_for_an_operators_word(fleet: Fleet) -> None:
    week = str(fleet.home.next_week())
    with fleet.world("401"):
        fleet.run("send", week, "--yes", NEWSLETTER_UNDO_MINUTES="0")
    with fleet.db.write() as connection:
        long_ago = fleet.home.house.clock() - timedelta(days=3)
        connection.execute(sends.update().values(frozen_at=long_ago))
    with fleet.world() as world:
        _, said = fleet.run("worker", "--until-empty")
        arrived = world.arrived()

    assert not arrived
    assert "Old mail is not sent without a word from you" in said
