"""The operator's list of sources: add, pause, remove, and whole lists as OPML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from newsletter import urls
from newsletter.errors import BadValue, NotFound
from newsletter.gather import opml
from newsletter.model import Source, SourceState
from newsletter.store import Database, sources
from newsletter.store.sources import Activity

_LONGEST = 1500
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class Imported:
    """A list of sources that was taken in; `refused` are sentences."""

    added: int = 0
    known: int = 0
    refused: tuple[str, ...] = ()


def add_source(
    db: Database,
    address: str,
    *,
    now: datetime,
    title: str = "",
    weight: float = 1.0,
    folder: str = "",
) -> tuple[Source, bool]:
    """Add an http(s) address, a file:// address or a path; False if we read it already.

    One that was paused or has ended is asked again from now on. Nothing is fetched: what stands
    at an address is told by `trying`.
    Raises `BadValue` for anything else.
    """
    url = source_address(address)
    with db.write() as connection:
        source, new = sources.add(
            connection, url, now=now, title=title, weight=weight, folder=folder
        )
        if source.state is not SourceState.ACTIVE:
            sources.set_state(connection, source, SourceState.ACTIVE)
        return sources.by_id(connection, source.id) or source, new


def known(db: Database, address: str) -> Source | None:
    """Find the source of an address, if it is one already."""
    with db.read() as connection:
        return sources.get(connection, source_address(address))


def source_address(address: str) -> str:
    """Give the address of a source as it is kept; raise `BadValue` for what cannot be one."""
    address = address.strip()
    if len(address) > _LONGEST:
        raise BadValue(f"{address[:60]}... is longer than https:// addresses may be. Shorten it.")
    if urls.is_http(address):
        return urldefrag(urls.resolve(address, address)).url
    scheme = _SCHEME.match(address)
    if scheme and scheme[0].lower() == "file:":
        return _file(unquote(urlsplit(address).path), address)
    if scheme and not Path(address).exists():
        raise BadValue(
            f"{address!r} cannot be a source: {scheme[0]} is not read. "
            "Give an address that starts with https:// or http://, or the path of a file."
        )
    return _file(address, address)


def _file(path: str, address: str) -> str:
    file = Path(path).expanduser() if path else Path()
    if "\0" in path or not file.is_file():
        raise BadValue(
            f"{address!r} is neither a web address nor a file here. "
            "Write a web address with its https://, or check the path."
        )
    return file.resolve().as_uri()


def list_sources(db: Database) -> list[Source]:
    """List every source with its health, in the order in which they were added."""
    with db.read() as connection:
        return sources.all(connection)


@dataclass(frozen=True, slots=True)
class Standing:
    """A source as an operator sees it: what it gives, and whether it has fallen silent."""

    source: Source
    activity: Activity
    silent: bool

    @property
    def state(self) -> str:
        """`active`, `failing`, `silent`, `paused` or `ended`."""
        if self.source.state is not SourceState.ACTIVE:
            return self.source.state.value
        return "failing" if self.source.failures else "silent" if self.silent else "active"

    @property
    def share(self) -> float | None:
        """Which part of its posts was printed; None before there are any."""
        return self.activity.printed / self.activity.posts if self.activity.posts else None


def standings(db: Database, *, now: datetime, silent_after: timedelta) -> list[Standing]:
    """Say how each source stands, in the order in which they were added.

    Silent is one that answers and has had no post for so long; a source just added has time.
    """
    with db.read() as connection:
        active = sources.activity(connection, now)
        found = sources.all(connection)
    return [_standing(one, active.get(one.id, Activity()), now - silent_after) for one in found]


def _standing(source: Source, activity: Activity, since: datetime) -> Standing:
    old = source.added_at is not None and source.added_at < since
    late = activity.last is None or activity.last < since
    has_been_read = source.good_at is not None
    return Standing(source, activity, has_been_read and late and (old or activity.last is not None))


def health(source: Source) -> str:
    """Say in a few words how a source is: does it answer, and since when not."""
    if source.state is not SourceState.ACTIVE:
        return f"{source.state.value}{f': {source.failure}' if source.failure else ''}"
    if source.checked_at is None:
        return "not asked yet"
    if not source.failures:
        return f"good, last new on {source.changed_at:%Y-%m-%d}" if source.changed_at else "good"
    last = f"last good on {source.good_at:%Y-%m-%d}" if source.good_at else "never good"
    return f"failing ({source.failures} in a row, {last}): {source.failure}"


def pause_source(db: Database, address: str) -> tuple[Source, bool]:
    """Stop asking a source until it is added again; False if it was paused already."""
    source = _known(db, address)
    with db.write() as connection:
        sources.set_state(connection, source, SourceState.PAUSED)
    return source, source.state is not SourceState.PAUSED


def remove_source(db: Database, address: str) -> Source:
    """Forget a source; its posts stay."""
    source = _known(db, address)
    with db.write() as connection:
        sources.remove(connection, source)
    return source


def begin_with(db: Database, file: Path, *, now: datetime) -> int | None:
    """Take the sources of a home's own list, if there is none yet; give how many were taken.

    None: there is neither a source nor a list.
    """
    if list_sources(db):
        return 0
    return import_opml(db, file.read_bytes(), now=now).added if file.is_file() else None


def import_opml(db: Database, text: str | bytes, *, now: datetime) -> Imported:
    """Add the sources of a list. Of known ones, titles, weights and folders that it gives count.

    Raises `BadValue` if the text is no OPML; single bad addresses are refused and the rest added.
    """
    added = known = 0
    refused: list[str] = []
    found = opml.read(text)
    with db.write() as connection:
        ours = {urls.identity(source.url): source for source in sources.all(connection)}
        for one in found:
            try:
                url = source_address(one.url)
            except BadValue as error:
                refused.append(str(error))
                continue
            source = ours.get(urls.identity(url))
            if source is None:
                source = sources.put(connection, url, now=now)
                ours[urls.identity(url)] = source
                added += 1
            else:
                known += 1
            sources.describe(
                connection, source, title=one.title, weight=one.weight, folder=one.folder
            )
    return Imported(added, known, tuple(refused))


def export_opml(db: Database, *, title: str = "Newsletter") -> str:
    """Write all sources that have not ended as OPML."""
    return opml.write(
        [one for one in list_sources(db) if one.state is not SourceState.ENDED], title=title
    )


def _known(db: Database, address: str) -> Source:
    with db.read() as connection:
        found = sources.get(connection, address.strip())
        if found is None and not urls.is_http(address) and Path(address).is_absolute():
            found = sources.get(connection, Path(address).resolve().as_uri())
        if found is None and not urls.is_http(address):
            found = sources.get(connection, Path(address).absolute().as_uri())
    if found is None:
        raise NotFound(f"{address} is not a source. See them all: newsletter sources list")
    return found
