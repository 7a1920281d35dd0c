"""What the desk is given: one value, and how an endpoint asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from newsletter.errors import BadValue, NotFound
from newsletter.model import Week
from newsletter.pipeline.shop import Workshop

# Weeks in which a newsletter can have been made; others would only strain the calendar.
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True)
class DeskServices:
    """The workshop, who may enter, what signs forms, and whether cookies need HTTPS.

    Without `editors` nobody gets a link by mail; one printed in a terminal lets in, as then
    anybody at the terminal may approve.
    """

    shop: Workshop
    editors: tuple[str, ...]
    secret: bytes
    secure: bool
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held between looking at `issue.toml` and writing it."""
    shelf: dict[Week, Any] = field(default_factory=dict)
    """The weeks' candidates as they were last judged, see `shelf`."""

    def lets_in(self, editor: str) -> bool:
        return editor in self.editors or not self.editors


def bring(desk: DeskServices) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """Give a dependency that hands `desk` to the endpoints of one router."""

    async def put(request: Request) -> None:
        request.state.desk = desk

    return put


async def _found(request: Request) -> DeskServices:
    desk: DeskServices = request.state.desk
    return desk


async def _week(week: str) -> Week:
    try:
        found = Week.parse(week)
    except BadValue as error:
        raise NotFound(str(error)) from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise NotFound(f"There is no issue of {week}.")
    return found


Desk = Annotated[DeskServices, Depends(_found)]
OfWeek = Annotated[Week, Depends(_week)]
