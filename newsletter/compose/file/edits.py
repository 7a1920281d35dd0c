"""One change to the text of `issue.toml`, every other byte kept.

A place is `conditions[2]`, `spare[1]` or `waive[1]`, counted from 1 in the order of the file;
an empty place is the top of the file. A comment that touches a block, above or below, moves
with it. All functions raise `BadValue` if the file cannot be read or the place is not there.
"""

from __future__ import annotations

import re

from newsletter.compose.file.keys import SPARE, WAIVE, Kind, known
from newsletter.compose.file.reading import read
from newsletter.compose.file.scan import Entry, Table, find, scan
from newsletter.compose.file.values import closest, take, toml
from newsletter.compose.file.writing import block, heading, waiver_block
from newsletter.errors import BadValue
from newsletter.model import Pick, Section, Waiver

FILE = "issue.toml"
VERSION = re.compile(r"\[version (?P<version>[0-9a-f]{8})\]$")


def set_value(text: str, place: str, key: str, value: object) -> str:
    """Give the text with one key of one table set; the line is added if it was not there."""
    table = _table(text, place)
    if key not in known(table.name):
        hint = closest(key, list(known(table.name)))
        raise BadValue(f"“{key}” is not a key of {place or 'the issue'}.{hint}")
    kind = known(table.name)[key].kind
    try:
        wanted = "" if value in ("", None) and kind is Kind.URL else take(kind, value)
    except ValueError as error:
        raise BadValue(f"{place or 'The issue'}: {key}. {error}") from error
    entry = table.entries.get(key)
    words = toml(kind, wanted, newline_of(text))
    if entry is None:
        changed = _with_line(text, table, key, words)
    elif _same(text, entry, kind, wanted):
        changed = text
    else:
        changed = text[: entry.value_start] + words + text[entry.value_end :]
    return _readable(changed)


def move(text: str, from_place: str, to_section: Section, position: int) -> str:
    """Give the text with a story moved to be number `position` (from 1) of a section.

    A position past the end puts it last. A spare story loses its line `section`.
    """
    table = _story(text, from_place)
    words, rest = _cut(text, table)
    words = _without_line(_renamed(words, to_section.value), "section")
    return _readable(_put(rest, words, to_section.value, position))


def drop(text: str, place: str) -> str:
    """Give the text with a story out of the mail: it becomes the last spare one."""
    table = _story(text, place)
    if table.name == SPARE:
        raise BadValue(f"{place} is a spare story already, it is not in the mail.")
    story, rest = _cut(text, table)
    story = _without_line(_renamed(story, SPARE), "section")
    words = f'section = "{table.name}"'
    story = _with_text(story, _line_end(story, scan(story)[1].start), words)
    return _readable(_put(rest, story, SPARE, len(text)))


def add(text: str, section: Section, pick: Pick, position: int = 10**6) -> str:
    """Give the text with a new story in it, last in its section unless `position` says where."""
    words = block(section.value, pick, newline=newline_of(text))
    return _readable(_put(text, words, section.value, position))


def settle(text: str, place: str) -> str:
    """Give the text with the note gone that a story changed at its source: its editor read it.

    A later change is noted again.
    """
    table = _story(text, place)
    entry = table.entries.get("changed")
    if entry is None:
        return text
    match = VERSION.search(text[entry.value_start : entry.value_end].strip("\"'"))
    text = text[: entry.start] + text[entry.end :]
    return set_value(text, place, "version", match["version"]) if match else _readable(text)


def waive(text: str, waiver: Waiver) -> str:
    """Give the text with a waiver added, or with a new reason and name if it is there."""
    issue = read(text, name=FILE)
    for number, old in enumerate(issue.waivers, 1):
        if (old.check, old.place) == (waiver.check, waiver.place):
            text = set_value(text, f"{WAIVE}[{number}]", "reason", waiver.reason)
            return set_value(text, f"{WAIVE}[{number}]", "by", waiver.by)
    return _readable(_put(text, waiver_block(waiver, newline_of(text)), WAIVE, len(text)))


def newline_of(text: str) -> str:
    """Say how the file ends its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def with_value(text: str, table: Table, key: str, words: str) -> str:
    """Put `key = words` in a line of its own right below the table's `url`."""
    return _with_text(text, table.entries["url"].end, f"{key} = {words}")


