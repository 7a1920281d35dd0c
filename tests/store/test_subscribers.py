"""People in the store: unique by address, with proof, countable, forgettable."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from newsletter.model import Act, Consent, Email, State
from newsletter.store import Database, consents, erasures, imports, mails, subscribers

ADA = Email.parse("Ada@Example.org")


def test_an_address_is_on_the_list_once(db: Database, now: datetime) -> None:
    with db.write() as connection:
        first = subscribers.add(connection, ADA, State.PENDING, name="Ada", source="", now=now)
        again = subscribers.add(
            connection, Email.parse("ada@example.ORG"), State.ACTIVE, name="", source="", now=now
        )
        person = subscribers.find(connection, "ada@example.org", lock=True)

    assert again is None
    assert person is not None
    assert (person.id, person.email.text, person.state) == (
        first,
        "Ada@example.org",
        State.PENDING,
    )


def test_an_erased_person_leaves_a_hash_and_nothing_else(db: Database, now: datetime) -> None:
    with db.write() as connection:
        subscribers.add(connection, ADA, State.ACTIVE, name="Ada", source="", now=now)
        person = subscribers.find(connection, ADA.key)
        assert person is not None
        consents.log(connection, person.id, Consent(Act.JOIN, now, "form"))
        mails.queue(connection, "welcome", ADA.text, subscriber_id=person.id, values={}, now=now)
        subscribers.erase(connection, person)
        erasures.remember(connection, "0" * 64, "key", now)
        erasures.remember(connection, "0" * 64, "key", now)

    with db.read() as connection:
        assert subscribers.find(connection, ADA.key) is None
        assert consents.history(connection, person.id) == []
        assert mails.count(connection)["waiting"] == 0
        assert erasures.among(connection, ["0" * 64, "1" * 64]) == {"0" * 64}


def test_everyone_is_listed_past_the_size_of_a_page(db: Database, now: datetime) -> None:
    proof = Consent(Act.IMPORT, now, "file", "on paper")
    keys = [f"r{n}@example.org" for n in range(2001)]
    at = str(imports.moment(now))
    people: list[imports.NewPerson] = [(key, key, "", "active", at, None, "", 7) for key in keys]
    with db.write() as connection:
        known = imports.add(connection, people, proof)
    with db.write() as connection:
        again = imports.add(connection, people[:5], proof)

    with db.read() as connection:
        listed = [person.email.key for person in subscribers.everyone(connection)]
        counts = subscribers.count(connection)
    assert (known, again) == (set(), set(keys[:5]))
    assert sorted(listed) == sorted(keys)
    assert counts == dict.fromkeys(State, 0) | {State.ACTIVE: 2001}


def test_an_imported_person_reads_like_any_other(db: Database, now: datetime) -> None:
    proof = Consent(Act.IMPORT, now, "file", "on paper")
    with db.write() as connection:
        at = imports.moment(now)
        assert at
        row = (ADA.text, ADA.key, "Zoë 'x'", "left", at, at, "clinic", 6)
        imports.add(connection, [row], proof)

    with db.read() as connection:
        person = subscribers.find(connection, ADA.key)
        assert person is not None
        assert (person.name, person.state, person.created_at, person.confirmed_at) == (
            "Zoë 'x'",
            State.LEFT,
            now,
            now,
        )
        assert (person.sections, person.asked, person.source) == (6, 0, "clinic")
        assert consents.history(connection, person.id) == [replace(proof, wording_version=1)]
