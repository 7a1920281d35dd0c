"""Cut off at the worst moments: what is in doubt is found out or done again, never guessed."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.exc import DBAPIError

from newsletter import signup
from newsletter.errors import Refused
from newsletter.model import BatchState, SendState
from newsletter.sending import account, deciding, lanes
from newsletter.sending.steps import Step, drill
from newsletter.store import ledger
from newsletter.store.papers import Papers
from newsletter.store.schema import batches, deliveries, subscribers
from newsletter.store.schema import lanes as lanes_table
from tests.sending.conftest import START, WEEK, CutOff, Operator

WINDOW = timedelta(minutes=15)


def _dead(operator: Operator) -> None:
    """Have the claims of a process that fell over look as they do when it is gone."""
    with operator.db.write() as connection:
        connection.execute(
            update(batches)
            .where(batches.c.state == BatchState.SENDING)
            .values(lease_until=START - timedelta(seconds=1))
        )


@pytest.mark.parametrize(
    ("step", "nth"),
    [
        (Step.FREEZING, 1),
        (Step.FROZEN, 1),
        (Step.LANE, 1),
        (Step.LANE, 3),
        (Step.CLAIMED, 1),
        (Step.CLAIMED, 5),
        (Step.RECORDING, 2),
        (Step.RECORDED, 2),
        (Step.CLOSING, 1),
    ],
)
def test_cut_off_at_a_step_everybody_gets_it_once_all_the_same(
    operator: Operator, step: Step, nth: int
) -> None:
    operator.subscribers(80)
    operator.cut_off_at(step, nth)

    with operator.provider():
        with pytest.raises(CutOff):
            operator.send(undo=WINDOW)
        _dead(operator)
        sent = operator.send(undo=WINDOW)
        operator.clock.turn(hours=2)

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(80)}
    assert operator.reconcile().differences == ()


def test_cut_off_after_a_lane_was_cancelled_its_readers_are_not_forgotten(
    operator: Operator,
) -> None:
    operator.subscribers(80)
    operator.cut_off_at(Step.CANCELLED)

    with operator.provider("lost:first 1") as sandbox:
        with pytest.raises(CutOff):
            operator.send(undo=WINDOW)
        # A late proof takes the doubt away that the lane was cancelled for.
        with operator.db.write() as connection:
            connection.execute(
                update(batches)
                .where(batches.c.state == BatchState.UNKNOWN)
                .values(state=BatchState.ACCEPTED)
            )
        sent = operator.send(undo=WINDOW)
        assert not list(sandbox.delivered())
        operator.clock.turn(hours=2)

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(80)}


def test_a_lane_that_is_being_cancelled_takes_no_batch(operator: Operator) -> None:
    operator.subscribers(40)
    operator.cut_off_at(Step.CLAIMED)
    with operator.provider(), pytest.raises(CutOff):
        operator.send(undo=WINDOW, in_flight=1)

    with operator.db.write() as connection:
        send = ledger.newest(connection, WEEK)
        assert send is not None
        known = {number: lane.id for number, lane in ledger.open_lanes(connection, send.id).items()}
        connection.execute(update(lanes_table).values(state="condemned"))
        claimed = ledger.claim(
            connection,
            send.id,
            holder="other",
            now=START,
            lease=timedelta(minutes=1),
            limit=9,
            open_lanes=known,
        )

    assert len(known) == 4
    assert claimed == []


def test_an_event_that_came_before_the_answer_was_lost_is_proof_all_the_same(
    operator: Operator,
) -> None:
    operator.subscribers(40)

    with operator.provider() as sandbox:
        operator.send()
        sandbox.flush_events()
        with operator.db.write() as connection:
            connection.execute(
                update(batches).where(batches.c.number == 2).values(state=BatchState.UNKNOWN)
            )
        resent = deciding.resolve(operator.db, WEEK, resend=True)

    assert resent == 0
    assert operator.reconcile().standing.accepted == 40


def test_an_undo_cut_off_in_the_middle_is_finished_by_the_next(operator: Operator) -> None:
    operator.subscribers(40)

    with operator.provider():
        operator.send(undo=WINDOW)
        operator.cut_off_at(Step.UNDOING, 2)
        with pytest.raises(CutOff):
            operator.undo()
        assert operator.undo() == 40
        operator.clock.turn(hours=2)

    assert not operator.delivered()


def test_an_undo_that_came_too_late_to_finish_leaves_nobody_out_when_resumed(
    operator: Operator,
) -> None:
    operator.subscribers(40)

    with operator.provider() as sandbox:
        operator.send(undo=WINDOW)
        operator.cut_off_at(Step.UNDOING, 2)
        with pytest.raises(CutOff):
            operator.undo()
        operator.clock.turn(hours=1)
        sandbox.release_due()
        with pytest.raises(Refused):
            operator.undo()
        deciding.resume(operator.db, WEEK, now=operator.clock())
        sent = operator.send(undo=WINDOW)
        operator.clock.turn(hours=2)

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(40)}


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)  # a server's disk is not ours to fill
def test_a_disk_that_is_full_keeps_nothing_half_and_the_send_goes_when_there_is_room(
    operator: Operator,
) -> None:
    operator.subscribers(400)
    full = True

    @event.listens_for(operator.db.engine, "before_cursor_execute")
    def fill(_connection: object, cursor: sqlite3.Cursor, *_: object) -> None:
        cursor.execute(f"PRAGMA max_page_count={1 if full else 1_000_000}")

    with operator.provider():
        with pytest.raises(DBAPIError, match="full"):
            operator.send(undo=WINDOW)
        with pytest.raises(Refused, match="was not sent"):
            operator.reconcile()
        full = False
        sent = operator.send(undo=WINDOW)
        operator.clock.turn(hours=2)

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(400)}


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)  # a file does not hang up
def test_a_lost_database_leaves_a_ledger_from_which_the_send_goes_on(operator: Operator) -> None:
    operator.subscribers(200)

    def hang_up(step: Step) -> None:
        if step is Step.RECORDING:
            operator.step = lambda _: None
            with operator.db.write() as other:
                other.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    operator.step = hang_up
    with operator.provider():
        with pytest.raises(DBAPIError):
            operator.send(undo=WINDOW, patience=timedelta(0))
        operator.step = lambda _: None
        _dead(operator)
        sent = operator.send(undo=WINDOW)
        operator.clock.turn(hours=2)

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(200)}


def test_who_leaves_while_it_is_handed_over_is_told_to_the_provider_at_once(
    operator: Operator,
) -> None:
    operator.subscribers(60)

    def leave(step: Step) -> None:
        if step is Step.RECORDED:
            signup.leave(
                operator.db, operator.number("reader0@example.org"), signup.Visit("test"), START
            )

    operator.step = leave
    with operator.provider():
        sent = operator.send(undo=WINDOW, in_flight=1)
        operator.clock.turn(hours=2)

    assert sent.standing.accepted == 60
    assert "reader0@example.org" not in operator.delivered()
    assert len(operator.delivered()) == 59


def test_a_delivery_added_behind_the_ledgers_back_is_named(operator: Operator) -> None:
    operator.subscribers(20)
    with operator.provider():
        sent = operator.send()
    assert operator.reconcile().differences == ()

    with operator.db.write() as connection:
        connection.execute(
            deliveries.insert().values(send_id=sent.send.id, subscriber_id=999, batch=1)
        )

    assert "no longer the one that was frozen" in operator.reconcile().differences[0]


def test_the_account_beside_the_issue_tells_refusals_and_no_address(
    operator: Operator, tmp_path: Path
) -> None:
    operator.subscribers(30)
    with operator.db.write() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.id == 17).values(email="no@address@example")
        )
    papers = Papers(tmp_path / "issues")

    with operator.provider():
        sent = operator.send()
    account.write(operator.db, papers, WEEK)

    told = (tmp_path / "issues" / str(WEEK) / "report.json").read_text("utf-8")
    report = json.loads(told)
    assert (report["accepted"], report["refused"], report["audience"]) == (29, 1, 30)
    assert report["audience_digest"] == sent.send.audience_digest
    assert [one["delivery"] for one in report["refusals"]] == [f"{sent.send.ref}-17"]
    assert "@" not in told


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a@b.example is not valid", "(address) is not valid"),
        ("Does not contain a valid address: <x.y+z@b.example>.", "<(address)>"),
        ("Bad Request", "Bad Request"),
    ],
)
def test_a_providers_sentence_keeps_no_address(said: str, kept: str) -> None:
    assert kept in account.without_addresses(said)
    assert "@" not in account.without_addresses(said)


def test_a_drill_for_no_step_is_refused_with_the_steps(operator: Operator) -> None:
    del operator

    with pytest.raises(Exception, match="claimed"):
        drill("lunch:1")


def test_undo_without_an_open_lane_says_that_it_is_too_late(operator: Operator) -> None:
    operator.subscribers(5)

    with operator.provider():
        sent = operator.send()
        with operator.connected() as means, pytest.raises(Refused, match="undo window 0"):
            lanes.undo(means, WEEK)

    assert sent.send.state is SendState.DONE


def test_a_provider_that_holds_ten_cancelled_ids_leaves_the_doubt_and_stops_nothing(
    operator: Operator,
) -> None:
    operator.subscribers(40)

    with operator.provider("lost:first 1") as sandbox:
        with operator.connected() as means:
            for _ in range(10):
                means.provider.cancel(means.provider.new_batch_id())
        sent = operator.send(undo=WINDOW)
        operator.clock.turn(hours=2)
        sandbox.release_due()
        sandbox.flush_events()
        after = operator.send(undo=WINDOW)

    assert sent.standing.unknown == 10
    assert after.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(40)}


def test_cancelled_ids_of_an_undone_take_count_when_the_next_is_repaired(
    operator: Operator,
) -> None:
    operator.subscribers(80)

    with operator.provider() as sandbox:
        operator.send(undo=WINDOW)
        operator.undo()
        sandbox.change_faults("lost:0.6")
        sent = operator.send(undo=WINDOW, in_flight=8)
        taken_back = operator.undo()
        operator.clock.turn(hours=2)

    assert sent.standing.unknown > 0
    assert taken_back == 80
    assert not operator.delivered()
