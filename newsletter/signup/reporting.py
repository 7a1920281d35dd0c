"""What the provider says became of mail: bounces, complaints, leaves of many people at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from newsletter.model import Act, Consent, Reported, State, Subscriber
from newsletter.signup.joining import Visit
from newsletter.store import consents, subscribers, suppressions
from newsletter.store.suppressions import NewSuppression
from newsletter.subscribers import lifecycle

_REASON = {
    Act.LEAVE: suppressions.LEFT,
    Act.BOUNCE: suppressions.BOUNCED,
    Act.COMPLAIN: suppressions.COMPLAINED,
}


def reported(
    connection: Connection, subscriber_id: int, act: Act, visit: Visit, at: datetime
) -> State | None:
    """Take in one report; give the state that follows, None for a person who was forgotten."""
    reported_all(connection, [Reported(subscriber_id, act, at)], visit)
    person = subscribers.get(connection, subscriber_id)
    return person.state if person else None


def reported_all(connection: Connection, acts: Sequence[Reported], visit: Visit) -> None:
    """Take in reports about many people, in the caller's transaction, in whatever order.

    What silenced somebody who then came back was outdone by that, however late it is told: by
    confirming anew they said that they want our mail, and that it reaches them. A complaint is
    never outdone. The provider's own list is then to let them go, too.
    """
    people = subscribers.get_all(connection, {one.subscriber_id for one in acts}, lock=True)
    states = {number: person.state for number, person in people.items()}
    barred: list[NewSuppression] = []
    proofs: list[tuple[int, Consent]] = []
    back = consents.came_back(connection, _confirmed_later(acts, people))
    outdone: dict[str, datetime] = {}
    for one in sorted(acts, key=lambda one: (one.subscriber_id, one.at, one.act.value)):
        person = people.get(one.subscriber_id)
        if person is None:
            continue
        key = person.email.key
        if one.act is not Act.COMPLAIN and person.id in back and one.at < back[person.id]:
            outdone[key] = one.at
            continue
        # The provider put the address on its own list before it told us.
        barred.append(NewSuppression(key, _REASON[one.act], one.at, visit.source, told_at=one.at))
        state = lifecycle.after(states[person.id], one.act)
        if state is not states[person.id]:
            states[person.id] = state
            proofs.append((person.id, visit.proof(one.act, one.at)))
    suppressions.lift(connection, outdone)
    suppressions.add_all(connection, barred)
    moved = {number: state for number, state in states.items() if state is not people[number].state}
    subscribers.move(connection, moved)
    for _, together in groupby(sorted(proofs, key=_moment), key=_moment):
        consents.log_all(connection, list(together))


def _moment(one: tuple[int, Consent]) -> datetime:
    return one[1].at


def _confirmed_later(acts: Sequence[Reported], people: Mapping[int, Subscriber]) -> set[int]:
    return {
        one.subscriber_id
        for one in acts
        if (person := people.get(one.subscriber_id))
        and person.confirmed_at is not None
        and one.at < person.confirmed_at
    }
