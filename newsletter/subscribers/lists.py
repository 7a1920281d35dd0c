"""Lists of subscribers as CSV, in and out.

Columns: email (needed), name, state, created_at, confirmed_at, source, sections, in any order,
under a header; or those of another program's export, see `exports`. What cannot be read is
set aside with its line and reason; the rest goes on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.errors import BadValue
from newsletter.markup import tidy
from newsletter.model import Email, Section, State, Subscriber
from newsletter.subscribers.exports import Form, form_of
from newsletter.subscribers.lines import cells, decode, lines

__all__ = ["COLUMNS", "LONGEST_NAME", "Row", "Unread", "decode", "harmless", "lines", "name"]
__all__ += ["plain", "read", "write"]

COLUMNS = ("email", "name", "state", "created_at", "confirmed_at", "source", "sections")
LONGEST_NAME = 100
ALL_SECTIONS = sum(section.bit for section in Section)

# Spreadsheets run a cell that starts like this (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SECTIONS = {section.value: section.bit for section in Section}


class Row(NamedTuple):
    """One person of a list; `line` counts from 1, the header included.

    A tuple, because a list may have a million of them.
    """

    line: int
    email: Email
    name: str = ""
    state: State = State.ACTIVE
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    source: str = ""
    sections: int = ALL_SECTIONS


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """A line that was set aside, and why; `email` is what stood in its place, as far as known."""

    line: int
    reason: str
    email: str = ""


def read(
    rows: Iterable[str], recognised: Callable[[Form], object] | None = None
) -> Iterator[Row | Unread]:
    """Yield what each line says; raise `BadValue` when the header names no email column.

    `recognised` hears first whose form the list has.
    """
    records = cells(rows)
    read_row, email_at, form = _header(records)
    if recognised:
        recognised(form)
    for line, record in records:
        if isinstance(record, str):
            yield Unread(line, record)
            continue
        try:
            row = read_row(line, record)
        except BadValue as error:
            yield Unread(line, str(error), record[email_at] if email_at < len(record) else "")
        else:
            if row is not None:
                yield row


def write(people: Iterable[Subscriber]) -> Iterator[str]:
    """Yield the header and a line per person; `read` gives the same people back."""
    line = csv.writer(Echo(), lineterminator="\n").writerow
    yield line(COLUMNS)
    for person in people:
        yield line(
            (
                harmless(person.email.text),
                harmless(person.name),
                person.state.value,
                _when(person.created_at),
                _when(person.confirmed_at),
                harmless(person.source),
                " ".join(one for one, bit in _SECTIONS.items() if person.sections & bit),
            )
        )


def name(text: str) -> str:
    """Give a person's name as one printable line of at most `LONGEST_NAME` characters."""
    if not text:
        return ""
    text = text.strip()
    if not text.isprintable() or "  " in text:
        text = plain(text)
    return text[:LONGEST_NAME].strip() if len(text) > LONGEST_NAME else text


def plain(text: str) -> str:
    """Give a text as one printable line."""
    return " ".join(tidy(text.encode("utf-8", "ignore").decode()).split())


