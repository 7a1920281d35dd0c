"""What an earlier issue told does not come back, unless there is more to tell."""

from __future__ import annotations

from dataclasses import replace

from newsletter import curate
from newsletter.model import Candidate, Story
from newsletter.urls import identity
from tests.curate.posts import candidate, post

PRINTED = {identity("https://old.example/a"): "2026-W46"}


def _post(number: int, url: str, title: str = "Heat helps sore backs") -> Candidate:
    return candidate(replace(post(title, url=url), id=number))


OLD = _post(1, "https://old.example/a")


def test_a_story_that_was_printed_is_marked_as_told_and_stays_findable() -> None:
    found = curate.retold([Story(OLD)], PRINTED, {1})

    assert [(story.told, story.update) for story in found] == [("2026-W46", False)]


def test_another_sites_rewrite_of_a_printed_story_was_told() -> None:
    rewrite = _post(2, "https://new.example/b", "Warmth against back pain")

    found = curate.retold([Story(OLD, (rewrite,))], PRINTED, {2})

    assert [(story.lead, story.told, story.update) for story in found] == [
        (rewrite, "2026-W46", False)
    ]


def test_news_of_a_printed_story_is_an_update_and_leads_it() -> None:
    update = _post(2, "https://new.example/b", "Heat for backs: final results after a year")

    found = curate.retold([Story(OLD, (update,))], PRINTED, {1, 2})

    assert found == [Story(update, (OLD,), told="2026-W46", update=True)]


def test_a_printed_post_is_no_update_of_itself() -> None:
    titled = _post(1, "https://old.example/a", "Guideline on back pain updated")

    found = curate.retold([Story(titled)], PRINTED, {1})

    assert [story.update for story in found] == [False]


def test_a_story_of_earlier_weeks_alone_is_not_this_weeks() -> None:
    assert curate.retold([Story(OLD)], PRINTED, set()) == []


def test_a_new_story_is_left_as_it_is() -> None:
    new = Story(_post(3, "https://new.example/c"))

    assert curate.retold([new], PRINTED, {3}) == [new]
