"""The week that names an issue (ISO 8601 week dates)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from newsletter.errors import BadValue

_FORM = re.compile(r"(\d{4})-?W(\d{2})(?:-C([1-9]\d?))?", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """An ISO week, written `2026-W47`; it runs from Monday to Sunday.

    What is sent about an issue later is named after it: `2026-W47-c1` is its first correction.
    """

    year: int
    number: int
    correction: int = 0

    @classmethod
    def parse(cls, text: str, *, corrections: bool = False) -> Week:
        """Read `2026-W47` (or `2026W47`); raise `BadValue` on anything else.

        Corrections are read as well where something that was sent is meant.
        """
        match = _FORM.fullmatch(text.strip())
        if match and (corrections or not match[3]):
            year, number = int(match[1]), int(match[2])
            try:
                date.fromisocalendar(year, number, 1)
            except ValueError:
                pass
            else:
                return cls(year, number, int(match[3] or 0))
        raise BadValue(f"{text!r} is not a week. Write it like 2026-W47.")

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Week:
        """Give the week that `moment` falls in, as people in `zone` see it."""
        year, number, _ = moment.astimezone(zone).isocalendar()
        return cls(year, number)

    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    def start(self, zone: tzinfo) -> datetime:
        """Monday, midnight, in `zone`."""
        return datetime.combine(self.monday(), time(), zone)

    def end(self, zone: tzinfo) -> datetime:
        """The first moment that is no longer in the week."""
        return datetime.combine(self.monday() + timedelta(days=7), time(), zone)

    def before(self) -> Week:
        year, number, _ = (self.monday() - timedelta(days=7)).isocalendar()
        return Week(year, number)

    def after(self) -> Week:
        year, number, _ = (self.monday() + timedelta(days=7)).isocalendar()
        return Week(year, number)

    @property
    def issue(self) -> Week:
        """The issue that a correction is about; of an issue, itself."""
        return Week(self.year, self.number)

    def __str__(self) -> str:
        week = f"{self.year:04d}-W{self.number:02d}"
        return f"{week}-c{self.correction}" if self.correction else week
