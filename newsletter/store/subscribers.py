"""Subscribers: who is on the list, and how each of them stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select, update

from newsletter.model import Email, State, Subscriber
from newsletter.store import many
from newsletter.store.many import among
from newsletter.store.schema import consents, mails, subscribers
from newsletter.store.upsert import insert_into

_PAGE = 1000

_ADD_PENDING = """
INSERT INTO subscribers (email, key, name, source, state, created_at, asked, asked_at)
SELECT {0}, {1}, {2}, {3}, :state, :now, 1, :now FROM {each} WHERE true
ON CONFLICT (key) DO NOTHING RETURNING key, id
"""


def find(connection: Connection, key: str, *, lock: bool = False) -> Subscriber | None:
    """Look a person up by the key of their address; `lock` holds the row until the commit."""
    return _one(connection, subscribers.c.key == key, lock)


def get(connection: Connection, subscriber_id: int, *, lock: bool = False) -> Subscriber | None:
    return _one(connection, subscribers.c.id == subscriber_id, lock)


def get_all(
    connection: Connection, numbers: Collection[int], *, lock: bool = False
) -> dict[int, Subscriber]:
    """Those of these numbers that are known; locks are taken in the order of numbers."""
    if not numbers:
        return {}
    here = among(connection, subscribers.c.id, numbers)
    question = select(subscribers).where(here).order_by(subscribers.c.id)
    found = connection.execute(question.with_for_update() if lock else question)
    return {row.id: _person(row) for row in found}


def find_all(
    connection: Connection, keys: Sequence[str], *, lock: bool = False
) -> dict[str, Subscriber]:
    """Those of these keys that are known; locks are taken in the order of keys."""
    question = _among(connection.dialect.name, lock)
    found = connection.execute(question, {"rows": many.json(keys)})
    return {row.key: _person(row) for row in found}


def add(
    connection: Connection, email: Email, state: State, *, name: str, source: str, now: datetime
) -> int | None:
    """Write a new person and give their number; None if the address is already there."""
    row = {
        "email": email.text,
        "key": email.key,
        "name": name,
        "state": state.value,
        "created_at": now,
        "source": source,
    }
    new = insert_into(connection, subscribers).on_conflict_do_nothing(index_elements=["key"])
    number: int | None = connection.scalar(new.returning(subscribers.c.id), row)
    return number


def add_pending(
    connection: Connection, people: Sequence[tuple[Email, str, str]], now: datetime
) -> dict[str, int]:
    """Write people (address, name, source) who were just asked; give the numbers of new ones."""
    if not people:
        return {}
    rows = [(email.text, email.key, name, source) for email, name, source in people]
    values = {"rows": many.json(rows), "state": State.PENDING.value, "now": now}
    written = connection.execute(many.sql(connection, _ADD_PENDING), values)
    return {row.key: row.id for row in written}


def change(connection: Connection, subscriber_id: int, **values: Any) -> None:
    """Set columns of one person."""
    connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(**values)
    )


def move(connection: Connection, states: Mapping[int, State]) -> None:
    """Set the states of people, by number."""
    for state in sorted(set(states.values())):
        numbers = [number for number, to in states.items() if to is state]
        here = among(connection, subscribers.c.id, numbers)
        connection.execute(update(subscribers).where(here).values(state=state.value))


def count(connection: Connection) -> dict[State, int]:
    """How many there are in each state, with a zero for empty ones."""
    found = connection.execute(
        select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    )
    return dict.fromkeys(State, 0) | {State(state): number for state, number in found}


def everyone(connection: Connection) -> Iterator[Subscriber]:
    """Yield all, by number, a page at a time."""
    last = 0
    while True:
        page = connection.execute(
            select(subscribers)
            .where(subscribers.c.id > last)
            .order_by(subscribers.c.id)
            .limit(_PAGE)
        ).all()
        if not page:
            return
        yield from map(_person, page)
        last = page[-1].id


def pending(
    connection: Connection, *, asked_before: datetime, asked: int | None = None, limit: int
) -> list[Subscriber]:
    """Who was asked before then and has not answered, locked; `asked` says how often."""
    here = [
        subscribers.c.state == State.PENDING.value,
        subscribers.c.asked_at <= asked_before,
        *([subscribers.c.asked == asked] if asked is not None else []),
    ]
    found = connection.execute(
        select(subscribers)
        .where(*here)
        .order_by(subscribers.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_person(row) for row in found]


def page(
    connection: Connection, *, after: int, limit: int, state: State | None = None
) -> list[Subscriber]:
    """Some people by number, those past `after` first."""
    here = [subscribers.c.id > after, *([subscribers.c.state == state.value] if state else [])]
    found = connection.execute(
        select(subscribers).where(*here).order_by(subscribers.c.id).limit(limit)
    )
    return [_person(row) for row in found]


def erase(connection: Connection, person: Subscriber) -> None:
    """Delete a person, their proof and their mail."""
    connection.execute(
        delete(mails).where(
            or_(mails.c.subscriber_id == person.id, mails.c.to == person.email.text)
        )
    )
    connection.execute(delete(consents).where(consents.c.subscriber_id == person.id))
    connection.execute(delete(subscribers).where(subscribers.c.id == person.id))


@lru_cache
def _among(kind: str, lock: bool) -> Select[Any]:
    here = subscribers.c.key.in_(many.texts(kind))
    question = select(subscribers).where(here).order_by(subscribers.c.key)
    return question.with_for_update() if lock else question


def _one(connection: Connection, condition: ColumnElement[bool], lock: bool) -> Subscriber | None:
    question = select(subscribers).where(condition)
    row = connection.execute(question.with_for_update() if lock else question).one_or_none()
    return None if row is None else _person(row)


def _person(row: Any) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=Email(row.email, row.key),
        state=State(row.state),
        name=row.name,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        source=row.source,
        sections=row.sections,
        paused_until=row.paused_until,
        asked=row.asked,
        asked_at=row.asked_at,
    )
