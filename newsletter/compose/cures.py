"""What one click can mend: tracking taken off an address, a text shortened at a natural end."""

from __future__ import annotations

import re

from newsletter.compose import suggest
from newsletter.compose.preflight.structure import LONGEST_BLURB, LONGEST_HEADLINE
from newsletter.compose.preflight.words import PREHEADER, SUBJECT
from newsletter.model import Finding, Level
from newsletter.urls import clean

# The most signs of each text on one line.
_MOST = {"subject": SUBJECT, "preheader": PREHEADER, "headline": LONGEST_HEADLINE}
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=\S)")
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


def cures(one: Finding) -> tuple[str, ...]:
    """Name the cures for a finding: `waive`, `clean`, `shorten`."""
    found = []
    key = one.place.rpartition(".")[2]
    if "parameters that track" in one.text and one.check == "links":
        found.append("clean")
    if key in {*_MOST, "blurb"} and one.cure.startswith("Shorten it"):
        found.append("shorten")
    if one.level is Level.WARNING:
        found.append("waive")
    return tuple(found)


def shortened(key: str, text: str) -> str:
    """Give the longest beginning that fits and is whole: sentences of a blurb, else words."""
    if key == "blurb":
        return _sentences(text)
    most = _MOST[key]
    if len(text) <= most:
        return text
    if told := suggest.standing(text, most):
        return told
    cut = text[: most - 1].rpartition(" ")[0] or text[: most - 1]
    return cut.rstrip(" ,;:–—-") + "…"


def _sentences(text: str) -> str:
    ends = [match.start() for match in _SENTENCE.finditer(text)] + [len(text)]
    fitting = [end for end in ends if len(text[:end].split()) <= LONGEST_BLURB]
    if fitting:
        return text[: fitting[-1]].rstrip()
    return " ".join(text.split()[: LONGEST_BLURB - 1]).rstrip(" ,;:–—-") + "…"


def untracked(text: str) -> str:
    """Give the text with every address in it cleaned of what tracks readers."""
    return _ADDRESS.sub(lambda match: clean(match[0]), text)