def harmless(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula; `read` gives it back as it was."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


_ReadRow = Callable[[int, list[str]], Row | None]


def _header(records: Iterator[tuple[int, list[str] | str]]) -> tuple[_ReadRow, int, Form]:
    """Give what reads a row under this header, where the address stands, and the form."""
    for _, record in records:
        if isinstance(record, str) or not any(record):
            continue
        labels = [cell.strip().lower() for cell in record]
        form = form_of(labels)
        columns = [form.columns.get(label) for label in labels]
        if "email" in columns:
            return _reader(labels, form), len(columns) - 1 - columns[::-1].index("email"), form
        break
    raise BadValue(
        "The first line of the list has to name the columns, and one of them has to be 'email'. "
        f"Known columns: {', '.join(COLUMNS)}."
    )


def _reader(labels: Sequence[str], form: Form) -> _ReadRow:
    """Give what reads one row under this header. It runs a million times: no look-ups by name."""
    at = {form.columns[label]: place for place, label in enumerate(labels) if label in form.columns}
    email_at, name_at, source_at = at["email"], at.get("name"), at.get("source")
    created_at, confirmed_at, sections_at = (
        at.get(column) for column in ("created_at", "confirmed_at", "sections")
    )
    parts = [at[part] for part in ("first", "last") if part in at and name_at is None]
    says = _state_reader(labels, form)
    parse, active, wide = Email.parse, State.ACTIVE, len(labels)

    def read_row(line: int, record: list[str]) -> Row | None:
        if len(record) < wide:
            record = record + [""] * (wide - len(record))
        cell = record[email_at]
        if not cell or cell.isspace():
            if not any(record):
                return None
            raise BadValue("There is no mail address in this line.")
        email = parse(_meant(cell.strip()) if cell[0] in _QUOTED else cell)
        if wide == 1:
            return Row(line, email)
        written = " ".join(map(record.__getitem__, parts)) if parts else ""
        if name_at is not None:
            written = record[name_at]
        return Row(
            line,
            email,
            name(_meant(written.strip(" "))) if written else "",
            says(record) if says else active,
            _moment(record[created_at], "created_at") if created_at is not None else None,
            _moment(record[confirmed_at], "confirmed_at") if confirmed_at is not None else None,
            _source(record[source_at]) if source_at is not None else "",
            _bits(record[sections_at]) if sections_at is not None else ALL_SECTIONS,
        )

    return read_row


def _state_reader(labels: Sequence[str], form: Form) -> Callable[[list[str]], State] | None:
    silences = [(labels.index(one), state) for one, state in form.silences.items() if one in labels]
    words = [(labels.index(one), known) for one, known in form.states.items() if one in labels]
    if not silences and not words:
        return None

    def says(record: list[str]) -> State:
        for place, silent in silences:
            if record[place].strip():
                return silent
        for place, known in words:
            if cell := record[place].strip().lower():
                return _known(cell, known)
        return State.ACTIVE

    return says


def _known(word: str, known: Mapping[str, State]) -> State:
    try:
        return known[word]
    except KeyError:
        raise BadValue(f"{word!r} is not a state. Use one of: {', '.join(known)}.") from None


def _moment(text: str, column: str) -> datetime | None:
    if not text:
        return None
    try:
        return _utc(text) if len(text) <= _DATE else _utc.__wrapped__(text)
    except (ValueError, OverflowError):
        raise BadValue(
            f"{column} is {text.strip()!r}, which is no date. Write it like 2026-11-18 or "
            "2026-11-18T12:00:00Z."
        ) from None


# Days come again and again in a list, times of day do not.
_DATE = len("2026-11-18")


# How Go writes a time of its own accord, and with it listmonk: `time.Time.String`.
_GO = re.compile(
    r"(?P<to_seconds>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? (?P<zone>[+-]\d{4}) \S+"
)


@lru_cache(maxsize=4096)
def _utc(text: str) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    if go := _GO.fullmatch(text):
        text = f"{go['to_seconds']}{go['zone']}"
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    return found if found.tzinfo is UTC else found.astimezone(UTC)


@lru_cache(maxsize=256)
def _source(text: str) -> str:
    return name(_meant(text.strip(" ")))


@lru_cache(maxsize=64)
def _bits(text: str) -> int:
    if not text.strip():
        return ALL_SECTIONS
    unknown = [one for one in text.lower().split() if one not in _SECTIONS]
    if unknown:
        raise BadValue(f"{unknown[0]!r} is no section. Use some of: {' '.join(_SECTIONS)}.")
    return sum(_SECTIONS[one] for one in set(text.lower().split()))


def _when(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


# How an address starts that needs a second look: spaces, and what `harmless` puts before it.
_QUOTED = "' "


def _meant(cell: str) -> str:
    """Take back what `harmless` put before a cell."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA) else cell


class Echo:
    """A file that hands back what is written to it: `writerow` answers with that."""

    def write(self, text: str) -> str:
        return text
