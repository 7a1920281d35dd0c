"""The Retraction Watch data set, as Crossref gives it away: which works were retracted, and why.

One row a notice, columns by name (Crossref, "Retraction Watch data": OriginalPaperDOI,
OriginalPaperPubMedID, RetractionNature, RetractionDate, Reason, RetractionDOI). A correction is
no retraction; a reinstatement takes one back.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from newsletter.errors import BadValue
from newsletter.gather import names
from newsletter.model import Retracted

_NEEDED = ("OriginalPaperDOI", "OriginalPaperPubMedID", "RetractionNature")
_COUNTS = {"retraction": "retracted", "expression of concern": "expression of concern"}
_TAKEN_BACK = "reinstatement"
# The widest cells, lists of authors and notes, stay far below this.
_WIDEST = 1 << 20
_LONGEST_REASON = 200


def read(lines: Iterable[str], *, name: str) -> list[Retracted]:
    """Read the file called `name`; raise `BadValue` if it is not that data set.

    Rows without a DOI or PMID are passed over.
    """
    csv.field_size_limit(_WIDEST)
    rows = csv.DictReader(lines)
    try:
        missing = [column for column in _NEEDED if column not in (rows.fieldnames or ())]
        if missing:
            raise BadValue(
                f"{name} is not the Retraction Watch data set: it has no column {missing[0]}. "
                "Download retraction_watch.csv from Crossref and name that file."
            )
        found, taken_back = [], set[str]()
        for row in rows:
            nature = (row["RetractionNature"] or "").strip().lower()
            works = tuple(_names(row))
            if nature == _TAKEN_BACK:
                taken_back.update(works)
            elif nature in _COUNTS and works:
                found.append(_retracted(row, works, _COUNTS[nature]))
    except csv.Error as error:
        raise BadValue(
            f"{name}, line {rows.line_num}, is no CSV ({error}). Download the file again."
        ) from error
    # The plainer word last: of two notices about a work the first one kept is the retraction.
    found.sort(key=lambda one: one.nature != "retracted")
    return [one for one in found if not taken_back & set(one.names)]


def _names(row: dict[str, str]) -> Iterator[str]:
    if doi := names.doi(row["OriginalPaperDOI"] or ""):
        yield f"doi {doi}"
    number = (row["OriginalPaperPubMedID"] or "").strip()
    if number.isascii() and number.isdigit() and int(number):
        yield f"pmid {int(number)}"


def _retracted(row: dict[str, str], works: tuple[str, ...], nature: str) -> Retracted:
    reasons = [part.strip(" +") for part in (row.get("Reason") or "").split(";")]
    said = "; ".join(re.sub(r"\s+", " ", part) for part in reasons if part)
    return Retracted(
        names=works,
        nature=nature,
        day=_day(row.get("RetractionDate") or ""),
        reason=said[:_LONGEST_REASON],
        notice=names.doi(row.get("RetractionDOI") or ""),
    )


def _day(text: str) -> str:
    """Read "9/12/2023 0:00", month first, as the data set writes it; "" if it is none."""
    day = text.partition(" ")[0]
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(day, form).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return ""
