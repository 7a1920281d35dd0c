"""Figures of an issue as others read them: one JSON document, or lines of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from newsletter.model import Figures

# The figures that are one number each.
NUMBERS = (
    "audience",
    "accepted",
    "delivered",
    "deferred",
    "bounced",
    "blocked",
    "dropped",
    "complained",
    "left",
)
_HEADINGS = ("week", "figure", "mailbox", "cause", "lasting", "hour", "link", "people")


def as_json(found: Figures) -> dict[str, Any]:
    """Give figures in the shape that `status --json` and the API print."""
    return {**asdict(found), "week": str(found.week)}


def lines(found: Figures) -> Iterator[str]:
    """Yield one line a number, with what it is about; the first line names the columns."""
    yield ",".join(_HEADINGS)
    for row in _rows(found):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(
            [str(found.week), *(row.get(name, "") for name in _HEADINGS[1:])]
        )
        yield line.getvalue()


def _rows(found: Figures) -> Iterator[dict[str, Any]]:
    for name in NUMBERS:
        yield {"figure": name, "people": getattr(found, name)}
    for name, seconds in asdict(found.waits).items() if found.waits else ():
        # Seconds, and not people: the name says so.
        yield {"figure": f"to inbox, {name}", "people": seconds}
    for name, both in (("opened", found.opens), ("clicked", found.clicks)):
        if both:
            yield {"figure": name, "people": both.people}
            yield {"figure": f"{name} by machines alone", "people": both.machines}
    for box in found.mailboxes:
        yield from _each(asdict(box), "mailbox")
    for one in found.fallen:
        lasting = "yes" if one.lasting else "no"
        yield {**asdict(one), "figure": one.kind, "lasting": lasting}
    for link in found.links:
        yield {"figure": "clicked", "link": link.link, "people": link.people}
        yield {"figure": "clicked by machines alone", "link": link.link, "people": link.machines}
    for hour in found.series:
        yield from _each(asdict(hour), "hour")


def _each(numbers: dict[str, Any], about: str) -> Iterator[dict[str, Any]]:
    """A line for each number that is not 0, with what all of them are about."""
    for name, number in numbers.items():
        if name != about and number:
            yield {"figure": name, about: numbers[about], "people": number}
