"""What a story rests on: press releases, preprints, animals, money, and what was retracted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsletter.compose.preflight.proof import Proof
from newsletter.model import Evidence, Finding, Level, Pick
from newsletter.urls import canonical, host, identity

# Hosts that carry the work itself or its record, not words about it.
PRIMARY = (
    *("doi.org", "pubmed.ncbi.nlm.nih.gov", "pmc.ncbi.nlm.nih.gov", "ncbi.nlm.nih.gov"),
    *("clinicaltrials.gov", "cochranelibrary.com", "fda.gov", "ema.europa.eu", "nice.org.uk"),
    *("federalregister.gov", "cdc.gov", "who.int", "nejm.org", "thelancet.com", "bmj.com"),
    *("jamanetwork.com", "journals.lww.com", "academic.oup.com", "onlinelibrary.wiley.com"),
    *("nature.com", "sciencedirect.com", "link.springer.com", "journals.sagepub.com"),
    *("tandfonline.com", "frontiersin.org", "mdpi.com", "plos.org", "jpain.org", "science.org"),
    *("dovepress.com", "biomedcentral.com", "acpjournals.org", "cell.com", "pnas.org"),
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>?#]+")
_PREPRINT = re.compile(r"pre-?print|not (?:yet )?(?:been )?peer[- ]reviewed", re.IGNORECASE)
_RELEASE = re.compile(r"press release|news release|announced|company|university", re.IGNORECASE)
_ANIMAL = re.compile(
    r"\b(?:mice|mouse|rats?|animals?|rodents?|monkeys?|rabbits?|pigs?|dogs?|zebrafish|in vitro)\b",
    re.IGNORECASE,
)
_PAID = re.compile(r"sponsored|paid|advert|funded by|money from", re.IGNORECASE)
_RETRACTED = re.compile(
    r"retract|withdr[ae]wn|withdrew|expression of concern|erratum|corrigendum|correct(?:ion|ed)",
    re.IGNORECASE,
)


def check(proof: Proof) -> Iterator[Finding]:
    """Refuse retracted work; mark what readers should be told about the rest."""
    for place, _, pick in proof.issue.picks():
        words = f"{pick.headline} {pick.blurb}"
        yield from _retracted(place, pick, proof)
        if pick.evidence is Evidence.PRESS_RELEASE or "press release" in pick.signals:
            yield from _release(place, pick, proof)
        elif pick.evidence is Evidence.PREPRINT or "preprint" in pick.signals:
            yield _preprint(place, said=bool(_PREPRINT.search(words)))
        else:
            yield from _second_hand(place, pick, proof)
        if pick.evidence is Evidence.ANIMAL:
            yield from _unsaid(_ANIMAL, words, place, *_ANIMAL_WORDS)
        if "sponsored" in pick.signals:
            yield from _unsaid(_PAID, words, place, *_PAID_WORDS)


_ANIMAL_WORDS = (
    "The study was done in animals, and the words do not say so.",
    "Name the animal, and say that nobody knows yet whether it holds for people.",
)
_PAID_WORDS = (
    "The post looks sponsored, and the words do not say so.",
    "Say who paid for it, or make the story spare.",
)


def _unsaid(
    pattern: re.Pattern[str], words: str, place: str, text: str, cure: str
) -> Iterator[Finding]:
    if not pattern.search(words):
        yield Finding(Level.WARNING, "evidence", f"{place}.blurb", text, cure)


def _release(place: str, pick: Pick, proof: Proof) -> Iterator[Finding]:
    if not any(_primary(url) for url in _addresses(place, pick, proof)):
        said = (
            " The words at least name where it comes from." if _RELEASE.search(pick.blurb) else ""
        )
        yield Finding(
            Level.WARNING,
            "evidence",
            place,
            f"The story rests on a press release, and nothing links to the work itself.{said}",
            "Link to the study, the trial's record or the agency's notice; or say that there is "
            "only a press release.",
        )


def _preprint(place: str, *, said: bool) -> Finding:
    if said:
        text = "The story rests on a preprint, and its words say so."
        return Finding(Level.NOTE, "evidence", f"{place}.blurb", text, "Nothing to do.")
    return Finding(
        Level.WARNING,
        "evidence",
        f"{place}.blurb",
        "The story is a preprint: nobody has reviewed it yet, and the words do not say so.",
        "Say “a preprint, not yet peer-reviewed”, or link to the published article.",
    )


# What a story is that links to no work itself, by what it rests on; others tell of a work.
_FROM_AFAR = {
    Evidence.NONE: "The story names no primary source",
    Evidence.EXPLAINER: "The story explains and links to no work that it rests on",
    Evidence.OPINION: "The story gives an opinion and links to no work that it rests on",
    Evidence.CLINIC: "The story comes from a clinic, which may sell what it tells of, and links "
    "to no study",
}


def _second_hand(place: str, pick: Pick, proof: Proof) -> Iterator[Finding]:
    """Mark a story without a primary source, so that its editor may look for it."""
    if not any(_primary(url) for url in _addresses(place, pick, proof)):
        article = "an" if pick.evidence.value.startswith("a") else "a"
        told = f"The story tells of {article} {pick.evidence.value} and does not link to it"
        yield Finding(
            Level.NOTE,
            "evidence",
            place,
            f"{_FROM_AFAR.get(pick.evidence, told)}.",
            "Link to the study, its record, its DOI or the agency's notice from the blurb, if "
            "there is one.",
        )


def _retracted(place: str, pick: Pick, proof: Proof) -> Iterator[Finding]:
    known = {
        key: reason
        for name, reason in proof.context.retracted.items()
        for key in (identity(name), _doi(name))
    }
    found = [
        known[key]
        for url in _addresses(place, pick, proof)
        for key in (identity(url), _doi(url))
        if key and key in known
    ]
    if found:
        yield Finding(
            Level.ERROR,
            "evidence",
            place,
            f"The paper behind this story was retracted ({found[0] or 'no reason given'}).",
            "Make the story spare. If the retraction is the news, link to its notice.",
        )
    elif "retracted" in pick.signals:
        yield Finding(
            Level.ERROR,
            "evidence",
            place,
            "The paper behind this story was retracted, by the list of retracted works.",
            "Make the story spare. If the retraction is the news, link to its notice.",
        )
    elif "cites retracted work" in pick.signals:
        yield Finding(
            Level.WARNING,
            "evidence",
            place,
            "The post cites work that was retracted. What it says may rest on that.",
            "Read the post with this in mind; say so in the blurb, or make the story spare.",
        )
    elif "retraction" in pick.signals and not _RETRACTED.search(pick.headline + pick.blurb):
        yield Finding(
            Level.ERROR,
            "evidence",
            place,
            "The post speaks of a retraction or a correction, and the words of the story do not.",
            "Say what was retracted or corrected, or make the story spare.",
        )


def _addresses(place: str, pick: Pick, proof: Proof) -> list[str]:
    """The addresses that a story gives, its own first."""
    inside = [link.url for link in proof.links if link.place == f"{place}.blurb"]
    return [pick.url, *(also.url for also in pick.also), *inside]


def dois(urls: Iterable[str]) -> list[str]:
    """Give the DOIs that stand in some addresses, each once."""
    return list(dict.fromkeys(doi for url in urls if (doi := _doi(url))))


def _primary(url: str) -> bool:
    name = host(url)
    return any(name == site or name.endswith("." + site) for site in PRIMARY) or bool(_doi(url))


def _doi(url: str) -> str:
    match = _DOI.search(canonical(url))
    return match[0].lower().rstrip(".,;)/") if match else ""
