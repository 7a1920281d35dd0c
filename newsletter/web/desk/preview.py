"""The real mail, shut into a frame, as different readers meet it; and its parts to be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from newsletter import render
from newsletter.compose.preflight import overlay, support
from newsletter.deliver import plan as planning
from newsletter.errors import NotFound
from newsletter.model import Message, Rendered, Section, Week
from newsletter.pipeline import editing
from newsletter.web.desk import keeping, standing, weeks
from newsletter.web.desk.door import DeskRoute, SignedIn
from newsletter.web.desk.pages import desk_page
from newsletter.web.desk.services import Desk, DeskServices, OfWeek
from newsletter.web.pages import PRIVATE
from newsletter.web.public import LOOK

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

WIDTHS = {375: "Phone", 768: "Tablet", 1000: "Desktop"}
NARROWEST, WIDEST = 240, 1600
THEMES = {"light": "Light", "dark": "Dark"}
PARTS = {"html": "Mail", "text": "Text part", "source": "Source", "headers": "Headers"}
WITHOUT = {"": "As it is", "images": "Images off", "styles": "Styles off"}

# The mail in the frame may do nothing but look like a mail.
FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)", re.IGNORECASE)
_SCHEMES = re.compile(r"light dark(?=[\";}])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One way to look at a mail. What is unknown falls back to the usual."""

    width: int = 768
    theme: str = "light"
    part: str = "html"
    without: str = ""
    mask: int = 7
    client: str = ""

    @classmethod
    def of(cls, request: Request, usual: int = 768) -> Chosen:
        asked = request.query_params
        width = _number(asked.get("width", ""), usual)
        mask = _number(asked.get("mask", ""), 7)

        def one_of(name: str, known: Any) -> str:
            given = asked.get(name, "")
            return given if given in known else next(iter(known))

        return cls(
            max(NARROWEST, min(width, WIDEST)),
            one_of("theme", THEMES),
            one_of("part", PARTS),
            one_of("without", WITHOUT),
            mask if 1 <= mask <= 7 else 7,
            one_of("client", ("", *support.CLIENTS)),
        )

    def query(self, **other: object) -> str:
        values = {name: getattr(self, name) for name in self.__slots__} | other
        usual = Chosen()
        return urlencode({k: v for k, v in values.items() if v != getattr(usual, k, None)})


@router.api_route("/{week}/preview", methods=LOOK)
def preview(request: Request, desk: Desk, editor: SignedIn, week: OfWeek) -> Response:
    """Show the render as one subscriber gets it."""
    return look_at(request, desk, week, f"/desk/{week}", editor=editor)


def look_at(
    request: Request, desk: DeskServices, week: Week, root: str, *, editor: object
) -> Response:
    """Fill in the page around the frame; `root` is what its own addresses begin with."""
    chosen = Chosen.of(request)
    read = _read(desk, week)
    mail = sample(desk, week, chosen.mask)
    gaps = keeping.keep(
        desk,
        ("gaps", week, chosen.mask),
        read.text,
        lambda: support.gaps(overlay.tree(mail.html)),
    )
    picks = [(place, pick) for place, _, pick in read.issue.picks()]
    return desk_page(
        request,
        "preview.html",
        editor=editor,
        week=week,
        days=weeks.days(week),
        stands=standing.of(desk, week) if editor else None,
        root=root,
        mail=mail,
        chosen=chosen,
        widths=WIDTHS,
        themes=THEMES,
        parts=PARTS,
        without=WITHOUT,
        variants=_variants(read.issue.mask),
        clients=list(support.CLIENTS),
        gaps=gaps,
        lines=headers(desk, week, mail) if chosen.part == "headers" else (),
        kilobytes=round(len(mail.html.encode()) / 1000),
        meters=[(place, pick.headline, read.weights.get(pick.url, 0)) for place, pick in picks],
        heaviest=max(read.weights.values(), default=1),
        tab="preview",
    )


@router.api_route("/{week}/mail.html", methods=LOOK)
def framed(request: Request, desk: Desk, week: OfWeek, _editor: SignedIn) -> Response:
    return in_frame(request, desk, week)


def in_frame(request: Request, desk: DeskServices, week: Week) -> Response:
    """The mail's HTML, without scripts, forms or an origin of its own."""
    chosen = Chosen.of(request)
    html = sample(desk, week, chosen.mask).html
    if chosen.client:
        gaps = support.gaps(overlay.tree(html))[chosen.client]
        html = overlay.marked(html, chosen.client, [gap.slug for gap in gaps if gap.critical])
    if chosen.without == "images":
        html = render.without_images(html)
    if chosen.without == "styles":
        html = overlay.plain(html)
    html = render.in_the_dark(html) if chosen.theme == "dark" else in_the_light(html)
    policy = {"Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(html, headers=PRIVATE | policy)


def in_the_light(html: str) -> str:
    """Show the light colours whatever the browser prefers."""
    return _SCHEMES.sub("light", _DARK.sub("@media not all", html))


def sample(desk: DeskServices, week: Week, mask: int = 7) -> Rendered:
    """The mail as one subscriber gets it who wants the sections of `mask`."""
    read = _read(desk, week)
    if mask & read.issue.mask == read.issue.mask:
        mail = read.mail
    else:
        mail = keeping.keep(
            desk,
            ("variant", week, mask),
            read.text,
            lambda: editing.rendered(desk.shop, read.issue.only(mask)),
        )
    return render.sample(mail, desk.shop.masthead)


def headers(desk: DeskServices, week: Week, mail: Rendered) -> list[tuple[str, str]]:
    """The headers that we give the mail; the provider adds its own to them."""
    masthead = desk.shop.masthead
    leave = planning.leave_headers(masthead.link("leave/sample"), planning.answers_to(masthead))
    message = Message("reader@example.org", mail.subject, mail.text, mail.html, str(week))
    return [
        ("From", masthead.sender or "(NEWSLETTER_FROM is not set)"),
        ("Reply-To", masthead.reply_to or masthead.sender),
        ("To", message.to),
        ("Subject", mail.subject),
        *leave.items(),
        ("Content-Type", "multipart/alternative; text/plain, text/html"),
    ]


def _variants(mask: int) -> list[tuple[int, str]]:
    """The choices of sections that get a mail of their own."""
    found = []
    for one in range(7, 0, -1):
        if one & mask != one and one != 7:
            continue
        names = [section.title for section in Section if section.bit & one]
        found.append((one, "All sections" if one == 7 else " and ".join(names)))
    return found


def _read(desk: DeskServices, week: Week) -> keeping.Reading:
    text = desk.shop.papers.words(week)
    if text is None:
        raise NotFound(f"{week} has no draft yet, so there is nothing to look at.")
    return keeping.reading(desk, week, text)


def _number(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else usual
