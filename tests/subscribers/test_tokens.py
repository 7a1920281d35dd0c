"""Signed links: what they carry, for whom, for how long."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import BadValue, WrongUsage
from newsletter.subscribers.tokens import Expired, Purpose, Tokens, fingerprint

OLD, NEW = b"an older secret of 32 bytes ....", b"a newer secret of 32 bytes ....."
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
TOKENS = Tokens([OLD])


@given(st.sampled_from(Purpose), st.integers(1, 2**56 - 1))
def test_a_link_leads_back_to_the_reader_it_was_made_for(purpose: Purpose, number: int) -> None:
    token = TOKENS.sign(purpose, number, NOW)

    assert TOKENS.read(purpose, token, NOW) == number
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")
    assert len(token) == 37


@pytest.mark.parametrize("made", Purpose)
@pytest.mark.parametrize("used", Purpose)
def test_a_link_for_one_thing_is_good_for_no_other(made: Purpose, used: Purpose) -> None:
    token = TOKENS.sign(made, 7, NOW)

    if made is used:
        assert TOKENS.read(used, token, NOW) == 7
    else:
        with pytest.raises(BadValue):
            TOKENS.read(used, token, NOW)


@given(st.integers(0, 36), st.sampled_from(string.ascii_letters + string.digits + "-_=+/ %"))
def test_a_link_changed_in_one_letter_is_refused(place: int, letter: str) -> None:
    token = TOKENS.sign(Purpose.LEAVE, 7, NOW)
    changed = token[:place] + letter + token[place + 1 :]

    if changed == token:
        return
    with pytest.raises(BadValue):
        TOKENS.read(Purpose.LEAVE, changed, NOW)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadValue, match="link"):
        TOKENS.read(Purpose.LEAVE, text, NOW)


def test_a_confirmation_expires_after_a_week_and_a_leave_link_never() -> None:
    confirm, leave = TOKENS.sign(Purpose.CONFIRM, 7, NOW), TOKENS.sign(Purpose.LEAVE, 7, NOW)
    week, years = NOW + timedelta(days=7), NOW + timedelta(days=4000)

    assert TOKENS.read(Purpose.CONFIRM, confirm, week) == 7
    with pytest.raises(Expired):
        TOKENS.read(Purpose.CONFIRM, confirm, week + timedelta(minutes=1))
    assert TOKENS.read(Purpose.LEAVE, leave, years) == 7


def test_a_forged_link_is_not_told_that_it_expired() -> None:
    token = Tokens([NEW]).sign(Purpose.CONFIRM, 7, NOW)

    with pytest.raises(BadValue) as caught:
        TOKENS.read(Purpose.CONFIRM, token, NOW + timedelta(days=30))
    assert not isinstance(caught.value, Expired)


def test_links_outlive_a_change_of_the_secret_until_the_old_one_is_dropped() -> None:
    old, rotated, later = Tokens([OLD]), Tokens([NEW, OLD]), Tokens([NEW])
    mailed = old.sign(Purpose.LEAVE, 7, NOW)

    assert rotated.read(Purpose.LEAVE, mailed, NOW) == 7
    assert later.read(Purpose.LEAVE, rotated.sign(Purpose.LEAVE, 8, NOW), NOW) == 8
    with pytest.raises(BadValue):
        later.read(Purpose.LEAVE, mailed, NOW)


@pytest.mark.parametrize("secrets", [[], [b"short"], [OLD, b""]])
def test_a_weak_secret_is_refused(secrets: list[bytes]) -> None:
    with pytest.raises(WrongUsage, match="NEWSLETTER_SECRET"):
        Tokens(secrets)


def test_links_made_for_many_readers_at_once_are_the_same_as_one_by_one() -> None:
    made = TOKENS.many(Purpose.LEAVE, range(1, 50), NOW)

    assert made == [TOKENS.sign(Purpose.LEAVE, number, NOW) for number in range(1, 50)]
    assert [TOKENS.read(Purpose.LEAVE, token, NOW) for token in made] == list(range(1, 50))


def test_a_fingerprint_needs_the_secret() -> None:
    mine, theirs = fingerprint(OLD, "reader@example.org"), fingerprint(NEW, "reader@example.org")

    assert mine == fingerprint(OLD, "reader@example.org")
    assert mine != theirs
    assert len(mine) == 64
