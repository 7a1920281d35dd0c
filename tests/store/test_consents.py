"""Proof of consent: in order, with the version of the words, and not to be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update
from sqlalchemy.exc import DBAPIError

from newsletter.model import Act, Consent, Email, State
from newsletter.store import Database, consents, subscribers
from newsletter.store.schema import consents as log

ADA, BO = Email.parse("ada@example.org"), Email.parse("bo@example.org")


def pending(connection: Connection, email: Email, now: datetime) -> int:
    number = subscribers.add(connection, email, State.PENDING, name="", source="", now=now)
    assert number is not None
    return number


def test_proof_is_kept_in_order_with_the_version_of_its_words(db: Database, now: datetime) -> None:
    said = [
        Consent(Act.JOIN, now, "form", "Send it to me.", "192.0.2.7", "Browser"),
        Consent(Act.CONFIRM, now, "link", "Yes"),
        Consent(Act.LEAVE, now, "mail provider"),
    ]
    with db.write() as connection:
        number = pending(connection, ADA, now)
        for consent in said:
            consents.log(connection, number, consent)

    with db.read() as connection:
        assert consents.history(connection, number) == [
            replace(said[0], wording_version=1),
            replace(said[1], wording_version=2),
            said[2],
        ]


def test_other_words_are_another_version_and_the_same_ones_are_not(
    db: Database, now: datetime
) -> None:
    words = ["Send it to me.", "Send it to me, please.", "Send it to me."]
    with db.write() as connection:
        people = [pending(connection, email, now) for email in (ADA, BO)]
        for after, wording in enumerate(words):
            proof = Consent(Act.JOIN, now + timedelta(minutes=after), "form", wording)
            consents.log_all(connection, [(number, proof) for number in people])

    with db.read() as connection:
        for number in people:
            history = consents.history(connection, number)
            assert [proof.wording for proof in history] == words
            assert [proof.wording_version for proof in history] == [1, 2, 1]


@pytest.mark.parametrize("change", [{"act": "confirm"}, {"source": "elsewhere"}, {"wording_id": 7}])
def test_nobody_changes_what_was_proven(
    db: Database, now: datetime, change: dict[str, object]
) -> None:
    with db.write() as connection:
        consents.log(connection, pending(connection, ADA, now), Consent(Act.JOIN, now, "form"))

    with pytest.raises(DBAPIError, match="append-only"), db.write() as connection:
        connection.execute(update(log).values(**change))


def test_where_it_came_from_may_be_blanked(db: Database, now: datetime) -> None:
    proof = Consent(Act.JOIN, now, "form", "Yes", "192.0.2.7", "Browser")
    with db.write() as connection:
        number = pending(connection, ADA, now)
        consents.log(connection, number, proof)
        blanked = consents.blank_origins(connection, now)

    with db.read() as connection:
        (kept,) = consents.history(connection, number)
    assert blanked == 1
    assert kept == Consent(Act.JOIN, now, "form", "Yes", wording_version=1)
