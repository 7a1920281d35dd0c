"""The front page, and the door: joining by its form, by a form elsewhere, or by a script."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from newsletter.errors import BadValue
from newsletter.model import Email
from newsletter.signup import Ask, Joined, Joins
from newsletter.store import attempts
from newsletter.subscribers.challenges import LATEST, Challenges
from newsletter.web.forms import Fields, posted
from newsletter.web.guard import SCRIPTED
from newsletter.web.links import visit
from newsletter.web.pages import LOOK, page
from newsletter.web.problems import problem, wants_json
from newsletter.web.services import Here, Services, services

router = APIRouter(include_in_schema=False)

# Readers do not see this field; what fills in every field is no reader.
HONEYPOT = "website"
TOKEN, WORK = "form_token", "altcha"
_LATEST = 3

JOIN_WORDS = "Send me {title} once a week. I can leave at any time with one click."
_STALE = "This form was open for too long, or was not ours. Please send it once more."
_NO_WORK = "Your browser has not done the little sum that keeps robots out. Please try once more."


@router.api_route("/", methods=LOOK)
def home(request: Request, here: Here) -> Response:
    return _home(request, here)


@router.api_route("/embed", methods=LOOK)
def embed(request: Request, here: Here) -> Response:
    """The form for other sites, to be copied."""
    return page(
        request,
        "embed.html",
        plain=not (here.asking.form_token or _works(here)),
        honeypot=HONEYPOT,
        words=here.words(JOIN_WORDS),
    )


@router.api_route("/subscribe/form", methods=LOOK)
def form(request: Request, here: Here) -> Response:
    """What a script has to send along with an address."""
    challenges = _challenges(request)
    now, most = here.clock(), here.asking.work
    found: dict[str, object] = {TOKEN: challenges.form_token(now)}
    if most:
        number, salt = secrets.randbelow(most + 1), secrets.token_hex(12)
        found["challenge"] = challenges.challenge(now, most, number, salt)
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@router.post("/subscribe")
async def subscribe(request: Request) -> Response:
    """Answer a known and an unknown address alike: look into your mail.

    What it needs it asks for itself: declared, that takes a third of the time of a request.
    """
    here, fields = services(request), await posted(request)
    email = fields.get("email", "")
    try:
        outcome = await _join(request, here, email, fields)
    except BadValue as error:
        if wants_json(request):
            raise
        return await run_in_threadpool(
            _home, request, here, status=422, email=email, problem=str(error)
        )
    if outcome is Joined.BUSY:
        wait = str(int(here.limits.within.total_seconds()))
        return problem(request, 429, headers={"Retry-After": wait})
    if wants_json(request):
        return JSONResponse({"status": "check your mail to confirm"}, 202)
    return page(request, "check-your-mail.html", private=True)


async def _join(request: Request, here: Services, email: str, fields: Fields) -> Joined:
    if not email.strip():
        raise BadValue("Please enter your mail address.")
    if fields.get(HONEYPOT):
        return Joined.QUIET
    parsed = Email.parse(email)
    if here.asking.form_token:
        _check_token(request, here, fields)
    if _works(here):
        await run_in_threadpool(_check_work, request, here, fields.get(WORK, ""))
    if reason := await run_in_threadpool(here.asking.refuses, parsed) if _asks(here) else "":
        raise BadValue(reason)
    seen = visit(request, here, "sign-up form", here.words(JOIN_WORDS))
    joins: Joins = request.app.state.joins
    return await joins.ask(Ask(parsed, seen, fields.get("name", "")))


def _check_token(request: Request, here: Services, fields: Fields) -> None:
    if not _challenges(request).is_form_token(fields.get(TOKEN, ""), here.clock()):
        raise BadValue(_STALE)


def _check_work(request: Request, here: Services, payload: str) -> None:
    """Raise `BadValue` for work that was not done, or that was handed in before."""
    now = here.clock()
    solved = _challenges(request).solved(payload, now)
    if solved is None:
        raise BadValue(_NO_WORK)
    with here.db.write() as connection:
        if attempts.count(connection, f"work {solved}", now, LATEST) > 1:
            raise BadValue(_NO_WORK)


def _works(here: Services) -> bool:
    return here.asking.work > 0


def _asks(here: Services) -> bool:
    return here.asking.refuses is not type(here.asking)().refuses


def _challenges(request: Request) -> Challenges:
    found: Challenges = request.app.state.challenges
    return found


def _home(
    request: Request, here: Services, status: int = 200, email: str = "", problem: str = ""
) -> Response:
    token = _challenges(request).form_token(here.clock()) if here.asking.form_token else ""
    return page(
        request,
        "home.html",
        status=status,
        private=status != 200,
        headers={"Content-Security-Policy": SCRIPTED} if _works(here) else None,
        latest=here.sent()[:_LATEST],
        honeypot=HONEYPOT,
        token=token,
        works=_works(here),
        words=here.words(JOIN_WORDS),
        email=email,
        problem=problem,
    )
