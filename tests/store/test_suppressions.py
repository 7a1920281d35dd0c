"""Addresses that must not be mailed, and what the provider knows of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.store import Database, suppressions
from newsletter.store.suppressions import BOUNCED, COMPLAINED, ERASED, LEFT

KEY = "ada@example.org"


def test_suppressing_twice_is_once(db: Database, now: datetime) -> None:
    with db.write() as connection:
        first = suppressions.add(connection, KEY, BOUNCED, now, "event")
        second = suppressions.add(connection, KEY, BOUNCED, now + timedelta(days=1), "event")

    assert (first, second) == (True, False)
    with db.read() as connection:
        assert [(s.key, s.at) for s in suppressions.all(connection)] == [(KEY, now)]
        assert suppressions.has(connection, KEY)
        assert not suppressions.has(connection, "bo@example.org")


@pytest.mark.parametrize(
    ("reasons", "stays"),
    [
        ((BOUNCED, COMPLAINED), COMPLAINED),
        ((COMPLAINED, BOUNCED), COMPLAINED),
        ((LEFT, BOUNCED, LEFT), BOUNCED),
        ((LEFT, ERASED), ERASED),
        ((LEFT, "blocked"), LEFT),
    ],
)
def test_the_louder_reason_stays(
    db: Database, now: datetime, reasons: tuple[str, ...], stays: str
) -> None:
    with db.write() as connection:
        for reason in reasons:
            suppressions.add(connection, KEY, reason, now, "event")

        assert suppressions.reason(connection, KEY) == stays


def test_the_provider_is_told_once(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page")
        suppressions.add(connection, "bo@example.org", BOUNCED, now, "provider", told_at=now)
        before = suppressions.not_told(connection)
        suppressions.told(connection, [KEY], now)

    with db.read() as connection:
        assert [s.key for s in before] == [KEY]
        assert suppressions.not_told(connection) == []
        assert suppressions.has(connection, KEY)


def test_who_comes_back_is_lifted_at_the_provider_too(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page")
        suppressions.told(connection, [KEY], now)
        removed = suppressions.remove(connection, KEY, now)

        assert removed
        assert not suppressions.has(connection, KEY)
        assert list(suppressions.to_lift(connection)) == [KEY]
        suppressions.lifted(connection, [KEY])
        assert list(suppressions.to_lift(connection)) == []


def test_what_the_provider_never_heard_need_not_be_lifted(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page")
        suppressions.remove(connection, KEY, now)

        assert list(suppressions.to_lift(connection)) == []
        assert not suppressions.remove(connection, KEY, now)


def test_who_leaves_again_is_no_longer_to_be_lifted(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page", told_at=now)
        suppressions.remove(connection, KEY, now)
        suppressions.add(connection, KEY, LEFT, now, "leave page")

        assert list(suppressions.to_lift(connection)) == []
        assert [s.key for s in suppressions.not_told(connection)] == [KEY]


def test_who_comes_back_while_the_provider_is_told_is_lifted_again(
    db: Database, now: datetime
) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page")
        on_the_way = [s.key for s in suppressions.not_told(connection)]
        suppressions.remove(connection, KEY, now)
        suppressions.told(connection, on_the_way, now)

        assert list(suppressions.to_lift(connection)) == [KEY]


def test_an_erased_address_is_dropped_once_the_provider_knows(db: Database, now: datetime) -> None:
    with db.write() as connection:
        suppressions.add(connection, KEY, LEFT, now, "leave page", told_at=now)
        suppressions.add(connection, KEY, ERASED, now, "erased")
        waiting = [s.key for s in suppressions.not_told(connection)]
        suppressions.told(connection, [KEY], now)

        assert waiting == [KEY]
        assert suppressions.all(connection) == []
