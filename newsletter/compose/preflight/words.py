"""The words themselves: what was left over, what shouts, what is too long or said before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.compose.preflight.proof import Proof, folded, short
from newsletter.model import Finding, Level

# What writers leave where words are still to come. TK is also short for tyrosine kinase.
PLACEHOLDERS = (
    (Level.ERROR, re.compile(r"\b(?:TODO|FIXME|TKTK|TK TK|XXX+)\b")),
    (Level.ERROR, re.compile(r"\blorem\b|\bdolor sit amet\b", re.IGNORECASE)),
    (Level.ERROR, re.compile(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)", re.MULTILINE)),
    (
        Level.ERROR,
        re.compile(
            r"\[(?:insert|add|your|placeholder|headline|link|source|name|date)\b[^\]]*\](?!\()",
            re.IGNORECASE,
        ),
    ),
    (Level.WARNING, re.compile(r"(?<![\w(-])TK(?![\w)-])(?!\s+(?:inhibit|receptor|domain)\w*)")),
    (Level.WARNING, re.compile(r"\?\?\?+")),
)
_LOUD = re.compile(r"(?<!\w)[A-Z][A-Z'’]+(?:[ ,]+[A-Z][A-Z'’]+){2,}(?!\w)")
_LOUD_LINE = re.compile(r"[^a-z]*[A-Z]{2}[^a-z]*[A-Z]{2}[^a-z]*")
_MARKS = re.compile(r"[!?]*!{2,}[!?]*|!\?|\?!")
_DOUBLED = re.compile(r"\b([^\W\d_]+)[ \n]+\1\b", re.IGNORECASE)
# Doubled on purpose, in English or in names.
_MEANT = {"had", "that", "very", "bora", "walla", "pago", "long", "really", "so", "no"}

GOOD_SUBJECT = 50
SUBJECT = 60
PREHEADER = 100


def check(proof: Proof) -> Iterator[Finding]:
    """Look at every passage, then at subject and preheader."""
    for place, text in proof.passages.items():
        yield from _left_over(place, text)
        yield from _loud(place, text)
        yield from _doubled(place, text)
    yield from _subject(proof)
    yield from _preheader(proof)


def _finding(level: Level, place: str, text: str, cure: str) -> Finding:
    return Finding(level, "words", place, text, cure)


def _left_over(place: str, text: str) -> Iterator[Finding]:
    for level, pattern in PLACEHOLDERS:
        match = pattern.search(text)
        if match:
            yield _finding(
                level,
                place,
                f"“{short(match[0], 60)}” looks like a placeholder that was left.",
                "Write what should stand there, or take it out.",
            )


def _loud(place: str, text: str) -> Iterator[Finding]:
    match = _LOUD.search(text)
    loud = match is not None and sum(sign.isalpha() for sign in match[0]) >= 12
    line = place.endswith(("subject", "headline")) and _LOUD_LINE.fullmatch(text)
    if loud or (line and sum(sign.isalpha() for sign in text) >= 10):
        shown = match[0] if loud and match else text
        yield _finding(
            Level.WARNING,
            place,
            f"“{short(shown, 80)}” shouts: it is all in capitals. Spam filters mind, too.",
            "Write it in small letters.",
        )
    marks = _MARKS.search(text)
    if marks:
        yield _finding(
            Level.WARNING,
            place,
            f"“{marks[0]}” is more than one mark.",
            "End the sentence with one mark, best a full stop.",
        )


def _doubled(place: str, text: str) -> Iterator[Finding]:
    for match in _DOUBLED.finditer(text):
        if match[1].lower() not in _MEANT:
            yield _finding(
                Level.WARNING,
                place,
                f"“{short(match[0])}” stands there twice in a row.",
                "Take one of them out.",
            )


def _subject(proof: Proof) -> Iterator[Finding]:
    subject = proof.issue.subject.strip()
    if not subject:
        yield _finding(
            Level.ERROR,
            "subject",
            "The mail has no subject.",
            "Write one, below 50 characters, from the story that matters most.",
        )
        return
    if len(subject) > SUBJECT:
        yield _finding(
            Level.WARNING,
            "subject",
            f"The subject is {len(subject)} characters long; phones show about 40.",
            f"Shorten it to {SUBJECT} or fewer, the most telling words first.",
        )
    elif len(subject) >= GOOD_SUBJECT:
        yield _finding(
            Level.NOTE,
            "subject",
            f"The subject is {len(subject)} characters long; phones show about 40.",
            f"Below {GOOD_SUBJECT} is better; see that the most telling words come first.",
        )
    last = proof.context.last_subject
    if last is not None and folded(last) == folded(subject):
        yield _finding(
            Level.WARNING,
            "subject",
            "The subject is the same as last week's, so readers will take it for the same mail.",
            "Name this week's main story in it.",
        )


def _preheader(proof: Proof) -> Iterator[Finding]:
    preheader = proof.issue.preheader.strip()
    if not preheader:
        yield _finding(
            Level.WARNING,
            "preheader",
            "There is no preheader. Inboxes will show the first words of the mail in its place.",
            "Say in one line what else is in the issue.",
        )
    elif folded(preheader) == folded(proof.issue.subject):
        yield _finding(
            Level.WARNING,
            "preheader",
            "The preheader says the same as the subject.",
            "Say in it what else is in the issue.",
        )
    if len(preheader) > PREHEADER:
        yield _finding(
            Level.WARNING,
            "preheader",
            f"The preheader is {len(preheader)} characters long; inboxes cut it off.",
            f"Shorten it to {PREHEADER} or fewer.",
        )
