"""How a form is answered: by the page it came from, or in a few words to the page's own script."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from newsletter.model import Week
from newsletter.web.desk import view
from newsletter.web.desk.services import DeskServices

# What the page says after a form brought the editor back to it.
SAID = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was written.",
    "dropped": "Dropped. The story waits among the spare ones.",
    "taken": "Taken in.",
    "added": "Added. Look over its words: they were taken from the page.",
    "added-before": "This page is in the issue already.",
    "moved": "Moved.",
    "leads": "The mail opens with it now.",
    "settled": "Noted that you read it.",
    "waived": "Waived. Your reason stands in the file and in the approval.",
    "cleaned": "The address tracks nobody any more.",
    "shortened": "Shortened. Read it once more.",
    "undone": "Undone. The change stays in the history.",
    "approved": "Approved. It can be sent exactly as it stands.",
    "approved-before": "You had approved exactly this before.",
    "drafted": "Drafted.",
    "extended": "New stories were added to the spare ones; your words are untouched.",
    "nothing-new": "Nothing is new since the last draft.",
    "thin": "There are too few stories on topic for an issue yet.",
    "tested": "A test is on its way to you.",
    "unshared": "The links to the preview are closed.",
    "paused": "Paused. What the mail provider holds already goes at its hour.",
    "resumed": "It may go on.",
    "taken-back": "Taken back. Nobody gets it.",
    "forgotten": "Forgotten. No import brings the address back.",
    "unknown": "This address was not on the list; it is barred from imports now.",
}
SCRIPT = "x-desk"


def by_script(request: Request) -> bool:
    """Whether the page's own script sent it; no other site can set this header unasked."""
    return SCRIPT in request.headers


def done(
    request: Request, desk: DeskServices, week: Week, said: str, anchor: str, page: str = ""
) -> Response:
    """Lead back to where it happened, or tell the script what the page is made of now."""
    if by_script(request):
        text = desk.shop.papers.words(week) or ""
        return JSONResponse(
            {"said": SAID.get(said, ""), "what": said, "made_of": view.made_of(text)},
            headers={"Cache-Control": "no-store"},
        )
    return RedirectResponse(f"/desk/{week}{page}?said={said}#{anchor}", 303)
