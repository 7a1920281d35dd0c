"""The page on which an issue is approved: what changed, what was found, what may stand and why."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.model import Level, Week
from newsletter.pipeline import wording
from newsletter.store import edits, issues
from newsletter.web.desk import issue, keeping, past, standing, view, weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.past import Line
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)


@router.api_route("/{week}/approval", methods=LOOK)
def show(request: Request, desk: Desk, editor: SignedIn, week: OfWeek) -> Response:
    mail = issue.mail_of(desk, week)
    with desk.shop.db.read() as connection:
        before = issues.newest_approval(connection, week)
    since = None
    if before and mail.look:
        now = view_text(desk, week)
        since = past.lines(before.rendered.text, now) if now != before.rendered.text else []
    return desk_page(
        request,
        "approval.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week),
        mail=mail,
        look=mail.look,
        before=before,
        since_approval=since,
        since_draft=_since_draft(desk, week),
        waivers=mail.look.issue.waivers if mail.look else (),
        errors=[one for one in mail.look.findings if one.level is Level.ERROR] if mail.look else [],
        may_approve=desk.may_approve(editor.address),
        approvers=desk.shop.approvers,
        last=wording.last_editor(desk.shop, week),
        outside=wording.OUTSIDE,
        spot=view.spot,
        zone=desk.shop.zone,
        tab="approval",
    )


def view_text(desk: DeskServices, week: Week) -> str:
    """The text part as it would be mailed now; "" if there is none."""
    text = desk.shop.papers.words(week)
    return "" if text is None else keeping.reading(desk, week, text).mail.text


def _since_draft(desk: DeskServices, week: Week) -> list[Line] | None:
    """What editors made of the first draft; None if that is not known."""
    text = desk.shop.papers.words(week)
    with desk.shop.db.read() as connection:
        found = edits.history(connection, week, most=100_000)
        first = next((one for one in reversed(found) if one.by == wording.MACHINE), None)
        drafted = edits.text(connection, week, first.id) if first else None
    return past.lines(drafted, text) if drafted is not None and text is not None else None
