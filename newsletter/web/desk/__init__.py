"""The desk: where editors look at the week, change its words and approve it.

A `Workshop` comes in (with who may enter and the secret that signs forms), pages go out, and
what editors decide goes into `issue.toml` and the store. It works without scripts. A GET
changes nothing; a POST comes from a page of ours, by somebody who is signed in.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from newsletter.web.desk import (
    adding,
    after,
    approval,
    candidates,
    curing,
    deciding,
    door,
    entry,
    issue,
    looking,
    past,
    preview,
    sharing,
    weeks,
    words,
)
from newsletter.web.desk.entry import enter_url
from newsletter.web.desk.services import DeskServices, Fetching, bring
from newsletter.web.public import LOOK

__all__ = ["DeskServices", "Fetching", "enter_url", "router"]

# Forms of the desk may carry an introduction and blurbs of some length.
_MOST_BYTES = 256 * 1024


# What has a fixed name comes before what is named by a week.
_PARTS = (
    *(entry, weeks, sharing, after, looking),
    *(candidates, past, approval, preview, adding, curing, deciding, words, issue),
)


def router(desk: DeskServices) -> APIRouter:
    """Give the routes below `/desk`."""
    whole = APIRouter(
        prefix="/desk",
        include_in_schema=False,
        max_body_size=_MOST_BYTES,
        dependencies=[Depends(bring(desk)), Depends(door.from_our_pages)],
    )
    for part in _PARTS:
        whole.include_router(part.router)
    whole.add_api_route("", _front, methods=LOOK)
    return whole


async def _front() -> Response:
    return RedirectResponse("/desk/", 308)
