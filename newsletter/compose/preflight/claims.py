"""Medical claims: sentences that promise what no trial has shown, and advice on doses.

The FTC expects trials behind a health claim, also behind one that is only passed on. What is
found here is to be read, not forbidden: words cannot tell a promise from a report of one.
`promises` holds the words looked for, this module how they are read in their sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.compose.preflight.promises import PROMISES, REGENERATIVE, STATUS_SAID, Promise
from newsletter.compose.preflight.proof import Proof, short
from newsletter.model import Finding, Level

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=[\"“‘(\[]?[A-Z0-9])|\n+")
# Points that end no sentence.
_SHORTENED = re.compile(r"\b(?:e\.g|i\.e|vs|Dr|Prof|Mr|Mrs|Ms|St|al|approx|U\.S|No|Fig)\.\s", re.I)
_CLAUSE = re.compile(
    r"[;:—–()?!]|,(?!\s*(?:however|though|say|or|nor)\b)|\b(?:but|yet|although|while|whereas)\b",
    re.I,
)
_WORDS_BEFORE = 9
_WORDS_AFTER = 4

# Words that look like a no and are none.
_NO_NO = re.compile(
    r"\bnot (?:only|just|merely)\b|\bno (?:doubt|wonder|question|joke|less)\b|"
    r"\bnothing (?:short of|less than)\b|\bwithout (?:a )?(?:doubt|question)\b|\bcannot fail\b",
    re.IGNORECASE,
)
# A no before the promise: it is denied, missing, searched for, or called false.
_DENIED_BEFORE = re.compile(
    r"\b(?:no|not|never|neither|nor|none|nothing|nobody|without|cannot|hardly|unlikely|lacks?|"
    r"lacking|fails?|failed|instead of|rather than|far from|short of|isnt|doesnt|"
    r"whether|await(?:s|ing|ed)?|pending|seek(?:s|ing)?|sought|applied for|rejected|denied|"
    r"refus(?:es|ed)|declined|revoked|withdr(?:aws?|ew|awn)|"
    r"search(?:ing|es)? for|looking for|hunt for|hopes? (?:for|of)|quest for|"
    r"myths?|false(?:ly)?|bogus|misleading(?:ly)?|unproven|unapproved|so-called|"
    r"beware|warn(?:s|ed|ing)?|debunk(?:s|ed|ing)?|fraudulent(?:ly)?|"
    r"banned from|barred from|sued for|fined for)\b|n[’']t\b",
    re.IGNORECASE,
)
# Studies that are not there, however far before the promise in its clause: "there are no long-term
# studies that confirm the effectiveness of this treatment as a cure".
_NO_PROOF = re.compile(
    r"\b(?:no|little|not enough|insufficient|lack of|lacks|without|scant)\b(?:[\s,-]+[\w-]+){0,4}?"
    r"[\s,-]+(?:stud(?:y|ies)|evidence|trials?|proof|data|research)\b",
    re.IGNORECASE,
)
# A no behind it: "a cure has not been found", "a cure remains out of reach".
_DENIED_AFTER = re.compile(
    r"^\W*(?:\w+\s+){0,2}?(?:(?:is|are|was|were|has|have|had|does|do|did|can|could|will|would)"
    r"(?:n[’']t|\s+(?:still |yet )?(?:not|no|never|nowhere|unproven|elusive|unlikely|far))\b"
    r"|remains?\s+(?:elusive|unproven|unknown|out of|a distant|far|unlikely)|cannot\b|eludes?\b)",
    re.IGNORECASE,
)


def check(proof: Proof) -> Iterator[Finding]:
    """Give each sentence that promises something once for each kind of promise."""
    for place, text in proof.passages.items():
        for sentence in sentences(text):
            for promise in PROMISES:
                if promised(sentence, promise):
                    yield Finding(
                        promise.level,
                        "claims",
                        place,
                        f"“{short(sentence, 200)}” {promise.says}.",
                        promise.cure,
                    )
    yield from _regenerative(proof)


def sentences(text: str) -> list[str]:
    """Part a passage into sentences."""
    held = _SHORTENED.sub(lambda match: match[0].rstrip() + "\x00", text)
    return [part.replace("\x00", " ").strip() for part in _SENTENCE.split(held) if part.strip()]


def promised(sentence: str, promise: Promise) -> bool:
    """Say whether a sentence makes the promise, other than denying it."""
    heard = _NO_NO.sub(lambda match: "_" * len(match[0]), sentence)
    return any(
        not _denied(heard, match, promise)
        for pattern in promise.patterns
        for match in pattern.finditer(heard)
    )


def _denied(sentence: str, match: re.Match[str], promise: Promise) -> bool:
    """Look for a no in the same clause, near before the promise or right behind it."""
    clause = _CLAUSE.split(sentence[: match.start()])[-1]
    before = clause.split()[-_WORDS_BEFORE:]
    if _DENIED_BEFORE.search(" ".join(before)) or _NO_PROOF.search(clause):
        return True
    after = _CLAUSE.split(sentence[match.end() :])[0].split()
    return promise.deniable_after and bool(
        _DENIED_AFTER.search(" ".join(after[: _WORDS_AFTER + 2]))
    )


def _regenerative(proof: Proof) -> Iterator[Finding]:
    for place, _, pick in proof.issue.picks():
        words = f"{pick.headline}\n{proof.passages.get(f'{place}.blurb', '')}"
        match = REGENERATIVE.search(words)
        if match and not STATUS_SAID.search(words):
            yield Finding(
                Level.WARNING,
                "claims",
                place,
                f"The story is about a regenerative product (“{match[0]}”). The FDA has approved "
                "no such product for orthopaedic conditions or for chronic pain; a registration "
                "or a ClinicalTrials.gov number is no approval.",
                "Say so in the blurb, such as: It is not FDA approved for this use.",
            )
