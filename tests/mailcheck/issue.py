"""The issue that the drill looks at: twelve picks with pictures, long words and every mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from newsletter.model import Also, Evidence, Image, Issue, Pick, Section
from tests.render.samples import ISSUE as SMALL
from tests.render.samples import LEAD, MASTHEAD

__all__ = ["ISSUE", "MASTHEAD"]

_MORE = {
    Section.CONDITIONS: (
        Pick(
            headline="Complex regional pain syndrome: what to look for after a broken wrist",
            url="https://hands.example.org/crps",
            source="Hand Surgery Notes",
            blurb=(
                "A hand that stays swollen, warm and out of proportion painful wants a second "
                "look within weeks. The article lists the Budapest criteria and where they fail."
            ),
            published=date(2026, 11, 18),
            reading_minutes=6,
            evidence=Evidence.CLINIC,
        ),
    ),
    Section.TREATMENTS: (
        Pick(
            headline="Cooling before heat: what a review of 41 studies says of ice after sprains",
            url="https://reviews.example.org/ice",
            source="Reviews in Rehabilitation",
            blurb=(
                "Ice eased pain on the first day and changed nothing after a week. The studies "
                "were small, and [only nine were blinded](https://reviews.example.org/ice-table)."
            ),
            published=date(2026, 11, 17),
            reading_minutes=4,
            evidence=Evidence.REVIEW,
        ),
    ),
    Section.NEWS: (
        Pick(
            headline="One patient, one nerve: a surgeon’s account of a rare entrapment",
            url="https://cases.example.org/nerve",
            source="Case Letters",
            blurb="The pain went after release. One case raises a question and settles none.",
            published=date(2026, 11, 19),
            reading_minutes=3,
            evidence=Evidence.CASE,
            also=(Also("Nerve Notes", "https://nerve.example.net/case"),),
        ),
        Pick(
            headline="Why I stopped promising my patients a number on the pain scale",
            url="https://essays.example.org/scale",
            source="Bedside Essays",
            blurb="An anaesthetist on what “seven out of ten” hides, and what she asks instead.",
            published=date(2026, 11, 20),
            reading_minutes=5,
            evidence=Evidence.OPINION,
        ),
    ),
}
_PICTURES = {
    number: Image(f"https://images.example.org/{name}.png", alt, 1200, 630)
    for number, (name, alt) in enumerate(
        (
            ("walk", "Two people walking along a harbour in the early morning"),
            ("shoulder", "Drawing of a shoulder joint, the capsule around it tinted green"),
            ("rash", "A band of faint spots on the side of a chest"),
            ("wrist", "An X-ray of a wrist that has healed slightly bent"),
            ("tablets", "Three boxes of tablets on a kitchen table"),
            ("pen", "An injector pen in its box"),
            ("gel", "A drop of clear gel on a glass plate"),
            ("ice", "A bag of ice on a swollen ankle"),
            ("queue", "Chairs in a waiting room, every second one taken"),
            ("device", "A stimulator the size of a coin on an open hand"),
            ("nerve", "Drawing of a nerve where it passes below the knee"),
            ("scale", "A paper scale with ten faces from calm to crying"),
        )
    )
}


def _made() -> Issue:
    number = iter(range(len(_PICTURES)))
    sections = {
        section: tuple(
            replace(pick, image=_PICTURES[next(number)])
            for pick in (*SMALL.sections[section], *_MORE[section])
        )
        for section in Section
    }
    return replace(SMALL, sections=sections, lead=LEAD.url)


ISSUE = _made()
"""Twelve picks, each with a picture."""
