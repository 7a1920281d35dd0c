"""The history of an issue's words: every text that `issue.toml` held, by whom and when."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from newsletter.model import Week
from newsletter.store.schema import edits

# Who changed it when it was no editor at the desk or the terminal.
MACHINE, OUTSIDE = "newsletter", "a text editor"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. `by` is an editor's address, `MACHINE`, or `OUTSIDE` for nobody knows whom."""

    id: int
    week: Week
    at: datetime
    by: str
    what: str
    digest: str


def record(
    connection: Connection, week: Week, text: str, *, by: str, what: str, at: datetime
) -> int:
    """Note what the file holds from now on; give the row's number."""
    row = connection.execute(
        insert(edits)
        .values(
            week=str(week),
            at=at,
            by=by,
            what=what,
            digest=digest(text),
            text=zlib.compress(text.encode(), 9),
        )
        .returning(edits.c.id)
    )
    return int(row.scalar_one())


def newest(connection: Connection, week: Week) -> Edit | None:
    """The last change that was noted."""
    found = history(connection, week, most=1)
    return found[0] if found else None


def history(connection: Connection, week: Week, *, most: int = 500) -> list[Edit]:
    """The changes of a week, newest first, without their texts."""
    columns = [column for column in edits.c if column.name != "text"]
    rows = connection.execute(
        select(*columns).where(edits.c.week == str(week)).order_by(edits.c.id.desc()).limit(most)
    )
    return [_edit(row) for row in rows]


def text(connection: Connection, week: Week, number: int) -> str | None:
    """What the file held after this change."""
    return _text(
        connection.scalar(
            select(edits.c.text).where(edits.c.week == str(week), edits.c.id == number)
        )
    )


def text_before(connection: Connection, week: Week, number: int) -> str | None:
    """What the file held before this change; None if it is the first that is known."""
    return _text(
        connection.scalar(
            select(edits.c.text)
            .where(edits.c.week == str(week), edits.c.id < number)
            .order_by(edits.c.id.desc())
            .limit(1)
        )
    )


def known_by(connection: Connection, week: Week, wanted: str) -> str | None:
    """The text with this digest, if the file ever held it."""
    return _text(
        connection.scalar(
            select(edits.c.text)
            .where(edits.c.week == str(week), edits.c.digest == wanted)
            .order_by(edits.c.id.desc())
            .limit(1)
        )
    )


def digest(words: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(words.encode()).hexdigest()


def _text(packed: bytes | None) -> str | None:
    return None if packed is None else zlib.decompress(packed).decode()


def _edit(row: Any) -> Edit:
    return Edit(row.id, Week.parse(row.week), row.at, row.by, row.what, row.digest)
