"""What editors did shifts later scores: a little, in the open, and never what is relevant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import curate
from newsletter.curate.taste import MOST
from newsletter.model import (
    About,
    Also,
    Candidate,
    Deed,
    Issue,
    Lesson,
    Pick,
    Proposal,
    Section,
    Story,
    Week,
)
from tests.curate.posts import NOW, candidate, post

THEN, WEEK = Week(2026, 46), Week(2026, 47)
FEED = "https://blog.example/feed"


def _proposal(
    name: str, *, printed: bool = True, section: Section = Section.NEWS, subjects: str = ""
) -> Proposal:
    url = f"https://blog.example/{name}"
    return Proposal(url, section, printed, FEED, "A blog", tuple(subjects.split()))


def _issue(*names: str, section: Section = Section.NEWS) -> Issue:
    picks = [Pick(name, f"https://blog.example/{name}", "A blog") for name in names]
    return Issue(THEN, "A subject", sections={section: tuple(picks)})


def _lessons(deed: Deed, times: int, *, week: Week = THEN, name: str = FEED) -> list[Lesson]:
    return [
        Lesson(week, f"https://blog.example/{at}", About.SOURCE, name, deed, "A blog")
        for at in range(times)
    ]


def _of_the_blog(title: str = "A title", score: float = 0.7) -> Candidate:
    return candidate(replace(post(title), source_url=FEED), score=score)


@pytest.mark.parametrize(
    ("proposed", "printed", "deeds"),
    [
        (_proposal("a", printed=False), ("a",), [Deed.PICKED]),
        (_proposal("a"), ("a",), [Deed.KEPT]),
        (_proposal("a"), ("b",), [Deed.DROPPED]),
        (_proposal("a", printed=False), ("b",), []),
        (_proposal("a", section=Section.CONDITIONS), ("a",), [Deed.KEPT, Deed.MOVED]),
    ],
)
def test_what_editors_did_with_a_proposed_story_is_a_lesson(
    proposed: Proposal, printed: tuple[str, ...], deeds: list[Deed]
) -> None:
    lessons = curate.lessons(THEN, [proposed], _issue(*printed))

    assert [one.deed for one in lessons] == deeds


def test_a_lesson_is_about_the_source_and_about_each_subject() -> None:
    lessons = curate.lessons(THEN, [_proposal("a", subjects="migraine sciatica")], _issue("b"))

    assert [(one.about, one.name) for one in lessons] == [
        (About.SOURCE, FEED),
        (About.SUBJECT, "migraine"),
        (About.SUBJECT, "sciatica"),
    ]


def test_a_story_printed_under_another_address_that_covers_it_was_not_dropped() -> None:
    issue = _issue("b")
    also = replace(
        issue.sections[Section.NEWS][0],
        also=(_also("https://blog.example/a"),),
    )
    issue = replace(issue, sections={Section.NEWS: (also,)})

    assert [one.deed for one in curate.lessons(THEN, [_proposal("a")], issue)] == [Deed.KEPT]


def _also(url: str) -> Also:

    return Also("A blog", url)


def test_a_source_that_editors_pick_rises_and_one_that_they_drop_sinks() -> None:
    one = _of_the_blog()
    picked = curate.flavoured(one, curate.taste(_lessons(Deed.PICKED, 3), WEEK)).verdict
    dropped = curate.flavoured(one, curate.taste(_lessons(Deed.DROPPED, 3), WEEK)).verdict

    assert picked.shown > one.verdict.score > dropped.shown
    assert any(
        reason.startswith("editors tend to pick stories of A blog") for reason in picked.reasons
    )
    assert any(
        reason.startswith("editors tend to drop stories of A blog") for reason in dropped.reasons
    )


def test_a_subject_that_editors_drop_sinks_whatever_its_source() -> None:
    lessons = [
        replace(one, about=About.SUBJECT, name="migraine", title="")
        for one in _lessons(Deed.DROPPED, 5)
    ]

    verdict = curate.flavoured(
        _of_the_blog("Migraine and sleep"), curate.taste(lessons, WEEK)
    ).verdict

    assert verdict.taste < 0
    assert any("stories on 'migraine'" in reason for reason in verdict.reasons)


def test_taste_moves_a_story_in_the_order() -> None:
    liked = Story(_of_the_blog("Liked", score=0.7))
    other = Story(candidate(post("Other", url="https://o.example", source_id=2), score=0.72))
    known = curate.taste(_lessons(Deed.PICKED, 6), WEEK)
    flavoured = replace(liked, lead=curate.flavoured(liked.lead, known))

    before = curate.rank([liked, other], now=NOW)
    after = curate.rank([flavoured, other], now=NOW)

    assert [story.lead.post.title for story in before] == ["Other", "Liked"]
    assert [story.lead.post.title for story in after] == ["Liked", "Other"]


def test_the_weeks_own_lessons_do_not_count_for_it() -> None:
    known = curate.taste(_lessons(Deed.DROPPED, 5, week=WEEK), WEEK)

    assert curate.flavoured(_of_the_blog(), known).verdict.taste == 0


def test_an_old_lesson_counts_less_than_a_new_one() -> None:
    new = curate.taste(_lessons(Deed.PICKED, 4), WEEK).leanings[About.SOURCE, FEED]
    old = curate.taste(_lessons(Deed.PICKED, 4, week=Week(2025, 40)), WEEK).leanings[
        About.SOURCE, FEED
    ]

    assert 0 < old.shift < new.shift / 2


def test_a_source_whose_stories_are_moved_goes_where_editors_put_them() -> None:
    moved = [
        replace(one, came=Section.NEWS, went=Section.TREATMENTS) for one in _lessons(Deed.MOVED, 4)
    ]
    known = curate.taste([*moved, *_lessons(Deed.KEPT, 4)], WEEK)

    verdict = curate.flavoured(_of_the_blog(), known).verdict

    assert verdict.section is Section.TREATMENTS
    assert verdict.section_reason == "editors moved 4 stories of A blog from News here"


def test_two_moves_are_not_a_rule() -> None:
    moved = [
        replace(one, came=Section.NEWS, went=Section.TREATMENTS) for one in _lessons(Deed.MOVED, 2)
    ]
    known = curate.taste([*moved, *_lessons(Deed.KEPT, 2)], WEEK)

    assert curate.flavoured(_of_the_blog(), known).verdict.section is Section.NEWS


@given(
    st.lists(st.tuples(st.sampled_from(list(Deed)), st.integers(1, 60)), max_size=12),
    st.floats(0, 1),
)
def test_taste_is_bounded_and_hides_nothing(deeds: list[tuple[Deed, int]], score: float) -> None:
    lessons = [one for deed, times in deeds for one in _lessons(deed, times)]
    one = _of_the_blog("Migraine", score=score)

    after = curate.flavoured(one, curate.taste(lessons, WEEK)).verdict

    assert abs(after.taste) <= MOST
    assert 0 <= after.shown <= 1
    assert after.relevant == one.verdict.relevant
