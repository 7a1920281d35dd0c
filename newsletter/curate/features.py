"""What is measured on a post before it is judged: how much of which vocabulary, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log1p

from newsletter.curate.vocabulary import Hit, vocabulary
from newsletter.curate.words import words

# A post's subject shows in its opening; what follows in a long article only dilutes it.
OPENING, LEAD = 320, 60
LETTERS_A_WORD = 12
# In a text of fewer words than this a single term says less than its share.
SHORT = 80
LITTLE = 100


class Role(StrEnum):
    """What a term of `vocabulary.toml` stands for; the file explains each."""

    PAIN = "pain"
    BARE = "bare"
    CONDITION = "condition"
    DISEASE = "disease"
    CARE = "care"
    SYMPTOM = "symptom"
    REMEDY = "remedy"
    CARER = "carer"
    NEAR = "near"
    SETTING = "setting"
    MEDICINE = "medicine"
    WORLD = "world"
    OTHER = "other"
    USE = "use"
    FIGURE = "figure"


ABOUT_PAIN = (Role.PAIN, Role.CONDITION, Role.CARE)
# Among enough terms of medicine, and few of the rest of the world, a bare "pain" is meant in the
# body's sense.
_MEDICAL = frozenset(Role) - {Role.BARE, Role.FIGURE, Role.WORLD}
_SOME_MEDICINE, _WORDS_A_MEDICAL_TERM = 2, 40
# What names the subject when it stands in a title.
NAMED_IN_TITLE = (*ABOUT_PAIN, Role.BARE, Role.SYMPTOM, Role.DISEASE)
ANOTHER_SUBJECT = (Role.OTHER, Role.WORLD, Role.USE)
_COUNTED = (*ABOUT_PAIN, Role.REMEDY, Role.NEAR, Role.OTHER)
_IN_A_TITLE: dict[str, str] = {
    Role.SYMPTOM: Role.PAIN,
    Role.DISEASE: Role.CONDITION,
    Role.CARER: Role.CARE,
    Role.WORLD: Role.OTHER,
}
# Inside a text, a pain that belongs to another subject and another use of a pain medicine
# both speak for that subject.
_IN_A_TEXT: dict[str, str] = {
    Role.SYMPTOM: Role.OTHER,
    Role.USE: Role.OTHER,
    Role.WORLD: Role.OTHER,
    Role.DISEASE: Role.NEAR,
    Role.CARER: Role.REMEDY,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A post's words and hits in title and opening, and the figures that the model weighs.

    `bodily` says how far (0..1) bare words for pain are meant in the body's sense.
    """

    title_words: tuple[str, ...]
    body_words: tuple[str, ...]
    title: tuple[Hit, ...]
    body: tuple[Hit, ...]
    bodily: float
    figures: dict[str, float]


def measure(title: str, text: str) -> Measured:
    """Count the vocabulary in `title` and in the opening of `text`."""
    head = tuple(words(title))
    body = tuple(words(text[: OPENING * LETTERS_A_WORD])[:OPENING])
    in_head = tuple(vocabulary("vocabulary").find(head))
    in_body = tuple(vocabulary("vocabulary").find(body))
    sense = bodily((*in_head, *in_body), len(body))
    found = figures(in_head, in_body, len(body), sense)
    return Measured(head, body, in_head, in_body, sense, found)


def subjects(title: str) -> frozenset[str]:
    """Name what a title says the post is about: its pain terms."""
    found = vocabulary("vocabulary").find(words(title))
    return frozenset(hit.term.text for hit in found if hit.term.stands_for in NAMED_IN_TITLE)


def figures(
    title: Sequence[Hit], body: Sequence[Hit], length: int, sense: float
) -> dict[str, float]:
    """Give the model's figures; `length` is the opening's in words, `sense` is `bodily`."""
    in_title = _count(title, _IN_A_TITLE, sense)
    in_lead = _count([hit for hit in body if hit.at < LEAD], _IN_A_TEXT, sense)
    in_body = _count(body, _IN_A_TEXT, sense)
    found: dict[str, float] = {}
    for role in _COUNTED:
        found[f"title {role}"] = min(in_title[role], 2.0)
        found[f"lead {role}"] = log1p(in_lead[role])
        found[f"body {role}"] = log1p(in_body[role] * 100 / max(length, SHORT))
    about = sum(in_body[role] for role in ABOUT_PAIN)
    against = in_body[Role.OTHER]
    title_about = min(sum(in_title[role] for role in ABOUT_PAIN), 1.0)
    title_against = any(hit.term.stands_for in ANOTHER_SUBJECT for hit in title)
    found["title use"] = float(in_title[Role.USE] > 0)
    found["share about pain"] = (about + 0.5) / (about + against + 1.5)
    found["much about pain"] = min(about + 2 * sum(in_title[role] for role in ABOUT_PAIN), 5.0) / 5
    found["title about pain"] = title_about
    found["title about another subject only"] = float(title_against) * (1.0 - title_about)
    found["title about another subject too"] = float(title_against) * title_about
    # Where there is little text, the title has to speak for the post.
    little = max(0.0, 1.0 - length / LITTLE)
    found["little but a title about pain"] = title_about * little
    return found


def bodily(hits: Sequence[Hit], length: int) -> float:
    """Say how far (0..1) medicine surrounds bare words for pain in a text of `length` words."""
    medical = {hit.term.text for hit in hits if hit.term.stands_for in _MEDICAL}
    worldly = {hit.term.text for hit in hits if hit.term.stands_for == Role.WORLD}
    enough = _SOME_MEDICINE + length / _WORDS_A_MEDICAL_TERM
    return max(min((len(medical) - len(worldly)) / enough, 1.0), 0.0)


def _count(
    hits: Sequence[Hit], instead: Mapping[str, str], sense: float
) -> defaultdict[str, float]:
    counted: defaultdict[str, float] = defaultdict(float)
    for hit in hits:
        role = hit.term.stands_for
        if role == Role.BARE:
            counted[Role.PAIN] += sense
        else:
            counted[instead.get(role, role)] += 1.0
    return counted
