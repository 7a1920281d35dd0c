"""Subscribers, their consents, and what is left of those who were forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from newsletter.model import Act, Consent, Email, State, Subscriber
from newsletter.store.schema import consents, erasures, mails, subscribers
from newsletter.store.upsert import insert_into

_PAGE = 1000


def find(connection: Connection, key: str, *, lock: bool = False) -> Subscriber | None:
    """Look a person up by the key of their address; `lock` holds the row until the commit."""
    return _one(connection, subscribers.c.key == key, lock)


def get(connection: Connection, subscriber_id: int, *, lock: bool = False) -> Subscriber | None:
    return _one(connection, subscribers.c.id == subscriber_id, lock)


def find_all(
    connection: Connection, keys: Sequence[str], *, lock: bool = False
) -> dict[str, Subscriber]:
    """Those of these keys that are known; locks are taken in the order of keys."""
    question = select(subscribers).where(subscribers.c.key.in_(keys)).order_by(subscribers.c.key)
    found = connection.execute(question.with_for_update() if lock else question)
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
    row = {"state": State.PENDING.value, "created_at": now, "asked": 1, "asked_at": now}
    rows = [
        row | {"email": email.text, "key": email.key, "name": name, "source": source}
        for email, name, source in people
    ]
    new = insert_into(connection, subscribers).on_conflict_do_nothing(index_elements=["key"])
    written = connection.execute(new.returning(subscribers.c.key, subscribers.c.id), rows)
    return {row.key: row.id for row in written}


def change(connection: Connection, subscriber_id: int, **values: Any) -> None:
    """Set columns of one person."""
    connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(**values)
    )


def log(connection: Connection, subscriber_id: int, consent: Consent) -> None:
    """Append proof of an act."""
    row = asdict(consent) | {"subscriber_id": subscriber_id, "act": consent.act.value}
    connection.execute(insert(consents), row)


def log_all(connection: Connection, proofs: Sequence[tuple[int, Consent]]) -> None:
    """Append proof of many acts, each with its person's number."""
    if proofs:
        rows = [
            {
                "subscriber_id": number,
                "act": proof.act.value,
                "at": proof.at,
                "source": proof.source,
                "wording": proof.wording,
                "origin": proof.origin,
                "user_agent": proof.user_agent,
            }
            for number, proof in proofs
        ]
        connection.execute(insert(consents), rows)


def history(connection: Connection, subscriber_id: int) -> list[Consent]:
    """All proof about one person, oldest first."""
    found = connection.execute(
        select(consents).where(consents.c.subscriber_id == subscriber_id).order_by(consents.c.id)
    )
    return [
        Consent(Act(row.act), row.at, row.source, row.wording, row.origin, row.user_agent)
        for row in found
    ]


def count(connection: Connection) -> dict[State, int]:
    """How many there are in each state, with a zero for empty ones."""
    found = connection.execute(
        select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    )
    return dict.fromkeys(State, 0) | {State(state): number for state, number in found}


def acts(connection: Connection, *, since: datetime) -> dict[Act, int]:
    """How many acts of each kind were logged since then."""
    rows = connection.execute(
        select(consents.c.act, func.count()).where(consents.c.at >= since).group_by(consents.c.act)
    )
    return {Act(act): int(number) for act, number in rows}


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


def blank_origins(connection: Connection, before: datetime) -> int:
    """Take origin and program out of proof that is older than that; the act stays."""
    here = or_(consents.c.origin != "", consents.c.user_agent != "")
    blank = update(consents).where(here, consents.c.at <= before)
    return connection.execute(blank.values(origin="", user_agent="")).rowcount


def erase(connection: Connection, person: Subscriber) -> None:
    """Delete a person, their proof and their mail."""
    connection.execute(
        delete(mails).where(
            or_(mails.c.subscriber_id == person.id, mails.c.to == person.email.text)
        )
    )
    connection.execute(delete(consents).where(consents.c.subscriber_id == person.id))
    connection.execute(delete(subscribers).where(subscribers.c.id == person.id))


def remember_erasure(connection: Connection, hash: str, now: datetime) -> None:
    """Keep the keyed hash of an address that was erased."""
    connection.execute(
        insert_into(connection, erasures)
        .values(hash=hash, at=now)
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def erased(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Which of these hashes belong to somebody who asked to be forgotten."""
    return set(connection.scalars(select(erasures.c.hash).where(erasures.c.hash.in_(hashes))))


def any_erased(connection: Connection) -> bool:
    return connection.scalar(select(erasures.c.hash).limit(1)) is not None


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
