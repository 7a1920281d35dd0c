"""All stories of a week, to be searched, filtered and sorted; a page holds forty of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.model import Section
from newsletter.web.desk import issue, shelf, standing, view, weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, OfWeek
from newsletter.web.desk.shelf import Row
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

A_PAGE = 40
_LONGEST = 200

SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "best": ("Best first", lambda _row: 0),
    "score": ("Score", lambda row: -row.score),
    "new": ("Newest first", lambda row: -row.moment.timestamp()),
    "source": ("Source", lambda row: row.source.casefold()),
    "title": ("Headline", lambda row: row.title.casefold()),
}
SHOWS = {
    "on": "On topic",
    "left": "Not in the issue",
    "in": "In the issue",
    "signals": "With a trust signal",
    "off": "Off topic",
    "all": "All",
}


@router.api_route("/{week}/candidates", methods=LOOK)
def show(
    request: Request,
    desk: Desk,
    editor: SignedIn,
    week: OfWeek,
    q: str = "",
    show: str = "on",
    section: str = "",
    sort: str = "best",
    page: int = 1,
) -> Response:
    """Show a page of the week's stories. Unknown choices fall back to the usual ones."""
    chosen = {
        "q": q[:_LONGEST].strip(),
        "show": show if show in SHOWS else "on",
        "section": section if section in set(Section) else "",
        "sort": sort if sort in SORTS else "best",
    }
    mail = issue.mail_of(desk, week)
    where = view.where(mail.look.issue if mail.look else None)
    everything = shelf.rows(desk, week)
    words = chosen["q"].casefold().split()
    found = [
        (row, placed)
        for row, placed in issue.placed_rows(list(everything), where)
        if (not chosen["section"] or row.section == chosen["section"])
        and _shown(chosen["show"], row, placed)
        and row.has(words)
    ]
    found.sort(key=lambda one: SORTS[chosen["sort"]][1](one[0]))
    pages = max(1, -(-len(found) // A_PAGE))
    page = max(1, min(page, pages))
    return desk_page(
        request,
        "candidates.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        look=mail.look,
        found=found[(page - 1) * A_PAGE : page * A_PAGE],
        number=len(found),
        everything=len(everything),
        first=(page - 1) * A_PAGE + 1,
        page=page,
        pages=pages,
        chosen=chosen,
        sorts=SORTS,
        shows=SHOWS,
        sections=list(Section),
        to=lambda **other: f"/desk/{week}/candidates?{urlencode({**chosen, **other})}",
        tab="candidates",
    )


def _shown(show: str, row: Row, placed: object) -> bool:
    match show:
        case "on":
            return row.relevant
        case "off":
            return not row.relevant
        case "in":
            return placed is not None
        case "left":
            return row.relevant and placed is None
        case "signals":
            return bool(row.signals)
    return True
