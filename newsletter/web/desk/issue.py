"""One week on the desk: the mail, its picks, what the checks say, and what else there was."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.errors import NewsletterError
from newsletter.model import Week
from newsletter.pipeline import editing
from newsletter.pipeline.shop import Workshop
from newsletter.web.desk import shelf, standing, view, weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

# What the page says after a form brought the editor back to it.
SAID = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was written.",
    "dropped": "Dropped. The story waits among the spare ones.",
    "taken": "Taken in.",
    "leads": "The mail opens with it now.",
    "approved": "Approved. It can be sent exactly as it stands.",
    "approved-before": "You had approved exactly this before.",
    "drafted": "Drafted.",
    "extended": "New stories were added to the spare ones; your words are untouched.",
    "nothing-new": "Nothing is new since the last draft.",
    "thin": "There are too few stories on topic for an issue yet.",
}


@dataclass(frozen=True, slots=True)
class _Mail:
    """What could be read and rendered, or the sentence why not. `seen` is the mail's digest."""

    look: view.View | None = None
    subject: str = ""
    preheader: str = ""
    seen: str = ""
    problem: str = ""


@router.api_route("/{week}", methods=LOOK)
def show(request: Request, desk: Desk, editor: SignedIn, week: OfWeek, said: str = "") -> Response:
    mail = _mail(desk.shop, week)
    where = view.where(mail.look.issue if mail.look else None)
    found = [(row, row.placed(where)) for row in shelf.rows(desk, week)]
    return desk_page(
        request,
        "issue.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        said=SAID.get(said, ""),
        stands=standing.of(desk.shop, week),
        mail=mail,
        look=mail.look,
        spot=view.spot,
        on_topic=[one for one in found if one[0].relevant],
        off_topic=[one for one in found if not one[0].relevant],
        zone=desk.shop.zone,
    )


def _mail(shop: Workshop, week: Week) -> _Mail:
    try:
        text = shop.papers.words(week)
        if text is None:
            return _Mail()
        issue = view.read(text, week)
        rendered = editing.rendered(shop, issue)
        found = editing.findings(shop, issue, rendered)
    except NewsletterError as error:
        return _Mail(problem=str(error))
    look = view.of(issue, text, found)
    return _Mail(look, rendered.subject, rendered.preheader, rendered.digest)
