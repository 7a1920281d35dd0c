"""A test mail to oneself, and a link under which others may look at the preview for a while."""

from __future__ import annotations

import secrets
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from newsletter.errors import Refused
from newsletter.model import Email, Week
from newsletter.sending import singles
from newsletter.store import attempts, shares
from newsletter.web.desk import keeping, preview, words
from newsletter.web.desk.answers import done
from newsletter.web.desk.door import DeskRoute, Form, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

LASTS = timedelta(days=7)
_TESTS_AN_HOUR = 20
_BYTES = 32


@router.post("/{week}/test")
def test(request: Request, desk: Desk, week: OfWeek, editor: SignedIn, _form: Form) -> Response:
    """Mail the issue as it stands to whoever asks, marked as a test."""
    if missing := desk.missing():
        raise Refused(missing)
    to = Email.parse(editor.address)
    with desk.shop.db.write() as connection:
        now = desk.shop.clock()
        asked = attempts.count(connection, f"desk test {to.key}", now, timedelta(hours=1))
    if asked > _TESTS_AN_HOUR:
        raise HTTPException(429, "That were many tests in an hour. Wait a little.")
    mail = keeping.reading(desk, week, words.words_of(desk, week)).mail
    singles.send_test(desk.means(), desk.shop.templates, week, mail, to)
    return done(request, desk, week, "tested", "share", "/preview")


@router.post("/{week}/share")
def share(request: Request, desk: Desk, week: OfWeek, editor: SignedIn, form: Form) -> Response:
    """Make a link to the preview, shown once; or close all of them."""
    now = desk.shop.clock()
    if form.get("act") == "end":
        with desk.shop.db.write() as connection:
            shares.end(connection, week)
        return RedirectResponse(f"/desk/{week}/preview?said=unshared#share", 303)
    words.words_of(desk, week)
    token = secrets.token_urlsafe(_BYTES)
    with desk.shop.db.write() as connection:
        shares.add(connection, week, token, by=editor.address, now=now, until=now + LASTS)
        number = shares.count(connection, week, now)
    return desk_page(
        request,
        "shared.html",
        editor=editor,
        week=week,
        link=desk.shop.masthead.link(f"desk/shared/{token}"),
        until=now + LASTS,
        number=number,
    )


@router.api_route("/shared/{token}", methods=LOOK)
def look(request: Request, desk: Desk, token: str) -> Response:
    """Show the preview to whoever has the link, and nothing else of the desk."""
    week = _week(desk, token)
    if week is None:
        return _over(request)
    return preview.look_at(request, desk, week, f"/desk/shared/{token}", editor=None)


@router.api_route("/shared/{token}/mail.html", methods=LOOK)
def framed(request: Request, desk: Desk, token: str) -> Response:
    week = _week(desk, token)
    return _over(request) if week is None else preview.in_frame(request, desk, week)


def _week(desk: DeskServices, token: str) -> Week | None:
    with desk.shop.db.read() as connection:
        return shares.week(connection, token, desk.shop.clock())


def _over(request: Request) -> Response:
    return desk_page(
        request,
        "problem.html",
        status=410,
        heading="This link has expired",
        detail="Links to a preview work for a week. Ask for a new one.",
        week="",
        stranger=True,
    )
