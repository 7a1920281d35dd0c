"""One click mends what preflight found: waived with a reason, untracked, shortened."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.compose import cures, file, preflight
from newsletter.errors import BadValue
from newsletter.model import Finding, Issue, Waiver
from newsletter.web.desk import keeping, view, words
from newsletter.web.desk.answers import done
from newsletter.web.desk.door import DeskRoute, Form, SignedIn
from newsletter.web.desk.services import Desk, OfWeek

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_SAID = {"waive": "waived", "clean": "cleaned", "shorten": "shortened"}
_DID = {"waive": "Waived", "clean": "Took tracking off", "shorten": "Shortened"}


@router.post("/{week}/cure")
def cure(request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Cure one finding, if it is still there."""
    act = form.get("act", "")
    text = words.words_of(desk, week)
    found = next(
        (
            one
            for one in keeping.reading(desk, week, text).findings
            if (one.check, one.place, one.text)
            == (form.get("check"), form.get("place"), form.get("finding"))
        ),
        None,
    )
    if found is None or act not in cures.cures(found):
        raise BadValue("This finding is not there any more. Open the issue again.")
    reason = " ".join(form.get("reason", "").split())
    if act == "waive" and not reason:
        raise BadValue("Say why it may stand: whoever approves reads your reason.")

    def change(text: str, issue: Issue, _form: Mapping[str, str]) -> str:
        if act == "waive":
            place = preflight.place_to_waive(issue, found)
            return file.waive(text, Waiver(found.check, place, reason, editor.address))
        return _mended(text, issue, found, act)

    form_now = {**form, "made_of": view.made_of(text)}
    what = f"{_DID[act]}: {found.check} at {found.place}"
    words.write(desk, week, form_now, change, editor, what)
    return done(request, desk, week, _SAID[act], view.spot(found.place)[1] or "checks")


def _mended(text: str, issue: Issue, found: Finding, act: str) -> str:
    place, _, key = found.place.rpartition(".")
    placed = view.places(issue).get(place)
    holder = placed.pick if placed else issue
    if act == "shorten":
        short = cures.shortened(key or found.place, str(getattr(holder, key or found.place)))
        return file.set_value(text, place, key or found.place, short)
    if key == "also" and placed:
        rows = [
            {"source": also.source, "url": cures.untracked(also.url)} for also in placed.pick.also
        ]
        return file.set_value(text, place, key, rows)
    name = key or found.place
    cleaned = cures.untracked(str(getattr(holder, name)))
    if placed and name == "url" and issue.lead == placed.pick.url:
        text = file.set_value(text, "", "lead", cleaned)
    return file.set_value(text, place, name, cleaned)
