"""A post's title, made fit to be printed: no site name, no shouting, no stray marks."""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.curate.vocabulary import document
from newsletter.curate.words import words

_DASH = re.compile(r"\s+[-–—·]\s+")
_BAR = re.compile(r"\s*(?:\||»|::)\s*")
_LABEL = re.compile(
    r"^(?:press release|news release|blog|new blog|new post|watch|video|podcast)\s*[:|–—-]\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w’'.-]*")
_SHOUTS = 0.6


def headline(title: str, *, source: str = "") -> str:
    """Clean `title`; `source` is the site's name, to be taken off either end.

    Words are never changed but in their case, and that only when the title shouts.
    """
    text = " ".join(title.split())
    text = _LABEL.sub("", text) or text
    text = _without_site(text, source)
    text = _calm(text)
    text = re.sub(r"([!?])\1+", r"\1", text).strip(" |»·")
    if text.endswith(".") and not text.endswith("..") and text.count(".") == 1:
        text = text[:-1].rstrip()
    return text or " ".join(title.split())


def _without_site(text: str, source: str) -> str:
    parts = _BAR.split(text)
    if len(parts) > 1:
        # Behind a bar stands the site's name or a slogan; before it only a site that says so.
        return next((part for part in parts if part and not _names_site(part, source)), parts[0])
    for match in reversed(list(_DASH.finditer(text))):
        before, after = text[: match.start()], text[match.end() :]
        if before and after and _names_site(after, source):
            return before
    return text


def _names_site(part: str, source: str) -> bool:
    named, known = set(words(part)), set(words(source))
    return bool(named) and bool(known) and (named <= known or known <= named)


def _calm(text: str) -> str:
    letters = [word for word in _WORD.findall(text) if len(word) > 1]
    loud = [
        word for word in letters if word.isupper() and word.strip(".'’-") not in _kept("acronyms")
    ]
    if len(loud) < 2 or len(loud) < _SHOUTS * len(letters):
        return text
    spoken = _WORD.sub(lambda match: _spoken(match[0]), text)
    return spoken[:1].upper() + spoken[1:]


def _spoken(word: str) -> str:
    if word.strip(".'’-") in _kept("acronyms") or not word.isupper():
        return word
    return word.lower() if word.lower() in _kept("small") else word.capitalize()


@lru_cache
def _kept(name: str) -> frozenset[str]:
    return frozenset(document("headline")[name])
