"""Whole lists, in and out, many thousands of people at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TextIO

from newsletter.errors import BadValue, WrongUsage
from newsletter.model import Act, Consent
from newsletter.signup.taking import Batch, Taken, Taking
from newsletter.store import Database, subscribers
from newsletter.subscribers import lists
from newsletter.subscribers.exports import NEVER_AGREED, PLAIN, Form
from newsletter.subscribers.lists import Unread

# Rows per transaction: few commits, and a sign-up that happens meanwhile waits a fraction of
# a second.
BATCH = 20_000
# A list that is wrong from top to bottom is told by its first lines.
MOST_SET_ASIDE = 10_000


@dataclass(slots=True)
class ImportReport:
    """What became of a list's lines.

    `added` are new, `changed` changed state, `known` stayed as they were, and `set_aside`
    (its first `MOST_SET_ASIDE`) were not taken, each with its reason. `told` hears of all.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    known: int = 0
    set_aside_count: int = 0
    set_aside: list[Unread] = field(default_factory=list)
    form: Form = PLAIN
    told: Callable[[Unread], object] | None = None

    def add(self, done: Taken) -> None:
        """Count a batch whose transaction stands."""
        self.rows += done.rows
        self.added += done.added
        self.changed += done.changed
        self.known += done.known
        self.set_aside_count += len(done.aside)
        self.set_aside += done.aside[: MOST_SET_ASIDE - len(self.set_aside)]
        if self.told:
            for one in done.aside:
                self.told(one)


def import_csv(
    db: Database,
    rows: Iterable[str],
    *,
    consent: str,
    source: str,
    now: datetime,
    hash_keys: Sequence[bytes],
    progress: Callable[[int], None] | None = None,
    told: Callable[[Unread], object] | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Take in a list, line by line; `consent` says how its people agreed, and is kept as proof.

        lists.read | many at a time | lifecycle.imported | store.imports

    Raises `BadValue` for a list without an email column, `WrongUsage` without consent,
    `Refused` where nobody could tell any more who was erased.
    Doing it twice adds nobody twice; a list never brings back who left, bounced,
    complained, was suppressed or erased, and is refused if nobody in it ever agreed.
    `progress` is told the rows done so far, `told` each row that is set aside. A `dry_run`
    only looks, and reports what would happen.
    """
    if not consent.strip():
        raise WrongUsage(
            "An import needs the consent that these people gave: when, where, in which words."
        )
    if source.startswith(NEVER_AGREED):
        raise BadValue(
            f"{source} is Mailchimp's list of people who never subscribed: nobody in it agreed to "
            "be mailed. Import the file whose name begins with subscribed_."
        )
    proof = Consent(Act.IMPORT, now, lists.name(source), lists.plain(consent))
    taking = Taking(db, proof, hash_keys, dry_run)
    report = ImportReport(told=told)
    with taking, closing(_ahead(_batches(rows, report))) as batches:
        for batch in batches:
            report.add(taking.take(batch))
            if progress:
                progress(report.rows)
    return report


def export_csv(db: Database) -> Iterator[str]:
    """Yield everybody as lines of CSV that `import_csv` reads back; memory stays flat."""
    with db.read() as connection:
        yield from lists.write(subscribers.everyone(connection))


def rows(people: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give addresses and names as the lines of a list."""
    line = csv.writer(lists.Echo(), lineterminator="\n").writerow
    yield line(("email", "name"))
    for email, name in people:
        yield line((lists.harmless(email), lists.harmless(lists.name(name))))


def aside_writer(file: TextIO) -> Callable[[Unread], object]:
    """Give what writes each row set aside as a line of CSV: its number, why, its address."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("line", "reason", "email"))
    return lambda one: writer.writerow(
        (one.line, lists.harmless(one.reason), lists.harmless(one.email))
    )


def _batches(rows: Iterable[str], report: ImportReport) -> Iterator[Batch]:
    def recognised(form: Form) -> None:
        report.form = form

    found = lists.read(rows, recognised)
    while batch := list(islice(found, BATCH)):
        yield batch


def _ahead(batches: Iterator[Batch]) -> Generator[Batch, None, None]:
    """Read the next batch in another thread, while the database is busy with the last one."""
    with ThreadPoolExecutor(1, "reading ahead") as reader:
        none: Batch = []
        coming = reader.submit(next, batches, none)
        while batch := coming.result():
            coming = reader.submit(next, batches, none)
            yield batch
