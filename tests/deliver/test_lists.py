"""SendGrid's suppression lists, read whole, whatever their size and order."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliver import lists

START = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = int(START.timestamp())


class _Provider:
    """Gives rows of a window as SendGrid does: 500 at most, in no order that one could rely on."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.asked = 0

    def __call__(self, name: str, first: int, last: int, offset: int) -> list[dict[str, Any]]:
        assert name == "bounces"
        self.asked += 1
        here = [row for row in self.rows if first <= row["created"] <= last]
        return here[offset : offset + lists.PAGE]


def _row(number: int, created: int, **more: str) -> dict[str, Any]:
    return {"email": f"Reader{number}@example.org", "created": created, **more}


def _read(provider: _Provider, hours: int = 100) -> list[lists.Listed]:
    until = START + timedelta(hours=hours)
    return [one for some in lists.read(provider, "bounces", START, until) for one in some]


@given(st.lists(st.integers(0, 40), max_size=2000), st.randoms(use_true_random=False))
def test_every_row_is_read_once(seconds: list[int], chance: random.Random) -> None:
    rows = [_row(number, FIRST + second) for number, second in enumerate(seconds)]
    chance.shuffle(rows)

    found = _read(_Provider(rows))

    assert sorted(one.key for one in found) == sorted(row["email"].lower() for row in rows)


def test_a_short_list_is_one_request() -> None:
    provider = _Provider([_row(number, FIRST + number) for number in range(499)])

    assert len(_read(provider)) == 499
    assert provider.asked == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "5.1.1", "reason": "550 no such user"}, "bounced"),
        ({"status": "4.4.7", "reason": "expired"}, lists.SOFT),
        ({"reason": "552 5.2.2 mailbox full"}, lists.SOFT),
        ({}, "bounced"),
    ],
)
def test_a_bounce_that_may_pass_is_told_apart(more: dict[str, str], reason: str) -> None:
    assert [one.reason for one in _read(_Provider([_row(1, FIRST, **more)]))] == [reason]


def test_a_row_that_cannot_be_read_is_passed_over() -> None:
    rows: list[dict[str, Any]] = [
        {"created": FIRST},
        {"created": FIRST, "email": "nobody"},
        _row(1, FIRST),
    ]

    assert [one.key for one in _read(_Provider(rows))] == ["reader1@example.org"]
