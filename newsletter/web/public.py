"""Readers' pages behind a link: confirming, leaving, coming back.

A GET shows, a POST acts, because scanners follow every link in a mail. Nothing needs a
script, a cookie or a login: a signed token is the right to act for one subscriber.
"""

from __future__ import annotations

import hashlib

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from newsletter import signup
from newsletter.errors import BadValue, NewsletterError, NotFound
from newsletter.model import State
from newsletter.signup import MAY_RETURN, Ask, Confirmed, Joined
from newsletter.store import attempts, reasons
from newsletter.subscribers.tokens import Expired, Purpose
from newsletter.web.forms import Posted
from newsletter.web.links import sign, visit, who
from newsletter.web.pages import LOOK, page
from newsletter.web.problems import problem
from newsletter.web.services import Here, Services

__all__ = ["LOOK", "router"]

router = APIRouter(include_in_schema=False)

CONFIRM_WORDS = "Yes, send me {title}"
LEAVE_WORDS = "Leave {title}"
AGAIN_WORDS = "Mail me a new link"
BACK_WORDS = "It was a mistake, keep me on the list"

# Seconds until a leave that the database does not take is noted on the disk. Those that hang
# keep a few threads of their own busy, and no other page waits for them.
_PATIENCE = 3
_LEAVERS = CapacityLimiter(8)

# Why readers leave: how it is counted, and what they read.
REASONS = {
    "too-often": "It came too often",
    "too-long": "It was too long",
    "not-for-me": "It was not about what I need",
    "never-asked": "I never asked for it",
    "other": "Something else",
}


@router.api_route("/confirm/{token}", methods=LOOK)
def confirm_page(request: Request, here: Here, token: str) -> Response:
    try:
        number = who(here, Purpose.CONFIRM, token)
    except Expired as expired:
        return _expired(request, here, token, expired)
    person = signup.look(here.db, number)
    if person is None:
        raise NotFound("This sign-up is no longer known here. Please sign up again.")
    if person.state is not State.PENDING:
        return _confirmed(request, here, Confirmed(person, person.state, already=True))
    words = here.words(CONFIRM_WORDS)
    return page(request, "confirm.html", private=True, person=person, token=token, words=words)


@router.post("/confirm/{token}")
def confirm(request: Request, here: Here, token: str) -> Response:
    try:
        number = who(here, Purpose.CONFIRM, token)
    except Expired as expired:
        return _expired(request, here, token, expired)
    seen = visit(request, here, "confirm page", here.words(CONFIRM_WORDS))
    welcome = _latest(here)
    return _confirmed(request, here, signup.confirm(here.db, number, seen, here.clock(), welcome))


@router.post("/confirm/{token}/again")
async def confirm_again(request: Request, here: Here, token: str) -> Response:
    """Mail a new link to whoever has an old one, under the same limits as joining."""
    try:
        number = who(here, Purpose.CONFIRM, token)
    except Expired as expired:
        number = expired.number
    person = await run_in_threadpool(signup.look, here.db, number)
    if person is None:
        raise NotFound("This sign-up is no longer known here. Please sign up again.")
    seen = visit(request, here, "page of an expired link", AGAIN_WORDS)
    joins: signup.Joins = request.app.state.joins
    if await joins.ask(Ask(person.email, seen)) is Joined.BUSY:
        wait = str(int(here.limits.within.total_seconds()))
        return problem(request, 429, headers={"Retry-After": wait})
    return page(request, "check-your-mail.html", private=True)


@router.api_route("/leave/{token}", methods=LOOK)
def leave_page(request: Request, here: Here, token: str) -> Response:
    number = who(here, Purpose.LEAVE, token)
    return page(
        request,
        "leave.html",
        private=True,
        person=signup.look(here.db, number),
        token=token,
        words=here.words(LEAVE_WORDS),
        preferences=sign(here, Purpose.PREFERENCES, number),
    )


@router.post("/leave/{token}")
async def leave(request: Request, here: Here, token: str) -> Response:
    """Take a reader off the list, by the button or by their mail program (RFC 8058).

    The body says nothing that the token does not say, so none is read: every form of it works.
    """
    number = who(here, Purpose.LEAVE, token)
    seen = visit(request, here, "leave page", here.words(LEAVE_WORDS))
    undo = await _take_off(here, number, seen)
    return await run_in_threadpool(_left, request, sign(here, Purpose.UNDO, number) if undo else "")


@router.post("/leave/{token}/reason")
def reason(request: Request, here: Here, token: str, fields: Posted) -> Response:
    """Count why a reader left; the link is the one to come back, which only they were shown."""
    who(here, Purpose.UNDO, token)
    said = fields.get("reason", "")
    if said not in REASONS:
        raise BadValue("Choose one of the reasons on the page. You have left either way.")
    with here.db.write() as connection:
        # Once a link: a reload counts nothing twice.
        link = f"reason {hashlib.sha256(token.encode()).hexdigest()}"
        if attempts.count(connection, link, here.clock(), MAY_RETURN) == 1:
            reasons.add(connection, said, here.clock())
    return _left(request, token, thanks=True)


@router.post("/leave/{token}/undo")
def come_back(request: Request, here: Here, token: str) -> Response:
    number = who(here, Purpose.UNDO, token)
    seen = visit(request, here, "undo on the leave page", BACK_WORDS)
    return _confirmed(request, here, signup.come_back(here.db, number, seen, here.clock()))


async def _take_off(here: Services, number: int, seen: signup.Visit) -> bool:
    """Take a reader off the list, or note it on the disk; say whether they may take it back.

    A database that takes no writes may say so at once, or only after half a minute: mail
    programs do not wait that long. Both may then happen, and are one leave.
    """
    now = here.clock()
    try:
        with fail_after(_PATIENCE):
            done = await to_thread.run_sync(
                lambda: signup.leave(here.db, number, seen, now),
                abandon_on_cancel=True,
                limiter=_LEAVERS,
            )
    except (TimeoutError, DBAPIError, NewsletterError):
        if here.spool is None:
            raise
        await run_in_threadpool(here.spool.put, number, seen, now)
        return False
    return done.undo


def _left(request: Request, undo: str, *, thanks: bool = False) -> Response:
    return page(
        request,
        "left.html",
        private=True,
        undo=undo,
        words=BACK_WORDS,
        reasons=REASONS,
        thanks=thanks,
    )


def _expired(request: Request, here: Services, token: str, expired: Expired) -> Response:
    """Offer a new link in place of one that is too old."""
    person = signup.look(here.db, expired.number)
    if person is None or person.state is not State.PENDING:
        raise expired
    return page(
        request,
        "expired.html",
        status=410,
        private=True,
        token=token,
        words=AGAIN_WORDS,
        problem=str(expired),
    )


def _latest(here: Services) -> dict[str, str]:
    """What a welcome says of the latest issue, if one was sent."""
    latest = next(iter(here.sent()), None)
    if latest is None:
        return {}
    return {
        "latest_subject": latest.subject,
        "latest_url": here.masthead.link(f"issues/{latest.week}"),
    }


def _confirmed(request: Request, here: Services, done: Confirmed) -> Response:
    return page(
        request,
        "confirmed.html" if done.state is State.ACTIVE else "not-confirmed.html",
        private=True,
        done=done,
        preferences=sign(here, Purpose.PREFERENCES, done.person.id),
    )
