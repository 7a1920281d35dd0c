"""Posts: every entry once, under all the names by which it is known (see `naming`)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, text, update

from newsletter import urls
from newsletter.model import Entry, Post, Source
from newsletter.store.naming import believable, key_of, keys, same_words
from newsletter.store.schema import post_keys, posts, sources

# Who keeps posts on PostgreSQL at once would find the same post new; any number that all share.
_LOCK = 0x706F737473
_CHUNK = 500
_MOST_TITLES = 20
# So many strange entries at once, and most of what a feed shows, may be old ones renamed.
_FLOOD = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the entries of one feed, in numbers."""

    new: int = 0
    updated: int = 0
    known: int = 0


@dataclass(slots=True)
class _Batch:
    """The posts and keys that a feed's entries meet; new ones have numbers below 0 until stored."""

    source: Source
    now: datetime
    since: datetime | None
    names: list[list[str]]
    keys: dict[str, int]
    rows: dict[int, Row[Any]]
    alike: dict[str, int] = field(default_factory=dict)
    met: set[int] = field(default_factory=set)
    new: dict[int, Entry] = field(default_factory=dict)
    named: list[tuple[str, int]] = field(default_factory=list)
    updated: int = 0


def alone(connection: Connection) -> None:
    """Be the only one who keeps posts until this transaction ends; asking again is free.

    A transaction that keeps the posts of several sources asks before it writes anything: two
    that hold rows already would wait for each other for ever. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def keep(
    connection: Connection,
    source: Source,
    entries: Sequence[Entry],
    now: datetime,
    *,
    since: datetime | None = None,
) -> Kept:
    """Store what is new, update what its source edited, and know the rest again.

    A post belongs to the source that had it first: only that one can change it. What was
    published before `since` counts as first seen then: a first look makes no news of an archive.
    """
    alone(connection)
    batch = _load(connection, source, entries, now, since)
    for entry, names in zip(entries, batch.names, strict=True):
        post_id = _find(batch, names, entry)
        if post_id is None:
            post_id = -1 - len(batch.new)
            batch.new[post_id] = entry
        elif post_id not in batch.met and post_id in batch.rows:
            batch.updated += _update(connection, batch, batch.rows[post_id], entry)
        batch.met.add(post_id)
        fresh = [name for name in names if name not in batch.keys]
        batch.keys |= dict.fromkeys(fresh, post_id)
        batch.named += [(name, post_id) for name in fresh]
    _store(connection, batch)
    new = len(batch.new)
    return Kept(new, batch.updated, len(entries) - new - batch.updated)


def in_window(
    connection: Connection, start: datetime, end: datetime, slack_start: datetime
) -> list[Post]:
    """List posts first seen or published in [start, end), and not published before `slack_start`.

    The slack lets in what a feed brought late; it keeps out archives of a source just added.
    """
    within = or_(
        and_(posts.c.first_seen >= start, posts.c.first_seen < end),
        and_(posts.c.published >= start, posts.c.published < end),
    )
    recent = or_(posts.c.published.is_(None), posts.c.published >= slack_start)
    query = _select().where(within, recent).order_by(posts.c.id)
    return [_post(row) for row in connection.execute(query)]


def of_addresses(connection: Connection, addresses: Iterable[str]) -> list[Post]:
    """List the posts that are known under some addresses, each once."""
    wanted = list(dict.fromkeys(map(key_of, addresses)))
    found: dict[int, Post] = {}
    for some in _chunks(wanted):
        query = _select().join(post_keys, post_keys.c.post_id == posts.c.id)
        for row in connection.execute(query.where(post_keys.c.key.in_(some))):
            found[row.id] = _post(row)
    return [found[number] for number in sorted(found)]


def by_url(connection: Connection, url: str) -> Post | None:
    """Find a post by any address under which it is known."""
    query = _select().join(post_keys, post_keys.c.post_id == posts.c.id)
    row = connection.execute(query.where(post_keys.c.key == key_of(url))).first()
    return _post(row) if row is not None else None


def count(connection: Connection, source: Source | None = None) -> int:
    """Count the posts of one source, or of all."""
    query = select(func.count()).select_from(posts)
    if source is not None:
        query = query.where(posts.c.source_id == source.id)
    return int(connection.scalar(query) or 0)


def _load(
    connection: Connection,
    source: Source,
    entries: Sequence[Entry],
    now: datetime,
    since: datetime | None,
) -> _Batch:
    names = [list(dict.fromkeys(keys(entry, source.id))) for entry in entries]
    wanted = dict.fromkeys(key for some in names for key in some)
    found: dict[str, int] = {}
    for some in _chunks(list(wanted)):
        query = select(post_keys.c.key, post_keys.c.post_id).where(post_keys.c.key.in_(some))
        found |= {row.key: row.post_id for row in connection.execute(query)}
    rows: dict[int, Row[Any]] = {}
    for ids in _chunks(list(dict.fromkeys(found.values()))):
        query = select(posts).where(posts.c.id.in_(ids))
        rows |= {row.id: row for row in connection.execute(query)}
    batch = _Batch(source, now, since, names, found, rows)
    strange = [
        entry
        for entry, some in zip(entries, names, strict=True)
        if not any(key in found for key in some)
    ]
    if len(strange) >= _FLOOD and 2 * len(strange) > len(entries):
        _load_alike(connection, batch, strange)
    return batch


def _load_alike(connection: Connection, batch: _Batch, strange: Sequence[Entry]) -> None:
    """Find posts of the source under new names by their words.

    A feed whose entries are strange all at once has probably changed its guids and addresses.
    """
    titled = defaultdict[str, list[Entry]](list)
    for entry in strange:
        titled[entry.title.casefold()].append(entry)
    query = select(posts).where(posts.c.source_id == batch.source.id).order_by(posts.c.id.desc())
    for row in connection.execute(query.limit(_CHUNK)):
        for entry in titled[row.title.casefold()]:
            if same_words(row, entry):
                batch.alike.setdefault(entry.url, row.id)
                batch.rows[row.id] = row


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def _find(batch: _Batch, names: Sequence[str], entry: Entry) -> int | None:
    for name in names:
        post_id = batch.keys.get(name)
        if post_id is None:
            continue
        before = batch.rows.get(post_id) or batch.new[post_id]
        if believable(name.partition(" ")[0], before, entry):
            return post_id
    return batch.alike.get(entry.url)


def _store(connection: Connection, batch: _Batch) -> None:
    """Insert new posts, then every new name of new and known ones."""
    stored: dict[str, int] = {}
    if batch.new:
        rows = [_row(entry, batch) for entry in batch.new.values()]
        made = connection.execute(insert(posts).returning(posts.c.url, posts.c.id), rows)
        stored = {row.url: row.id for row in made}
    names = [
        {"key": name, "post_id": stored[batch.new[number].url] if number < 0 else number}
        for name, number in batch.named
    ]
    if names:
        connection.execute(insert(post_keys), names)


def _row(entry: Entry, batch: _Batch) -> dict[str, Any]:
    own = {name: getattr(entry, name) for name in (*_OWN, "url", "link", "guid", "published")}
    return own | {
        "source_id": batch.source.id,
        "source_title": batch.source.title or urls.host(batch.source.url),
        "first_seen": _first_seen(entry, batch),
        "digest": _digest(entry),
        "titles": [],
    }


def _first_seen(entry: Entry, batch: _Batch) -> datetime:
    if batch.since and entry.published and entry.published < batch.since:
        return entry.published
    return batch.now


# What a source may change about its post afterwards.
_OWN = (
    *("title", "text", "author", "doi", "pmid", "language"),
    *("image", "image_alt", "image_width", "image_height"),
)


def _update(connection: Connection, batch: _Batch, row: Row[Any], entry: Entry) -> bool:
    """Bring a post up to date; True if its words changed."""
    source, now = batch.source, batch.now
    if row.source_id not in (None, source.id):
        return False
    changes: dict[str, Any] = {}
    if row.source_id is None:
        changes["source_id"] = source.id
    if row.link != entry.link:
        changes["link"] = entry.link
    if row.published is None and entry.published is not None:
        changes["published"] = entry.published
    edited: bool = row.digest != _digest(entry)
    if edited:
        changes |= {name: getattr(entry, name) for name in _OWN if getattr(entry, name)}
        changes |= {"digest": _digest(entry), "updated_at": now}
        if row.article_at is not None and len(entry.text) < len(row.text):
            changes.pop("text", None)  # a teaser does not replace the text of the page
    if edited and row.title != entry.title:
        past = [*row.titles, {"title": row.title, "until": now.isoformat()}]
        changes["titles"] = past[-_MOST_TITLES:]
    if changes:
        connection.execute(update(posts).where(posts.c.id == row.id).values(**changes))
    return edited


def _digest(entry: Entry) -> str:
    words = "\0".join((entry.title, entry.text, entry.image))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def _select() -> Select[Any]:
    return select(
        posts,
        sources.c.title.label("now_title"),
        sources.c.url.label("source_url"),
        sources.c.weight.label("source_weight"),
    ).outerjoin(sources, sources.c.id == posts.c.source_id)


_PLAIN = (
    *("id", "url", "link", "title", "text", "first_seen", "guid", "author", "published"),
    *("doi", "pmid", "image", "image_alt", "image_width", "image_height"),
)


def _post(row: Row[Any]) -> Post:
    return Post(
        **{name: getattr(row, name) for name in _PLAIN},
        source_id=row.source_id or 0,
        source=row.now_title or row.source_title,
        source_url=row.source_url or "",
        source_weight=1.0 if row.source_weight is None else row.source_weight,
    )