def _table(text: str, place: str) -> Table:
    read(text, name=FILE)
    table = find(scan(text), place)
    if table is None:
        raise BadValue(f"There is no {place} in the issue. Look at the file again.")
    return table


def _story(text: str, place: str) -> Table:
    table = _table(text, place)
    if table.name not in {SPARE, *(section.value for section in Section)}:
        raise BadValue(f"“{place}” is not a story. Name one, such as conditions[1].")
    return table


def _readable(text: str) -> str:
    read(text, name=FILE)
    return text


def _same(text: str, entry: Entry, kind: Kind, wanted: object) -> bool:
    """Say whether a value is already what is wanted, however it is written."""
    return text[entry.value_start : entry.value_end] == toml(kind, wanted, newline_of(text))


def _with_line(text: str, table: Table, key: str, words: str) -> str:
    """Add a key behind the one that comes before it in a fresh file, else under the heading."""
    names = list(known(table.name))
    before = [name for name in names[: names.index(key)] if name in table.entries]
    at = table.entries[before[-1]].end if before else _line_end(text, table.start)
    return _with_text(text, at, f"{key} = {words}")


def _with_text(text: str, at: int, words: str) -> str:
    newline = newline_of(text)
    gap = newline if at and text[at - 1] != "\n" else ""
    return text[:at] + gap + words + newline + text[at:]


def _without_line(block: str, key: str) -> str:
    entry = scan(block)[1].entries.get(key)
    return block[: entry.start] + block[entry.end :] if entry else block


def _renamed(block: str, name: str) -> str:
    start = scan(block)[1].start
    head = re.sub(r"\[\[[^\]]*\]\]", f"[[{name}]]", block[start:], count=1)
    return block[:start] + head


def _cut(text: str, table: Table) -> tuple[str, str]:
    """Part a block, with the comments that touch it, from the rest of the file."""
    start, end = _span(text, table)
    block = text[start:end]
    if not block.endswith("\n"):
        block += newline_of(text)
    rest = text[end:]
    if not text[:start].strip() or text[:start].endswith(("\n\n", "\n\r\n")):
        rest = re.sub(r"\A[ \t]*\r?\n", "", rest)
    return block, text[:start] + rest


def _put(rest: str, block: str, name: str, position: int) -> str:
    """Put a block in as number `position` of its kind, with an empty line on both sides."""
    tables = [table for table in scan(rest) if table.name == name]
    if tables and position <= len(tables):
        at = _span(rest, tables[max(position, 1) - 1])[0]
    elif tables:
        at = _span(rest, tables[-1])[1]
    else:
        at = _part_end(rest, name)
    newline = newline_of(rest)
    before, after = rest[:at], rest[at:]
    if before and not before.endswith("\n"):
        before += newline
    if before.strip() and not before.endswith(("\n\n", "\n\r\n")):
        before += newline
    if after and not after.startswith(("\n", "\r\n")):
        block += newline
    return before + block + after


def _part_end(text: str, name: str) -> int:
    """Say where a part without blocks begins: below its comment, else at the end of the file."""
    found = re.search(rf"^{re.escape(heading(name))}[^\n]*\n(?:#[^\n]*\n)*", text, re.MULTILINE)
    return found.end() if found and not _inside(text, found.start()) else len(text)


def _inside(text: str, at: int) -> bool:
    return any(
        entry.start <= at < entry.end for table in scan(text) for entry in table.entries.values()
    )


def _span(text: str, table: Table) -> tuple[int, int]:
    """Give the block of a table with the comment lines that touch it above and below.

    A comment that touches two blocks goes with the one below it.
    """
    start, end = table.start, table.end
    floor = max((other.end for other in scan(text) if other.end <= start), default=0)
    while start > floor:
        line_start = text.rfind("\n", 0, start - 1) + 1
        if line_start < floor or not text[line_start:start].lstrip().startswith("#"):
            break
        start = line_start
    below = re.compile(r"(?:[ \t]*#[^\n]*(?:\n|\Z))*").match(text, end)
    stop = below.end() if below else end
    following = text[stop : _line_end(text, stop)].strip()
    return (start, end) if following else (start, stop)


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
