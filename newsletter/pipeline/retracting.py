"""Loading the list of retracted works, which curation and preflight look in."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import BadValue
from newsletter.gather import retraction_watch
from newsletter.store import Database, retracted


def load(db: Database, path: Path) -> int:
    """Put a downloaded data set in the place of the one before; give how many names it holds.

        retraction_watch.read | store.retracted.replace

    Raises `BadValue` if the file cannot be read or is something else; what was there stays then.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            found = retraction_watch.read(file, name=path.name)
    except OSError as error:
        raise BadValue(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    with db.write() as connection:
        return retracted.replace(connection, found)
