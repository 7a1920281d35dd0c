"""Everyone on the list gets the issue, each once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from newsletter import signup
from newsletter.errors import Refused
from newsletter.model import BatchState, SendState
from newsletter.sending import deciding, handover
from newsletter.sending.steps import Step, nothing
from newsletter.store import ledger, suppressions
from newsletter.store.schema import batches, subscribers
from tests.sending.conftest import START, WEEK, Operator


def test_every_active_reader_gets_the_issue_once(operator: Operator) -> None:
    operator.subscribers(95)

    with operator.provider():
        sent = operator.send()

    assert sent.complete
    assert sent.standing.accepted == sent.standing.audience == 95
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(95)}


def test_a_second_send_sends_nothing_more(operator: Operator) -> None:
    operator.subscribers(25)

    with operator.provider():
        operator.send()
        operator.subscribers(3, "late")
        again = operator.send()

    assert again.resumed
    assert again.standing.audience == 25
    assert sum(operator.delivered().values()) == 25


def test_who_left_bounced_or_is_suppressed_before_the_freeze_is_no_part_of_it(
    operator: Operator,
) -> None:
    operator.subscribers(10)
    signup.leave(operator.db, operator.number("reader0@example.org"), signup.Visit("test"), START)
    with operator.db.write() as connection:
        suppressions.add(connection, "reader5@example.org", "bounced", START, "test")

    with operator.provider():
        sent = operator.send()

    assert sent.standing.audience == 8
    assert {"reader0@example.org", "reader5@example.org"}.isdisjoint(operator.delivered())


def test_a_reader_who_leaves_after_the_freeze_gets_nothing(operator: Operator) -> None:
    operator.subscribers(20)
    with operator.provider("401:1"), pytest.raises(Refused):
        operator.send()
    signup.leave(operator.db, operator.number("reader2@example.org"), signup.Visit("test"), START)

    with operator.provider():
        sent = operator.send()

    assert sent.complete
    assert (sent.standing.accepted, sent.standing.suppressed) == (19, 1)
    assert "reader2@example.org" not in operator.delivered()


def test_a_reader_erased_after_the_freeze_gets_nothing(operator: Operator) -> None:
    operator.subscribers(5)
    with operator.provider("401:1"), pytest.raises(Refused):
        operator.send()
    signup.forget(operator.db, "reader4@example.org", hash_keys=[b"k" * 32], now=START)

    with operator.provider():
        sent = operator.send()

    assert (sent.standing.accepted, sent.standing.suppressed) == (4, 1)
    assert "reader4@example.org" not in operator.delivered()


def test_readers_get_the_variant_of_the_sections_that_they_want(operator: Operator) -> None:
    operator.subscribers(12)
    operator.approve(masks=(1, 4, 5))
    with operator.db.write() as connection:
        for number, sections in ((1, 1), (2, 4), (3, 2), (4, 3)):
            connection.execute(
                update(subscribers).where(subscribers.c.id == number).values(sections=sections)
            )

    with operator.provider():
        sent = operator.send()
        with operator.db.read() as connection:
            sizes = connection.execute(
                batches.select().with_only_columns(batches.c.variant, batches.c.size)
            ).all()

    # The third reader wants treatments alone, of which this issue has none.
    assert sent.standing.accepted == 11
    assert sorted((row.variant, row.size) for row in sizes) == [(1, 2), (4, 1), (5, 8)]


def test_a_wrong_key_stops_at_once_with_the_cure_and_loses_nothing(operator: Operator) -> None:
    operator.subscribers(20)
    operator.keys = ["SG.right"]

    with operator.provider():
        with pytest.raises(Refused, match="SENDGRID_API_KEY"):
            operator.send()
        operator.key = "SG.right"
        sent = operator.send()

    assert sent.complete
    assert set(operator.delivered().values()) == {1}
    assert len(operator.delivered()) == 20


@pytest.mark.parametrize("faults", ["429:0.3", "500:0.3", "503:0.3", "429:0.2,500:0.1,503:0.1"])
def test_a_provider_that_is_busy_is_asked_again_until_all_is_taken(
    operator: Operator, faults: str
) -> None:
    operator.subscribers(60)

    with operator.provider(faults, seed=3):
        sent = operator.send()

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(60)}


def test_a_host_that_redirects_is_never_followed(operator: Operator) -> None:
    operator.subscribers(5)

    with operator.provider("302:1"), pytest.raises(Refused, match="redirects"):
        operator.send()


def test_one_bad_address_is_refused_alone(operator: Operator) -> None:
    operator.subscribers(30)
    with operator.db.write() as connection:
        connection.execute(
            update(subscribers).where(subscribers.c.id == 17).values(email="no address")
        )

    with operator.provider():
        sent = operator.send()
        with operator.db.read() as connection:
            send = ledger.newest(connection, WEEK)

    assert send is not None
    assert send.state is SendState.DONE
    assert (sent.standing.accepted, sent.standing.refused) == (29, 1)
    assert len(operator.delivered()) == 29


def test_a_request_too_large_is_halved_until_it_fits(operator: Operator) -> None:
    operator.subscribers(40)

    with operator.provider("413:first 3"):
        sent = operator.send()

    assert sent.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(40)}


def test_a_lost_answer_is_never_simply_sent_again(operator: Operator) -> None:
    operator.subscribers(40)

    with operator.provider("lost:first 1") as sandbox:
        sent = operator.send()
        assert sent.standing.unknown == 10
        assert not sent.complete
        assert operator.send().standing.unknown == 10
        sandbox.flush_events()
        after = operator.send()

    assert after.complete
    assert after.standing.accepted == 40
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(40)}


def test_a_lost_request_waits_for_the_operators_word(operator: Operator) -> None:
    operator.subscribers(40)

    with operator.provider("reset:first 1") as sandbox:
        operator.send()
        sandbox.flush_events()
        assert operator.send().standing.unknown == 10
        assert "resolve" in operator.reconcile().differences[0]
        deciding.resolve(operator.db, WEEK, resend=True)
        after = operator.send()

    assert after.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(40)}


def test_given_up_batches_close_the_send_and_are_counted(operator: Operator) -> None:
    operator.subscribers(40)

    with operator.provider("reset:first 1"):
        operator.send()
        deciding.resolve(operator.db, WEEK, resend=False)
        after = operator.send()

    assert after.send.state is SendState.DONE
    assert (after.standing.accepted, after.standing.given_up) == (30, 10)


@pytest.mark.parametrize("faults", ["lost:first 2", "reset:first 2", "504:first 1", "lost:0.1"])
def test_within_the_undo_window_lost_answers_are_repaired_for_certain(
    operator: Operator, faults: str
) -> None:
    operator.subscribers(120)

    with operator.provider(faults, seed=5) as sandbox:
        sent = operator.send(undo=timedelta(minutes=15), lanes=4)
        assert not list(sandbox.delivered())
        operator.clock.turn(minutes=40)

    assert sent.complete
    assert sent.standing.accepted == 120
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(120)}


def test_two_operators_at_once_send_each_batch_once(operator: Operator) -> None:
    operator.subscribers(200)
    results: list[handover.Sent] = []

    with operator.provider("slow=0.02s:1"):
        threads = [
            threading.Thread(target=lambda: results.append(operator.send())) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [one.standing.accepted for one in results] == [200, 200]
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(200)}


def test_a_stopped_send_finishes_what_is_in_flight_and_goes_on_later(operator: Operator) -> None:
    operator.subscribers(200)

    def stop(step: Step) -> None:
        if step is Step.RECORDED:
            operator.stop.set()

    operator.step = stop
    with operator.provider("slow=0.05s:1"):
        first = operator.send(in_flight=2)
        operator.stop.clear()
        operator.step = nothing
        second = operator.send()

    assert not first.complete
    assert first.standing.sending == first.standing.unknown == 0
    assert 0 < first.standing.accepted < 200
    assert second.complete
    assert operator.delivered() == {f"reader{n}@example.org": 1 for n in range(200)}


def test_a_claim_whose_process_died_is_of_unknown_outcome(operator: Operator) -> None:
    operator.subscribers(20)
    with operator.provider("401:1"), pytest.raises(Refused):
        operator.send()
    with operator.db.write() as connection:
        connection.execute(
            update(batches)
            .where(batches.c.number == 1)
            .values(
                state=BatchState.SENDING,
                holder="nowhere|1|0|x",
                lease_until=START - timedelta(seconds=1),
            )
        )

    with operator.provider():
        sent = operator.send()

    assert (sent.standing.accepted, sent.standing.unknown) == (10, 10)


def test_nobody_to_send_to_is_told_with_the_next_step(operator: Operator) -> None:
    with operator.provider(), pytest.raises(Refused, match="subscribers import"):
        operator.send()


def test_a_rate_is_held(operator: Operator) -> None:
    operator.subscribers(50)

    with operator.provider():
        began = operator.clock()
        sent = operator.send(rate=100.0)

    assert sent.complete
    assert began == operator.clock()


def test_an_unreachable_provider_is_told_and_nothing_is_lost(operator: Operator) -> None:
    operator.subscribers(5)
    operator.base_url = "http://127.0.0.1:9"

    with pytest.raises(Refused, match="Nothing is lost"):
        operator.send(first_patience=timedelta(seconds=0))
