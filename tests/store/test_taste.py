"""Proposals and lessons are kept once, replaced by a new approval, and forgotten by name."""

from __future__ import annotations

from dataclasses import replace

from newsletter.model import About, Deed, Lesson, Proposal, Retracted, Section, Week
from newsletter.store import Database, retracted, taste

WEEK = Week(2026, 47)
ONE = Proposal(
    "https://a.example/1", Section.NEWS, True, "https://a.example/feed", "A", ("migraine",)
)
LESSON = Lesson(WEEK, ONE.url, About.SOURCE, ONE.source, Deed.DROPPED, "A")
MOVED = Lesson(
    WEEK, ONE.url, About.SUBJECT, "migraine", Deed.MOVED, "", Section.NEWS, Section.TREATMENTS
)


def test_what_was_proposed_first_stays_as_it_was_then(db: Database) -> None:
    with db.write() as connection:
        taste.propose(connection, WEEK, [ONE])
        taste.propose(
            connection, WEEK, [replace(ONE, printed=False), replace(ONE, url="https://b")]
        )

    with db.read() as connection:
        found = taste.proposed(connection, WEEK)
    assert sorted(found, key=lambda one: one.url) == [ONE, replace(ONE, url="https://b")]


def test_approving_again_replaces_the_weeks_lessons(db: Database) -> None:
    with db.write() as connection:
        taste.learn(connection, WEEK, [LESSON, MOVED])
        taste.learn(connection, WEEK, [MOVED])

    with db.read() as connection:
        assert taste.learned(connection) == [MOVED]


def test_a_source_is_forgotten_by_its_address_or_name_and_a_subject_by_its_name(
    db: Database,
) -> None:
    for name, left in ((ONE.source, [MOVED]), ("A", [MOVED]), ("migraine", [LESSON]), (None, [])):
        with db.write() as connection:
            taste.learn(connection, WEEK, [LESSON, MOVED])
            gone = taste.forget(connection, name)
            assert gone == 2 - len(left)
            assert taste.learned(connection) == left


def test_a_loaded_list_of_retracted_works_replaces_the_one_before(db: Database) -> None:
    old = Retracted(("doi 10.1/a", "pmid 1"), "retracted", "2020-01-02", "fraud", "10.1/n")
    new = Retracted(("doi 10.1/b",), "expression of concern")
    with db.write() as connection:
        assert retracted.replace(connection, [old]) == 2
        assert retracted.among(connection, ["pmid 1", "pmid 2"]) == {
            "pmid 1": "retracted, 2020-01-02, fraud, notice 10.1/n"
        }
        assert retracted.replace(connection, [new, old]) == 3
        assert retracted.replace(connection, [new]) == 1

    with db.read() as connection:
        assert retracted.among(connection, ["doi 10.1/a", "doi 10.1/b"]) == {
            "doi 10.1/b": "expression of concern"
        }
