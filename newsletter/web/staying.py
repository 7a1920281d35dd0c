"""The page of a reader whom nothing reached for long and who was asked whether they stay."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from newsletter.model import State
from newsletter.signup import sunset
from newsletter.subscribers.tokens import Purpose
from newsletter.web.links import who
from newsletter.web.pages import LOOK, page
from newsletter.web.services import Here

router = APIRouter(include_in_schema=False)


@router.api_route("/stay/{token}", methods=LOOK)
def stay_page(request: Request, here: Here, token: str) -> Response:
    """Ask; looking changes nothing, since mail scanners follow every link."""
    who(here, Purpose.STAY, token)
    return page(request, "stay.html", private=True, token=token)


@router.post("/stay/{token}")
def stay(request: Request, here: Here, token: str) -> Response:
    state = sunset.stay(here.db, who(here, Purpose.STAY, token), here.clock())
    return page(request, "stayed.html", private=True, active=state is State.ACTIVE)
