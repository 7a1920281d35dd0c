"""What a post can be recognised by when another site tells the same news."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import log, sqrt
from zlib import crc32

from newsletter.curate.vocabulary import document
from newsletter.curate.words import words
from newsletter.model import Post

_LETTERS = 2500
_HEAD = 400
_TOO_COMMON = 3
_LARGE = (1 << 61) - 1
_A_NAME_IS_RARE = 11
_TITLE_COUNTS = 2
# A capital letter inside a sentence; after a full stop, a quote or a dash it may be anyone's.
_NAME = re.compile(r"[A-Z](?<!\w.)(?<![.!?:\"”“'‘’)\]–—-] .)(?<!\n.)(?<!^.)[\w’'-]*\w")
_NUMBER = re.compile(r"(?<![\w.,$-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.? (\d{1,2}),? ((?:19|20)\d\d)",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>]+[^\s\"'<>.,;:)\]]")
_PMID = re.compile(r"(?:PMID:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|/pubmed/)(\d{4,9})\b")
# Round and small numbers occur in any text.
_PLAIN_NUMBERS = frozenset({*map(str, range(32)), "40", "50", "60", "90", "100", "1000"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Weighed words (a vector of length 1), rare names, telling numbers, the dateline's day."""

    vector: dict[str, float]
    names: frozenset[str]
    numbers: frozenset[str]
    day: date | None

    def likeness(self, other: Fingerprint) -> float:
        """Give the cosine of the two vectors, 0..1."""
        few, many = sorted((self.vector, other.vector), key=len)
        return sum(weight * many.get(word, 0.0) for word, weight in few.items())

    def held_by(self, other: Fingerprint) -> float:
        """Give the share (0..1) of its weighed words that `other` has as well."""
        return sum(weight * weight for word, weight in self.vector.items() if word in other.vector)


def fingerprint(post: Post, title: Sequence[str], opening: Sequence[str]) -> Fingerprint:
    """Take the fingerprint of a post; `title` and `opening` are its words."""
    counted = Counter(_told(opening))
    for word in set(_told(title)):
        counted[word] += _TITLE_COUNTS
    rare = ((word, times, rarity(word)) for word, times in counted.items())
    weighed = {
        word: (1 + log(times)) * how_rare
        for word, times, how_rare in rare
        if how_rare > _TOO_COMMON
    }
    length = sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
    text = post.text[:_LETTERS]
    return Fingerprint(
        {word: weight / length for word, weight in weighed.items()},
        _names(text),
        _numbers(text),
        _day(text[:_HEAD]),
    )


def rarity(word: str) -> int:
    """Give how rare `word` is in prose: 0 for the commonest, the highest for unlisted words."""
    return _classes().get(word, _rarest())


def shingles(text: Sequence[str]) -> frozenset[int]:
    """Give a checksum, the same in every process, of each run of three words."""
    sums = [checksum(word) for word in text]
    return frozenset(
        (one * 961 + two * 31 + three) % _LARGE
        for one, two, three in zip(sums, sums[1:], sums[2:], strict=False)
    )


@lru_cache(maxsize=65536)
def checksum(word: str) -> int:
    """Give a number below 2**32 for a word, the same in every process."""
    return crc32(word.encode())


def cited_doi(post: Post) -> str:
    """Give the post's own DOI, or the only one its text cites, in lower case; else nothing."""
    if post.doi:
        return post.doi.lower()
    if "10." not in post.text:
        return ""
    cited = {found.lower() for found in _DOI.findall(post.text)}
    return cited.pop() if len(cited) == 1 else ""


def works(post: Post) -> frozenset[str]:
    """Name the works that a post is or cites: "doi 10.1/x", "pmid 123"; its own among them."""
    text = post.text
    dois = {post.doi, *(_DOI.findall(text) if "10." in text else ())} - {""}
    pmids = {post.pmid, *(_PMID.findall(text) if "PMID" in text or "pubmed" in text else ())} - {""}
    return frozenset([f"doi {doi.lower()}" for doi in dois] + [f"pmid {pmid}" for pmid in pmids])


@lru_cache(maxsize=1)
def _rarest() -> int:
    return int(document("common")["rarest"])


@lru_cache(maxsize=1)
def _classes() -> dict[str, int]:
    listed: dict[str, str] = document("common")["classes"]
    return {word: int(number) for number, line in listed.items() for word in line.split()}


@lru_cache(maxsize=1)
def _same() -> dict[str, str]:
    rows: list[list[str]] = document("stories")["same"]
    return {said: row[0] for row in rows for said in row[1:]}


@lru_cache(maxsize=1)
def _shared_names() -> frozenset[str]:
    return frozenset(word for name in document("stories")["names"] for word in words(name))


def _told(text: Sequence[str]) -> Iterator[str]:
    same = _same()
    return (same.get(word, word) for word in text)


def _names(text: str) -> frozenset[str]:
    """Give what is rare and written as a name; abbreviations (CGRP, THC) name a subject."""
    candidates = set(_NAME.findall(text))
    lower = set(text.split())
    return frozenset(
        word
        for name in candidates
        if name.lower() not in lower and not name.isupper()
        for word in words(name)
        if len(word) > 2
        and word.isalpha()
        and rarity(word) >= _A_NAME_IS_RARE
        and word not in _shared_names()
    )


def _numbers(text: str) -> frozenset[str]:
    found = {number.replace(",", "") for number in _NUMBER.findall(text)}
    return frozenset(
        number for number in found if number not in _PLAIN_NUMBERS and not _YEAR.fullmatch(number)
    )


def _day(head: str) -> date | None:
    match = _DATE.search(head)
    if match is None:
        return None
    try:
        return date(int(match[3]), _MONTHS.index(match[1][:3].lower()) + 1, int(match[2]))
    except ValueError:
        return None
