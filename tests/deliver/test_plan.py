"""What is asked of the provider: bodies, headers and times."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliver import plan
from newsletter.deliver.client import encode
from newsletter.deliver.stencil import Stencil
from newsletter.model import (
    LEAVE_URL,
    PREFERENCES_URL,
    Masthead,
    Message,
    Recipient,
    Rendered,
    Week,
)

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
MASTHEAD = Masthead(
    title="Pain Weekly",
    base_url="https://news.example.org",
    postal_address="1 Main Street",
    sender="Pain Weekly <news@example.org>",
    reply_to="editor@example.org",
)
MAIL = Rendered("Subject", "preheader", f"<p>{LEAVE_URL}</p>", f"text {LEAVE_URL}")


def _reader(number: int) -> Recipient:
    return Recipient(
        f"ref-{number}",
        f"reader{number}@example.org",
        "",
        f"https://news.example.org/leave/token{number}",
        f"https://news.example.org/preferences/token{number}",
    )


def _body(count: int = 2, **more: object) -> dict[str, object]:
    shared = plan.envelope(MAIL, MASTHEAD, week=Week(2026, 47), tracking=plan.Tracking())
    people = [plan.personalization(_reader(n), plan.answers_to(MASTHEAD)) for n in range(count)]
    return plan.body(shared, people, **more)  # type: ignore[arg-type]


def test_each_reader_has_a_personalization_with_their_own_leave_link() -> None:
    people = _body()["personalizations"]

    assert isinstance(people, list)
    assert [one["to"] for one in people] == [
        [{"email": "reader0@example.org"}],
        [{"email": "reader1@example.org"}],
    ]
    assert people[1]["substitutions"] == {
        LEAVE_URL: "https://news.example.org/leave/token1",
        PREFERENCES_URL: "https://news.example.org/preferences/token1",
    }


def test_one_click_headers_name_https_first_and_a_mailto_beside_it() -> None:
    headers = _body()["personalizations"][0]["headers"]  # type: ignore[index]

    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"] == (
        "<https://news.example.org/leave/token0>, "
        "<mailto:editor@example.org?subject=leave%20token0>"
    )


def test_custom_args_carry_the_delivery_and_no_address() -> None:
    args = _body()["personalizations"][0]["custom_args"]  # type: ignore[index]

    assert args == {"delivery": "ref-0"}


def test_our_own_leave_link_is_never_replaced_or_tracked_unless_asked() -> None:
    tracking = _body()["tracking_settings"]

    assert tracking == {
        "subscription_tracking": {"enable": False},
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
    }


def test_a_scheduled_batch_says_when_and_under_which_id() -> None:
    body = _body(batch_id="lane-1", send_at=NOW)

    assert body["batch_id"] == "lane-1"
    assert body["send_at"] == int(NOW.timestamp())


def test_a_batch_that_leaves_at_once_names_neither() -> None:
    body = _body()

    assert "batch_id" not in body
    assert "send_at" not in body


def test_the_text_part_stands_before_the_html() -> None:
    content = _body()["content"]

    assert [part["type"] for part in content] == ["text/plain", "text/html"]  # type: ignore[attr-defined]


def test_a_sender_with_a_name_is_split_and_signs_that_sendgrid_refuses_are_dropped() -> None:
    masthead = replace(MASTHEAD, sender='"Pain; Weekly, Ltd" <news@example.org>')

    shared = plan.envelope(MAIL, masthead, week=Week(2026, 47), tracking=plan.Tracking())

    assert shared["from"] == {"email": "news@example.org", "name": "Pain  Weekly  Ltd"}


def test_the_list_id_names_the_host_and_keeps_to_ascii() -> None:
    masthead = replace(MASTHEAD, title='Schmerz "Woche" – <heute>')

    assert plan.list_id(masthead) == "Schmerz Woche  heute <newsletter.news.example.org>"


def test_a_single_mail_is_never_tracked() -> None:
    message = Message("a@example.org", "S", "t", "<p>h</p>", "confirm", {"Auto-Submitted": "x"})

    body = plan.single(message, MASTHEAD)

    assert body["personalizations"] == [
        {"to": [{"email": "a@example.org"}], "headers": {"Auto-Submitted": "x"}}
    ]
    assert body["tracking_settings"]["click_tracking"]["enable"] is False


def test_without_an_undo_window_mail_leaves_as_it_is_handed_over() -> None:
    found = plan.times(NOW, hand_over=timedelta(minutes=3), undo=timedelta(0), at=None)

    assert found == plan.Times(None, None)


def test_send_at_leaves_time_to_hand_over_to_undo_and_for_the_provider_to_cancel() -> None:
    found = plan.times(NOW, hand_over=timedelta(minutes=3), undo=timedelta(minutes=15), at=None)

    assert found.undo_until == NOW + timedelta(minutes=18)
    assert found.send_at == NOW + timedelta(minutes=28)


def test_an_hour_that_the_operator_chose_can_be_undone_until_ten_minutes_before() -> None:
    at = NOW + timedelta(hours=5)

    found = plan.times(NOW, hand_over=timedelta(minutes=3), undo=timedelta(minutes=15), at=at)

    assert found == plan.Times(at, at - timedelta(minutes=10))


@pytest.mark.parametrize(
    ("recipients", "rate", "seconds"), [(1000, None, 30), (1_000_000, None, 92), (600, 10.0, 90)]
)
def test_handing_over_takes_a_second_a_request_or_as_long_as_the_rate_says(
    recipients: int, rate: float | None, seconds: int
) -> None:
    found = plan.hand_over_time(recipients, batch_size=1000, in_flight=16, rate=rate)

    assert found == timedelta(seconds=seconds)


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=30)


@given(st.lists(st.tuples(_TEXTS, _TEXTS), min_size=1, max_size=6))
def test_what_is_filled_in_is_the_same_to_the_letter_as_what_is_built(
    people: list[tuple[str, str]],
) -> None:
    readers = [
        _reader(number)._replace(email=email, name=name)
        for number, (email, name) in enumerate(people)
    ]
    tokens = [f"token{number}" for number in range(len(people))]

    filled = Stencil(MASTHEAD, "ref").fill(
        range(len(people)),
        [one.email for one in readers],
        [one.name for one in readers],
        tokens,
        tokens,
    )

    built = [plan.personalization(one, plan.answers_to(MASTHEAD)) for one in readers]
    assert encode(plan.body({}, filled)) == encode(plan.body({}, built))
    assert json.loads(encode(plan.body({}, filled))) == {"personalizations": built}


def test_a_log_line_shows_a_body_by_its_size_alone() -> None:
    encoded = encode({"to": "secret@example.org"})

    assert "secret" not in f"{encoded}"
