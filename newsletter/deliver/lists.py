"""SendGrid's suppression lists, read whole: who is on which, since when and why.

Pages by offset move while one reads, and the order of rows is documented nowhere. So a window of
time that fills a page is halved until it does not; only a single second is read by offset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from newsletter.deliver import causes
from newsletter.model import EventKind

# SendGrid gives at most so many rows at a time.
PAGE = 500

# Its lists and what being on one means in our words. Blocks are not among them: a block is
# about a mail, and drops nothing.
LISTS = {
    "bounces": "bounced",
    "invalid_emails": "invalid",
    "spam_reports": "complained",
    "unsubscribes": "left",
}
# A bounce that may pass, which SendGrid lists all the same.
SOFT = "soft bounce"

# Asks for one page: name of the list, first and last second, offset.
Ask = Callable[[str, int, int, int], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One address on one list; `key` is in lower case."""

    list: str
    key: str
    reason: str
    at: datetime


def read(ask: Ask, name: str, since: datetime, until: datetime) -> Iterator[list[Listed]]:
    """Yield the rows of a list that came between two moments, some at a time, each once."""
    windows = [(int(since.timestamp()), int(until.timestamp()))]
    while windows:
        first, last = windows.pop()
        rows = ask(name, first, last, 0)
        if len(rows) < PAGE:
            yield _listed(name, rows)
        elif first < last:
            middle = (first + last) // 2
            windows += [(middle + 1, last), (first, middle)]
        else:
            offset = 0
            while rows:
                yield _listed(name, rows)
                offset += len(rows)
                rows = ask(name, first, last, offset) if len(rows) == PAGE else []


def _listed(name: str, rows: list[dict[str, Any]]) -> list[Listed]:
    """Rows in our words; one that cannot be read is passed over."""
    found = []
    for row in rows:
        try:
            at = datetime.fromtimestamp(int(row["created"]), tz=UTC)
            key = str(row["email"]).strip().lower()
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            continue
        if "@" in key:
            found.append(Listed(name, key, _reason(name, row), at))
    return found


def _reason(name: str, row: dict[str, Any]) -> str:
    if name != "bounces":
        return LISTS[name]
    status, said = str(row.get("status") or ""), str(row.get("reason") or "")
    lasting = causes.lasting(EventKind.BOUNCED, "", status, said, expired=False)
    return LISTS[name] if lasting else SOFT
