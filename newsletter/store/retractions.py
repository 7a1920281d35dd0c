"""Which stories rest on work that was retracted, as far as gathered posts tell.

Journals and PubMed publish a notice titled "Retraction: TITLE", or put "RETRACTED: " before the
title of the work itself; either comes in with the feeds, often months after the story.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from newsletter.store.naming import key_of
from newsletter.store.schema import post_keys, posts

_PREFIX = re.compile(
    r"^\W*retract(?:ed|ion)(?:\s+(?:article|paper|notice|note))?(?:\s+(?:to|of|for))?\s*[:.—–-]?\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_CHUNK = 500
# Shorter titles ("Back pain") could be those of several works.
_TELLING = 4


def retractions(connection: Connection, urls: Iterable[str]) -> dict[str, str]:
    """Give, for each address whose work was retracted, where a gathered post says so."""
    notices = _notices(connection)
    if not notices:
        return {}
    wanted = {key_of(url): url for url in urls}
    found = {}
    for some in _chunks(list(wanted)):
        query = (
            select(post_keys.c.key, posts.c.title, posts.c.titles)
            .join(posts, posts.c.id == post_keys.c.post_id)
            .where(post_keys.c.key.in_(some))
        )
        for row in connection.execute(query):
            titles = [_bare(row.title), *(_bare(earlier["title"]) for earlier in row.titles)]
            notice = next((notices[title] for title in titles if title in notices), None)
            if notice:
                found[wanted[row.key]] = f"see {notice}"
    return found


def dois(connection: Connection, urls: Iterable[str]) -> dict[str, str]:
    """Give the DOI of each address whose post was gathered with one."""
    return {url: doi for url, (doi, _) in _papers(connection, urls).items() if doi}


def pmids(connection: Connection, urls: Iterable[str]) -> dict[str, str]:
    """Give the PubMed number of each address whose post was gathered with one."""
    return {url: pmid for url, (_, pmid) in _papers(connection, urls).items() if pmid}


def _papers(connection: Connection, urls: Iterable[str]) -> dict[str, tuple[str, str]]:
    wanted = {key_of(url): url for url in urls}
    found = {}
    for some in _chunks(list(wanted)):
        query = (
            select(post_keys.c.key, posts.c.doi, posts.c.pmid)
            .join(posts, posts.c.id == post_keys.c.post_id)
            .where(post_keys.c.key.in_(some))
        )
        for row in connection.execute(query):
            found[wanted[row.key]] = (row.doi, row.pmid)
    return found


def _notices(connection: Connection) -> dict[str, str]:
    """Give the address of each notice by the words of the title that it retracts."""
    query = select(posts.c.title, posts.c.link).where(func.lower(posts.c.title).like("%retract%"))
    return {
        _bare(row.title): row.link
        for row in connection.execute(query)
        if _PREFIX.match(row.title) and len(_bare(row.title).split()) >= _TELLING
    }


def _bare(title: str) -> str:
    return " ".join(_WORD.findall(_PREFIX.sub("", title).casefold()))


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
