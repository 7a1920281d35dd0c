"""The front of the desk: every week with its stage, this one first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.compose import file
from newsletter.errors import BadValue
from newsletter.model import Issue, Section, Week
from newsletter.web.desk import standing
from newsletter.web.desk.door import DeskRoute, Somebody
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

# Reading a file takes a moment: older weeks are listed by name.
_TOLD = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A week in the list. `problem` says why its file cannot be read."""

    week: Week
    days: str
    stands: standing.Stands
    subject: str = ""
    picks: int = 0
    counts: Sequence[tuple[Section, int]] = ()
    spare: int = 0
    problem: str = ""


@router.api_route("/", methods=LOOK)
def overview(request: Request, desk: Desk, editor: Somebody) -> Response:
    if editor is None:
        return desk_page(request, "sign-in.html", week="", problem="")
    shop = desk.shop
    this = Week.of(shop.clock(), shop.zone)
    others = sorted({*shop.papers.weeks()} - {this}, reverse=True)
    return desk_page(
        request,
        "weeks.html",
        editor=editor,
        this=_row(desk, this),
        rows=[_row(desk, week) for week in others[:_TOLD]],
        older=others[_TOLD:],
    )


def days(week: Week) -> str:
    """`16–22 November 2026`, with what both days share said once."""
    first, last = week.monday(), week.monday() + timedelta(days=6)
    if first.year != last.year:
        begin = f"{first.day} {first:%B} {first.year} – "
    elif first.month != last.month:
        begin = f"{first.day} {first:%B} – "
    else:
        begin = f"{first.day}–"
    return f"{begin}{last.day} {last:%B} {last.year}"


def _row(desk: DeskServices, week: Week) -> Row:
    shop, stands = desk.shop, standing.of(desk, week)
    try:
        text = shop.papers.words(week)
        issue = None if text is None else file.read(text, name=f"issues/{week}/issue.toml")
    except BadValue as error:
        return Row(week, days(week), stands, problem=str(error))
    if issue is None:
        return Row(week, days(week), stands)
    return Row(
        week,
        days(week),
        stands,
        issue.subject,
        sum(1 for _ in issue.picks()),
        _counts(issue),
        len(issue.spare),
    )


def _counts(issue: Issue) -> list[tuple[Section, int]]:
    return [(section, len(issue.sections.get(section, ()))) for section in Section]
