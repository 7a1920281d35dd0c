"""The archive as plain files, byte for byte what `serve` answers, for any web server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from newsletter.errors import NewsletterError, Refused
from newsletter.serving.building import application, services
from newsletter.wiring import House

# Says that a folder is ours to write into.
_MARK = ".newsletter-archive"
# Folders stand for addresses without an ending: every web server shows their index.html.
_INDEX = "index.html"
_STATIC = ("site.css", "icon.svg", "card.png")


@dataclass(frozen=True, slots=True)
class Built:
    """What became of the files: written anew, the same as before, taken away."""

    written: int
    same: int
    removed: int


def build(house: House, folder: Path) -> Built:
    """Write the archive's pages, feed and sitemap into a folder; twice changes nothing.

    The front page is the list of issues, since a form needs a server. Raises `Refused` for a
    folder that holds anything else.
    """
    _ours(folder)
    files = asyncio.run(_fetched(house))
    before = {path for path in folder.rglob("*") if path.is_file() and path.name != _MARK}
    wanted = {folder / name: content for name, content in files.items()}
    written = sum(_write(path, content) for path, content in wanted.items())
    gone = before - wanted.keys()
    for path in gone:
        path.unlink()
        if path.name == _INDEX and path.parent != folder:
            path.parent.rmdir()
    return Built(written, len(wanted) - written, len(gone))


def _ours(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is no folder. Name one that is new or holds an archive.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise Refused(
            f"{folder} holds files that are no archive of ours, and they are not overwritten. "
            "Name a folder that is new, empty or was built by this command."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _places(house: House) -> Iterator[tuple[str, str]]:
    """Addresses, and the files that hold them."""
    yield "/issues", _INDEX
    yield "/issues", f"issues/{_INDEX}"
    here = services(house)
    for one in here.sent():
        for week in (one.week, *(each.week for each in here.corrections(one.week))):
            yield f"/issues/{week}", f"issues/{week}/{_INDEX}"
    for name in ("feed.xml", "sitemap.xml", "robots.txt"):
        yield f"/{name}", name
    for name in _STATIC:
        yield f"/static/{name}", f"static/{name}"


async def _fetched(house: House) -> dict[str, bytes]:
    transport = httpx2.ASGITransport(app=application(house))
    files: dict[str, bytes] = {}
    async with httpx2.AsyncClient(transport=transport, base_url="http://archive") as client:
        for address, name in _places(house):
            answer = await client.get(address)
            if answer.status_code != 200:
                raise NewsletterError(
                    f"{address} answers {answer.status_code}, so the archive was not built. "
                    "Look at it with: newsletter serve"
                )
            files[name] = answer.content
    return files


def _write(path: Path, content: bytes) -> bool:
    """Put a file in its place whole, unless it is there already."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(content)
    os.replace(half, path)
    return True
