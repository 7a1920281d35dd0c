"""What anybody and any machine may read: sent issues, their feed, files, and how we are."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from newsletter.deliver.machines import CANARY
from newsletter.errors import BadValue, NewsletterError, NotFound
from newsletter.model import Week
from newsletter.store.database import HEAD
from newsletter.web import feed
from newsletter.web.pages import LOOK, page
from newsletter.web.services import Here

router = APIRouter(include_in_schema=False)

# An archived issue is a mail: its styles stand in it and its pictures anywhere. It has no
# scripts, frames or forms.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PUBLIC = {"Cache-Control": "public, max-age=300"}
_NOTE = "correction-note.html"
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_FILE = re.compile(r"[a-z0-9][a-z0-9-]*\.(?P<kind>css|js|svg|png|ico|txt)")
_KINDS = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "txt": "text/plain",
}


@router.api_route("/issues", methods=LOOK)
def issues(request: Request, here: Here) -> Response:
    return page(request, "issues.html", issues=here.sent(), headers=_PUBLIC)


@router.api_route("/issues/{week}", methods=LOOK)
def issue(request: Request, here: Here, week: str) -> Response:
    """An issue as it was approved, with what was corrected above it; or one correction."""
    try:
        wanted = Week.parse(week, corrections=True)
    except BadValue as error:
        raise NotFound(str(error)) from None
    html, found = here.page(wanted.issue), here.corrections(wanted)
    if html is None:
        raise NotFound(f"There is no sent issue {week}. All issues are listed in the archive.")
    if wanted.correction:
        one = next((one for one in found if one.week == wanted), None)
        if one is None:
            raise NotFound(f"There is no correction {week} of {wanted.issue}.")
        return page(request, "correction.html", correction=one, headers=_PUBLIC)
    if found:
        note = here.templates.render(f"web/{_NOTE}", corrections=found, day=here.day)
        html = _above(html, note)
    return HTMLResponse(html, headers=_PUBLIC | {"Content-Security-Policy": _MAIL_POLICY})


def _above(html: str, note: str) -> str:
    """Put a note first into a page's body; the page itself stays as it is."""
    body = _BODY.search(html)
    return html[: body.end()] + note + html[body.end() :] if body else note + html


@router.api_route("/feed.xml", methods=LOOK)
def atom(here: Here) -> Response:
    return Response(
        feed.atom(here.masthead, here.sent()), media_type="application/atom+xml", headers=_PUBLIC
    )


@router.api_route("/sitemap.xml", methods=LOOK)
def sitemap(here: Here) -> Response:
    written = feed.sitemap(here.masthead, here.sent())
    return Response(written, media_type="application/xml", headers=_PUBLIC)


@router.api_route("/robots.txt", methods=LOOK)
def robots(here: Here) -> Response:
    """What crawlers may read (RFC 9309): the archive; everything else belongs to one person."""
    return Response(
        feed.robots(here.masthead), media_type="text/plain; charset=utf-8", headers=_PUBLIC
    )


@router.api_route(f"/{CANARY}", methods=LOOK)
def for_machines(request: Request) -> Response:
    """Where the hidden link of a mail leads, which programs follow and no reader sees."""
    return page(request, "for-machines.html", private=True)


@router.api_route("/static/{name}", methods=LOOK)
def file(here: Here, name: str) -> Response:
    """A file of `templates/web/static`, the newsletter's own before the packaged one."""
    if match := _FILE.fullmatch(name):
        for folder in here.templates.folders:
            path = folder / "web" / "static" / name
            if path.is_file():
                return FileResponse(path, media_type=_KINDS[match["kind"]], headers=_PUBLIC)
    raise NotFound("There is no such file.")


@router.api_route("/healthz", methods=LOOK)
def healthy() -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.api_route("/readyz", methods=LOOK)
def ready(here: Here) -> Response:
    """The process can do its work: the database answers and has the tables it should."""
    try:
        fine = here.db.revision() == HEAD
    except NewsletterError:
        fine = False
    words = "ready" if fine else "the database is not ready"
    return JSONResponse(
        {"status": words}, 200 if fine else 503, headers={"Cache-Control": "no-store"}
    )
