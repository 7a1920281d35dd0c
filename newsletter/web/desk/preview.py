"""The real mail, shut into a frame: by width, by day and by night, HTML and text."""

from __future__ import annotations

import re
from enum import StrEnum

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from newsletter import render
from newsletter.model import Rendered, Week
from newsletter.pipeline import editing
from newsletter.pipeline.shop import Workshop
from newsletter.web.desk import weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, OfWeek
from newsletter.web.guard import POLICY
from newsletter.web.pages import PRIVATE
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

WIDTHS = (375, 800)

# The page may frame what comes from here; the mail in it may do nothing but look like a mail.
_FRAMING = f"{POLICY}; frame-src 'self'"
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)", re.IGNORECASE)
_SCHEMES = re.compile(r"light dark(?=[\";}])", re.IGNORECASE)


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class Part(StrEnum):
    HTML = "html"
    TEXT = "text"


@router.api_route("/{week}/preview", methods=LOOK)
def preview(
    request: Request,
    desk: Desk,
    editor: SignedIn,
    week: OfWeek,
    width: int = WIDTHS[1],
    theme: str = Theme.LIGHT,
    part: str = Part.HTML,
) -> Response:
    """Show the render as one subscriber gets it. Unknown choices fall back to the usual ones."""
    mail = _sample(desk.shop, week)
    return desk_page(
        request,
        "preview.html",
        headers={"Content-Security-Policy": _FRAMING},
        editor=editor,
        week=week,
        days=weeks.days(week),
        mail=mail,
        width=width if width in WIDTHS else WIDTHS[1],
        widths=WIDTHS,
        theme=Theme.DARK if theme == Theme.DARK else Theme.LIGHT,
        themes=list(Theme),
        part=Part.TEXT if part == Part.TEXT else Part.HTML,
        kilobytes=round(len(mail.html.encode()) / 1000),
    )


@router.api_route("/{week}/mail.html", methods=LOOK)
def framed(desk: Desk, week: OfWeek, _editor: SignedIn, theme: str = Theme.LIGHT) -> Response:
    """The mail's HTML, without scripts, forms or an origin of its own."""
    html = _sample(desk.shop, week).html
    html = render.in_the_dark(html) if theme == Theme.DARK else in_the_light(html)
    headers = {"Content-Security-Policy": _FRAMED, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(html, headers=PRIVATE | headers)


def in_the_light(html: str) -> str:
    """Show the light colours whatever the browser prefers."""
    return _SCHEMES.sub("light", _DARK.sub("@media not all", html))


def _sample(shop: Workshop, week: Week) -> Rendered:
    return render.sample(editing.rendered(shop, editing.load(shop, week)), shop.masthead)
