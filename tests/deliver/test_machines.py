"""Machines are told from people by what they leave behind."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliver.machines import Trace, judge

START = datetime(2026, 11, 18, 7, tzinfo=UTC)


def _click(seconds: float, link: str = "https://a.example.org/", machine: bool = False) -> Trace:
    return Trace(START + timedelta(seconds=seconds), link, machine)


def test_a_click_of_a_person_is_one() -> None:
    assert judge([_click(0), _click(40, "https://b.example.org/")]) == [False, False]


def test_three_links_within_ten_seconds_are_followed_by_no_hand() -> None:
    burst = [_click(second, f"https://{second}.example.org/") for second in (0, 4, 9)]
    slow = [_click(second, f"https://{second}.example.org/") for second in (0, 20, 40)]

    assert judge(burst) == [True] * 3
    assert judge(slow) == [False] * 3


def test_one_link_pressed_again_and_again_is_an_impatient_person() -> None:
    assert judge([_click(second) for second in range(5)]) == [False] * 5


def test_whoever_follows_the_hidden_link_did_the_rest_at_that_time_too() -> None:
    traces = [
        Trace(START, "", False),
        _click(1, "https://news.example.org/for-machines"),
        _click(2),
        _click(3600),
    ]

    assert judge(traces) == [True, True, True, False]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abcd")), max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_matter(found: list[tuple[int, str]], chance: random.Random) -> None:
    traces = [_click(second, f"https://{name}.example.org/") for second, name in found]
    shuffled = chance.sample(traces, len(traces))
    verdicts = dict(zip(shuffled, judge(shuffled), strict=True))

    assert judge(traces) == [verdicts[one] for one in traces]
