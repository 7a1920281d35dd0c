"""A backup: one file with everything that cannot be made again, taken while everything runs.

A ZIP with `manifest.json`, `tables/NAME.jsonl` (a row a line, from one moment of the database)
and `home/...`: issues, own templates, settings without keys, the secret. It can be restored into
either kind of database. It holds the whole list and the secret: its owner alone may read it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from newsletter import __version__
from newsletter.errors import Refused
from newsletter.store import Database, carry
from newsletter.store.carry import Sum

MANIFEST, TABLES, HOME = "manifest.json", "tables/", "home/"
FORMAT = 1
# What of a home is kept. `.env` holds keys that send: a copy elsewhere must not have them.
_FOLDERS = ("issues", "templates")
_FILES = ("newsletter.toml", "feeds.opml", "subscribers/secret", "subscribers/leaves.jsonl")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds: rows by table, files of the home, bytes of the file itself."""

    at: datetime
    rows: dict[str, int]
    files: int
    size: int


def backup(db: Database, home: Path, to: Path, *, now: datetime) -> Kept:
    """Write a backup to a file, in place of an earlier one only once it is whole and was read.

    Raises `Refused` if something else lies there, or the disk is full.
    """
    if to.is_dir() or (to.exists() and not _ours(to)):
        raise Refused(f"{to} is there and is no backup of ours. Choose another name.")
    revision = db.revision()
    half = to.with_name(f".{to.name}.{os.getpid()}.half")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
                tables = _tables(db, made)
                files = _files(home, made)
                manifest = {
                    "format": FORMAT,
                    "newsletter": __version__,
                    "revision": revision,
                    "at": now.isoformat(),
                    "database": "sqlite" if db.is_sqlite else "postgresql",
                    "tables": tables,
                    "files": files,
                }
                made.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            raw.flush()
            os.fsync(raw.fileno())
        with zipfile.ZipFile(half) as written:
            if (broken := written.testzip()) is not None:
                raise Refused(f"{broken} cannot be read back from the backup. Check the disk.")
        half.replace(to)
    except OSError as error:
        raise Refused(f"{to} cannot be written: {error.strerror}. Choose another place.") from error
    finally:
        half.unlink(missing_ok=True)
    counts = {name: one["rows"] for name, one in tables.items()}
    return Kept(now, counts, len(files), to.stat().st_size)


def _ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as there:
            return MANIFEST in there.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def _tables(db: Database, made: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    with db.read() as connection:
        carry.snapshot(connection)
        for table in carry.TABLES:
            one = Sum()
            with made.open(f"{TABLES}{table.name}.jsonl", "w", force_zip64=True) as out:
                for line in carry.lines(connection, table, one):
                    out.write(line + b"\n")
            told[str(table.name)] = {
                "columns": carry.columns(table),
                "rows": one.rows,
                "digest": one.digest,
            }
    return told


def _files(home: Path, made: zipfile.ZipFile) -> list[str]:
    names = []
    for path in _wanted(home):
        name = path.relative_to(home).as_posix()
        try:
            made.write(path, f"{HOME}{name}")
        except FileNotFoundError:
            continue  # it went while we looked; what replaced it is in the next backup
        names.append(name)
    return names


def _wanted(home: Path) -> Iterator[Path]:
    for name in _FILES:
        if (home / name).is_file():
            yield home / name
    for name in _FOLDERS:
        # A file that is half written lies beside its place under a name with a dot.
        yield from sorted(
            path
            for path in (home / name).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )
