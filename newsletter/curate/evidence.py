"""What a post rests on (a trial, a clinic's word, mice), and what an editor should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.curate.features import LETTERS_A_WORD, Measured
from newsletter.curate.fingerprint import cited_doi
from newsletter.curate.vocabulary import Hit, document, vocabulary
from newsletter.curate.words import words
from newsletter.model import Evidence, Post, Section

# A design counts where a report says what was done, not where an article mentions a study.
_LEAD = 120
_WHOLE = 3000
_TELLS_OF_ONESELF = 0.04
_A_CLINIC_SPEAKS = 2
# The stronger claim first: a review of trials names trials, a trial names its cohort.
_DESIGNS = (
    Evidence.GUIDELINE,
    Evidence.REVIEW,
    Evidence.ANIMAL,
    Evidence.TRIAL,
    Evidence.CASE,
    Evidence.COHORT,
)
_SIGNALS = ("retraction", "preprint", "sponsored", "press release")


@dataclass(frozen=True, slots=True)
class Rests:
    """The kind of evidence, and signals such as "preprint", "sponsored" or "press release".

    A press release that tells neither a journal nor a DOI is also signalled "no paper named".
    """

    evidence: Evidence
    signals: tuple[str, ...]


def recognise(post: Post, measured: Measured, section: Section) -> Rests:
    """Say what `post` rests on; a post of another section than News is not itself a study."""
    cues = vocabulary("evidence")
    text = words(post.text[: _WHOLE * LETTERS_A_WORD])[:_WHOLE]
    in_title = list(cues.find(measured.title_words))
    in_text = list(cues.find(text))
    said = {hit.term.stands_for for hit in in_title}
    said |= {hit.term.stands_for for hit in in_text if hit.at < _LEAD}
    said |= _by_host(post.url)
    named = {hit.term.stands_for for hit in cues.find(words(post.source))}
    said |= named & {"press release", "clinic name"}
    signals = tuple(signal for signal in _SIGNALS if _signalled(signal, said, in_text))
    if "press release" in signals and not _names_a_paper(post, in_text):
        signals = (*signals, "no paper named")
    return Rests(_kind(section, said, signals, in_text, len(text)), signals)


def _kind(
    section: Section,
    said: set[str],
    signals: Sequence[str],
    in_text: Sequence[Hit],
    length: int,
) -> Evidence:
    if "preprint" in signals:
        return Evidence.PREPRINT
    if section is Section.NEWS:
        anywhere = {hit.term.stands_for for hit in in_text}
        for design in _DESIGNS:
            if design.value in said or (design.value in anywhere and design is Evidence.TRIAL):
                return design
    return _voice(section, said, signals, in_text, length)


def _voice(
    section: Section,
    said: set[str],
    signals: Sequence[str],
    in_text: Sequence[Hit],
    length: int,
) -> Evidence:
    """Say who speaks, where no study does."""
    personal = sum(hit.term.stands_for == "first person" for hit in in_text)
    if personal > _TELLS_OF_ONESELF * max(length, 50) or "opinion" in said:
        return Evidence.OPINION
    clinic = {hit.term.text for hit in in_text if hit.term.stands_for == "clinic"}
    named = "clinic name" in said and section is not Section.NEWS
    if named or len(clinic) >= _A_CLINIC_SPEAKS:
        return Evidence.CLINIC
    if section is Section.NEWS:
        return Evidence.PRESS_RELEASE if "press release" in signals else Evidence.NONE
    return Evidence.EXPLAINER


def _signalled(signal: str, said: set[str], in_text: Sequence[Hit]) -> bool:
    # An advertiser's notice stands as often at the end as at the head.
    return signal in said or (
        signal == "sponsored" and any(hit.term.stands_for == signal for hit in in_text)
    )


def _names_a_paper(post: Post, in_text: Sequence[Hit]) -> bool:
    named = any(hit.term.stands_for == "paper" for hit in in_text)
    return named or bool(post.doi or post.pmid or cited_doi(post))


def _by_host(url: str) -> set[str]:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return {
        signal
        for signal, hosts in document("evidence")["hosts"].items()
        if any(host == known or host.endswith(f".{known}") for known in hosts)
    }
