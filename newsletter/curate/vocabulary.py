"""The packaged lists of terms, and where their terms occur in a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from newsletter.curate.words import words


@dataclass(frozen=True, slots=True)
class Term:
    """`stands_for` is what the term says of a post; the file that lists it explains the words."""

    text: str
    stands_for: str
    list: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found at a place, counted in words from 0."""

    at: int
    term: Term


_Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms by their words, and those that stand for any such word.

    `lengths` gives, by a first word, how many words the phrases have that it begins, falling.
    """

    phrases: dict[_Phrase, Term]
    lengths: dict[str, tuple[int, ...]]
    patterned: Callable[[str], Term | None]

    def find(self, text: Sequence[str]) -> Iterator[Hit]:
        """Yield the terms in `text` (words as `words` gives them), none overlapping."""
        text = tuple(text)
        phrases, lengths, patterned = self.phrases, self.lengths, self.patterned
        passed = 0
        for at, word in enumerate(text):
            if at < passed:
                continue
            for length in lengths.get(word, ()):
                term = phrases.get(text[at : at + length])
                if term is not None:
                    yield Hit(at, term)
                    passed = at + length
                    break
            else:
                found = patterned(word)
                if found is not None:
                    yield Hit(at, found)


@lru_cache
def document(name: str) -> dict[str, Any]:
    """Read a packaged TOML file of this folder, once."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache
def vocabulary(name: str) -> Vocabulary:
    """Make the lists of a packaged file ready to be found, once."""
    listed = document(name)
    terms = [
        Term(text, entry["stands_for"], entry["name"])
        for entry in listed["list"]
        for text in entry["terms"]
    ]
    made = [one for term in terms for one in _composed(term, listed.get("parts", {}))]
    phrases: dict[_Phrase, Term] = {}
    # What is listed in full comes last, for it wins over what was composed.
    for term in (*made, *(term for term in terms if not set("*{") & set(term.text))):
        phrases[tuple(words(term.text))] = term
    lengths: dict[str, set[int]] = {}
    for phrase in phrases:
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    return Vocabulary(
        phrases,
        {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
        _patterned(tuple(term for term in terms if "*" in term.text)),
    )


def _composed(term: Term, parts: Mapping[str, Sequence[str]]) -> Iterator[Term]:
    """Give a term once for each member of the list that it names: "sore {part}"."""
    for name, members in parts.items():
        if f"{{{name}}}" in term.text:
            for member in members:
                yield replace(term, text=term.text.replace(f"{{{name}}}", member))


def _patterned(terms: Sequence[Term]) -> Callable[[str], Term | None]:
    """Give what finds the first of `terms`, all with a `*`, that a word is of."""
    if not terms:
        return lambda _: None
    written = "|".join(f"({term.text.replace('*', '.*')})" for term in terms)
    pattern = re.compile(written)

    @lru_cache(maxsize=65536)
    def patterned(word: str) -> Term | None:
        match = pattern.fullmatch(word)
        return terms[(match.lastindex or 1) - 1] if match else None

    return patterned
