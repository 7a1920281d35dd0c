"""The lists of terms are sound, so that a wrong entry is found before an editor meets it."""

from __future__ import annotations

from collections import Counter

import pytest

from newsletter.curate.evidence import recognise
from newsletter.curate.features import Role, measure
from newsletter.curate.placing import weigh_up
from newsletter.curate.sections import place
from newsletter.curate.vocabulary import document, vocabulary
from newsletter.curate.words import words
from newsletter.model import Section
from tests.curate.posts import post

LISTS = ("vocabulary", "sections", "evidence", "summary")


def _terms(name: str) -> list[str]:
    return [term for entry in document(name)["list"] for term in entry["terms"]]


@pytest.mark.parametrize("name", LISTS)
def test_every_term_is_lower_case_and_stands_in_one_list_only(name: str) -> None:
    terms = _terms(name)

    assert [term for term in terms if term != term.lower().strip()] == []
    folded = Counter(term if "*" in term else " ".join(words(term)) for term in terms)
    assert [term for term, count in folded.items() if count > 1] == []


@pytest.mark.parametrize("name", LISTS)
def test_every_term_can_be_found(name: str) -> None:
    for term in _terms(name):
        written = term.replace("{part}", "wrist")
        found = list(vocabulary(name).find(words(written.replace("*", "x"))))

        assert [hit.term.text for hit in found] == [written]


def test_a_term_that_names_a_part_of_the_body_stands_for_all_of_them() -> None:
    found = list(vocabulary("vocabulary").find(words("Sore wrists, and pain in my big toe")))

    assert [hit.term.text for hit in found] == ["sore wrist", "pain in my big toe"]


def test_every_list_stands_for_something_the_program_knows() -> None:
    assert {entry["stands_for"] for entry in document("vocabulary")["list"]} == set(Role)
    assert {entry["stands_for"] for entry in document("sections")["list"]} == set(Section)


def test_every_figure_has_a_weight_and_every_weight_a_figure() -> None:
    weights = document("weights")

    measured = measure("Back pain", "Back pain is common.")

    placing = weigh_up(post("Back pain", "Back pain is common."), measured)
    assert set(measured.figures) == set(weights["relevance"]["weights"])
    for model in weights["sections"].values():
        assert set(model["weights"]) <= set(placing.figures)


def test_the_longest_term_wins() -> None:
    found = vocabulary("vocabulary").find(words("a pain point about low back pain"))

    assert [hit.term.text for hit in found] == ["pain point", "low back pain"]


def test_a_pattern_finds_words_that_no_list_has() -> None:
    found = list(vocabulary("vocabulary").find(words("Podoxynodynia and metatarsophalangealgia")))

    assert [hit.term.stands_for for hit in found] == ["pain", "pain"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Knees and the knee's", ["knee", "and", "the", "knee"]),
        ("Injuries, biopsies", ["injury", "biopsy"]),
        ("arthritis virus illness", ["arthritis", "virus", "illness"]),
        ("It’s 3-D", ["it", "3", "d"]),
    ],
)
def test_words_are_read_in_the_singular(text: str, told: list[str]) -> None:
    assert words(text) == told


def test_a_post_without_words_is_placed_and_recognised_all_the_same() -> None:
    empty = post("", "")
    measured = measure("", "")

    placed = place(empty, measured)

    assert placed.section in Section
    assert recognise(empty, measured, placed.section).signals == ()
