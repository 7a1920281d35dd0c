"""One week on the desk: the mail, its picks, what the checks say, and the best of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.compose import cures
from newsletter.errors import NewsletterError
from newsletter.model import Evidence, Section, Week
from newsletter.web.desk import edits, keeping, shelf, standing, view, weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.desk.shelf import Row
from newsletter.web.desk.view import Placed
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

# The week's page offers the best candidates that are left; all of them have a page of their own.
_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Mail:
    """What could be read and rendered, or the sentence why not. `seen` is the mail's digest."""

    look: view.View | None = None
    subject: str = ""
    preheader: str = ""
    seen: str = ""
    problem: str = ""
    weights: Mapping[str, int] | None = None
    size: int = 0


@router.api_route("/{week}", methods=LOOK)
def show(request: Request, desk: Desk, editor: SignedIn, week: OfWeek) -> Response:
    mail = mail_of(desk, week)
    where = view.where(mail.look.issue if mail.look else None)
    found = shelf.rows(desk, week)
    left = [row for row in found if row.relevant and row.placed(where) is None]
    return desk_page(
        request,
        "issue.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        mail=mail,
        look=mail.look,
        spot=view.spot,
        cures=cures.cures,
        current=edits.current,
        evidences=[one.value for one in Evidence],
        sections=list(Section),
        may_approve=desk.may_approve(editor.address),
        offered=left[:_OFFERED],
        left=len(left),
        on_topic=sum(row.relevant for row in found),
        off_topic=sum(not row.relevant for row in found),
        zone=desk.shop.zone,
        tab="issue",
    )


def mail_of(desk: DeskServices, week: Week) -> Mail:
    """Read, render and check what lies there."""
    try:
        text = desk.shop.papers.words(week)
        if text is None:
            return Mail()
        read = keeping.reading(desk, week, text)
    except NewsletterError as error:
        return Mail(problem=str(error))
    look = view.of(read.issue, text, read.findings)
    return Mail(
        look,
        read.mail.subject,
        read.mail.preheader,
        read.mail.digest,
        weights=read.weights,
        size=len(read.mail.html.encode()),
    )


def placed_rows(rows: list[Row], where: Mapping[str, Placed]) -> list[tuple[Row, Placed | None]]:
    return [(row, row.placed(where)) for row in rows]
