"""The one way in which `issue.toml` is changed by us: written, and noted in its history.

A text editor asks nobody. What it wrote is noticed at the next change of ours, and gets a row
of its own: the history has no gap, and nobody is named as the author of another's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from newsletter.compose import file
from newsletter.errors import BadValue, NotFound
from newsletter.model import Week
from newsletter.pipeline.shop import Workshop
from newsletter.store import edits
from newsletter.store.edits import MACHINE, OUTSIDE, Edit

__all__ = [
    "MACHINE",
    "OUTSIDE",
    "Last",
    "back_to",
    "base",
    "history",
    "last_editor",
    "name_author",
    "write",
]


@dataclass(frozen=True, slots=True)
class Last:
    """The last change: by an editor's address, or by `MACHINE` or `OUTSIDE`."""

    by: str
    at: datetime


def write(
    shop: Workshop, week: Week, text: str, *, by: str, what: str, instead_of: str | None
) -> None:
    """Write the week's words and note who changed what.

        papers.write_words | notice | edits.record

    Raises `BadValue`, and writes nothing, if the file is no longer what the caller read. A crash
    between file and note leaves a change that is noticed later as one from outside.
    """
    seen = None if instead_of is None else _written(shop, week)
    shop.papers.write_words(week, text, instead_of=instead_of)
    with shop.db.write() as connection:
        if instead_of is not None and seen is not None:
            _notice(connection, week, instead_of, seen)
        edits.record(connection, week, text, by=by, what=what, at=shop.clock())


def _notice(connection: Connection, week: Week, there: str, seen: datetime) -> None:
    """Note what somebody changed without us, if anybody did: it was there, and now it is gone."""
    known = edits.newest(connection, week)
    if known is None or known.digest != edits.digest(there):
        what = "Changed the file" if known else "The file was there"
        edits.record(connection, week, there, by=OUTSIDE, what=what, at=seen)


def last_editor(shop: Workshop, week: Week) -> Last | None:
    """Who changed the week's words last; `OUTSIDE` if the file is not what we wrote.

    What the machine drafted is nobody's edit and is passed over; None if nobody has edited.
    """
    text = shop.papers.words(week)
    if text is None:
        return None
    with shop.db.read() as connection:
        found = edits.history(connection, week)
    if not found or found[0].digest != edits.digest(text):
        return Last(OUTSIDE, _written(shop, week))
    return next((Last(one.by, one.at) for one in found if one.by != MACHINE), None)


def name_author(shop: Workshop, week: Week, author: str, *, told_by: str) -> None:
    """Note whose words a text editor left in the file, as somebody says who knows.

    Nothing is noted if the author of the last change is known already.
    """
    last, text = last_editor(shop, week), shop.papers.words(week)
    if last is None or last.by != OUTSIDE or text is None:
        return
    what = f"Changed the file, as {told_by} says"
    with shop.db.write() as connection:
        edits.record(connection, week, text, by=author, what=what, at=shop.clock())


def history(shop: Workshop, week: Week) -> list[Edit]:
    """The changes, newest first. What was changed outside and not yet noted leads, as number 0."""
    with shop.db.read() as connection:
        found = edits.history(connection, week)
    text = shop.papers.words(week)
    if text is None or (found and found[0].digest == edits.digest(text)):
        return found
    what = "Changed the file" if found else "The file was there"
    unseen = Edit(0, week, _written(shop, week), OUTSIDE, what, edits.digest(text))
    return [unseen, *found]


def base(shop: Workshop, week: Week, digest: str) -> str | None:
    """The text from which a form was made, if the file ever held it."""
    with shop.db.read() as connection:
        return edits.known_by(connection, week, digest)


def texts(shop: Workshop, week: Week, number: int) -> tuple[str, str]:
    """The words before and after a change; 0 is what lies there and is not noted yet."""
    with shop.db.read() as connection:
        if number:
            after = edits.text(connection, week, number)
            before = edits.text_before(connection, week, number)
        else:
            after = shop.papers.words(week)
            last = edits.newest(connection, week)
            before = edits.text(connection, week, last.id) if last else None
    if after is None:
        raise NotFound(f"{week} has no such change in its history.")
    return before or "", after


def back_to(
    shop: Workshop, week: Week, number: int, *, by: str, instead_of: str, what: str
) -> None:
    """Let the file hold again what it held before a change; the history keeps both.

    Raises `NotFound` for a change that is not there, and `BadValue` if what was there before
    cannot be read: a text editor may leave a broken file.
    """
    before, _ = texts(shop, week, number)
    if not before:
        raise BadValue(f"{week}: what was there before this change is not known.")
    file.read(before, name=f"issues/{week}/issue.toml", week=week)
    write(shop, week, before, by=by, what=what, instead_of=instead_of)


def _written(shop: Workshop, week: Week) -> datetime:
    """When the file was last written, but never later than our own time (which may be fixed)."""
    path = shop.papers.words_path(week)
    if not path.exists():
        return shop.clock()
    return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), shop.clock())
