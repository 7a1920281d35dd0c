"""A house made from a backup, in which nothing goes out twice.

What was sent between backup and restore is not known to the restored database. So sends that were
under way wait for an operator (`store.restores.note`), and a week that may have been sent since is
sent by an operator's word alone (`sending.freezing`).
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from newsletter.errors import BadValue, Refused
from newsletter.store import Database, carry, restores
from newsletter.vault.archive import FORMAT, HOME, MANIFEST, TABLES

_SECRET = "subscribers/secret"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `left` are files that were there and differ: they stay as they are."""

    backup_at: datetime
    rows: dict[str, int]
    files: int
    left: tuple[str, ...]
    doubtful: int
    unsent: int


def restore(db: Database, home: Path, source: Path, *, now: datetime) -> Restored:
    """Fill an empty database and a home from a backup.

    Raises `BadValue` for what is no backup or a damaged one, `Refused` if the database holds
    rows, was made by a newer program, or another secret lies in the home. Nothing is kept then.
    """
    try:
        with zipfile.ZipFile(source) as there:
            manifest = _manifest(there, source)
            _refuse_other_secret(there, home)
            db.upgrade()
            rows, doubtful, unsent = _tables(db, there, manifest, now)
            files, left = _files(there, manifest["files"], home)
    except (zipfile.BadZipFile, EOFError) as error:
        raise BadValue(f"{source} is damaged or no backup: {error}. Take another one.") from error
    except OSError as error:
        raise BadValue(f"{source} cannot be read: {error.strerror}. Check the path.") from error
    at = datetime.fromisoformat(manifest["at"])
    return Restored(at, rows, files, left, doubtful, unsent)


def _manifest(there: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = orjson.loads(there.read(MANIFEST))
    except (KeyError, orjson.JSONDecodeError) as error:
        raise BadValue(f"{source} is no backup of Newsletter. Take another file.") from error
    if manifest.get("format") != FORMAT:
        raise Refused(
            f"{source} was written by Newsletter {manifest.get('newsletter')} in a form that this "
            "one does not know. Restore it with that version."
        )
    known = {table.name: set(carry.columns(table)) for table in carry.TABLES}
    for name, told in manifest["tables"].items():
        if name not in known or not set(told["columns"]) <= known[name]:
            raise Refused(
                f"{source} was written by a newer Newsletter ({manifest.get('newsletter')}, "
                f"revision {manifest.get('revision')}). Restore it with that version."
            )
    return manifest


def _refuse_other_secret(there: zipfile.ZipFile, home: Path) -> None:
    kept, name = home / _SECRET, f"{HOME}{_SECRET}"
    if kept.exists() and name in there.namelist() and kept.read_bytes() != there.read(name):
        raise Refused(
            f"{kept} is another secret than the backup's, and links in mails that went out need "
            "that one. Move it away, then restore again."
        )


def _tables(
    db: Database, there: zipfile.ZipFile, manifest: dict[str, Any], now: datetime
) -> tuple[dict[str, int], int, int]:
    rows: dict[str, int] = {}
    with db.write() as connection:
        if found := carry.occupied(connection):
            names = ", ".join(f"{number:,} {name}" for name, number in list(found.items())[:3])
            raise Refused(
                f"The database {db.describe()} is not empty ({names}). Name an empty one in "
                "DATABASE_URL (or move the SQLite file away): a restore never mixes two lists."
            )
        for table in carry.TABLES:
            told = manifest["tables"].get(table.name)
            if told is None:
                continue
            with there.open(f"{TABLES}{table.name}.jsonl") as lines:
                came = carry.take(connection, table, told["columns"], _stripped(lines))
            if (came.rows, came.digest) != (told["rows"], told["digest"]):
                raise BadValue(
                    f"{table.name} in the backup is not what its manifest says ({came.rows:,} of "
                    f"{told['rows']:,} rows). Nothing was kept; take another backup."
                )
            rows[table.name] = came.rows
        at = datetime.fromisoformat(manifest["at"])
        doubtful, unsent = restores.note(connection, backup_at=at, now=now)
    return rows, doubtful, unsent


def _stripped(lines: Any) -> Iterator[bytes]:
    return (line.rstrip(b"\n") for line in lines)


def _files(there: zipfile.ZipFile, names: list[str], home: Path) -> tuple[int, tuple[str, ...]]:
    written, left = 0, []
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts:
            raise BadValue(f"The backup names a file outside the home: {name}. Do not trust it.")
        path, held = home.joinpath(*parts), there.read(f"{HOME}{name}")
        if path.exists():
            if path.read_bytes() != held:
                left.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if parts[0] == "subscribers" else 0o644
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(held)
        written += 1
    return written, tuple(left)
