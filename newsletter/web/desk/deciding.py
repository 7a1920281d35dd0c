"""Drafting again, and approving exactly what the editor has seen."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from newsletter.errors import Refused
from newsletter.model import Email
from newsletter.pipeline import approving, editing
from newsletter.pipeline.editing import Drafted
from newsletter.web.desk import standing
from newsletter.web.desk.door import DeskRoute, Form, SignedIn
from newsletter.web.desk.services import Desk, OfWeek

router = APIRouter(route_class=DeskRoute, include_in_schema=False)


@router.post("/{week}/draft")
def draft(desk: Desk, week: OfWeek, editor: SignedIn, _form: Form) -> Response:
    """Draft the week, or add what is new to its spare stories."""
    with desk.writing:
        standing.still_open(desk.shop, week)
        done = editing.draft(desk.shop, week, by=editor.address)
    return RedirectResponse(f"/desk/{week}?said={_said(done)}", 303)


@router.post("/{week}/approve")
def approve(desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Approve the issue as the signed-in editor, if it still is what their page showed."""
    with desk.writing:
        standing.still_open(desk.shop, week)
        now = editing.rendered(desk.shop, editing.load(desk.shop, week))
        if now.digest != form.get("seen"):
            raise Refused(
                f"{week} changed since you opened the page, so nothing was approved. "
                "Look at it again, then approve."
            )
        done = approving.approve(desk.shop, week, Email.parse(editor.address), editors=desk.editors)
    return RedirectResponse(
        f"/desk/{week}/approval?said=approved{'' if done.new else '-before'}", 303
    )


def _said(done: Drafted) -> str:
    if done.path is None:
        return "thin"
    if done.created:
        return "drafted"
    return "extended" if done.added else "nothing-new"
