"""The provider's suppression lists and ours, in step both ways."""

from __future__ import annotations

from newsletter import signup
from newsletter.model import State
from newsletter.sending import telling
from newsletter.sending.means import Means
from newsletter.store import subscribers, suppressions
from tests.sending.conftest import Operator, act_on


def _sync(means: Means) -> telling.Synced:
    return telling.sync(means, since=None, act=act_on)


def _state(operator: Operator, email: str) -> State:
    with operator.db.read() as connection:
        person = subscribers.find(connection, email)
    assert person is not None
    return person.state


def test_lists_longer_than_a_page_are_taken_in_whole_and_once(operator: Operator) -> None:
    operator.subscribers(3)
    with operator.provider(), operator.connected() as means:
        means.provider.suppress([f"reader{number}@example.org" for number in range(600)])
        operator.clock.turn(days=1)
        means.provider.suppress([f"later{number}@example.org" for number in range(700)])
        operator.clock.turn(days=1)

        first, second = _sync(means), _sync(means)

    assert (first.taken, first.known, first.listed["unsubscribes"]) == (1300, 0, 1300)
    assert (second.taken, second.known) == (0, 1300)
    assert {_state(operator, f"reader{number}@example.org") for number in range(3)} == {State.LEFT}


def test_who_confirmed_since_they_were_listed_gets_mail_again(operator: Operator) -> None:
    operator.subscribers(2)
    with operator.provider() as sandbox, operator.connected() as means:
        means.provider.suppress(["reader0@example.org"])
        operator.clock.turn(days=1)
        with operator.db.write() as connection:
            subscribers.change(connection, 1, state=State.PENDING.value)
        signup.confirm(operator.db, 1, signup.Visit("form"), operator.clock())

        done = _sync(means)
        after = _sync(means)
        operator.send()
        sandbox.release_due()

    assert (done.taken, done.lifted, after.lifted) == (0, 1, 0)
    assert _state(operator, "reader0@example.org") is State.ACTIVE
    assert operator.delivered()["reader0@example.org"] == 1


def test_what_the_provider_lost_is_told_to_it_again(operator: Operator) -> None:
    operator.subscribers(1)
    with operator.provider(), operator.connected() as means:
        signup.leave(operator.db, 1, signup.Visit("link"), operator.clock())
        assert _sync(means).told == 1
        means.provider.lift("reader0@example.org")

        again = _sync(means)
        calm = _sync(means)

    assert (again.missing, again.told) == (1, 1)
    assert (calm.missing, calm.told) == (0, 0)


def test_an_address_with_a_slash_is_lifted_too(operator: Operator) -> None:
    odd = "ann/lee+list?x@example.org"
    with operator.provider(), operator.connected() as means:
        means.provider.suppress([odd])
        means.provider.lift(odd)

        assert _sync(means).listed["unsubscribes"] == 0
    with operator.db.read() as connection:
        assert not suppressions.has(connection, odd)
