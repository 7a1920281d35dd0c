"""What the desk is given: one value, and how an endpoint asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request

from newsletter.errors import BadValue, NotFound
from newsletter.gather.limits import Limits
from newsletter.model import Week
from newsletter.pipeline.shop import Workshop
from newsletter.sending.means import Means

# Weeks in which a newsletter can have been made; others would only strain the calendar.
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(frozen=True, slots=True)
class Fetching:
    """How a page that an editor names is asked for."""

    limits: Limits = field(default_factory=Limits)
    allow_private: bool = False
    user_agent: str = "Newsletter"


@dataclass(frozen=True, slots=True)
class DeskServices:
    """The workshop, who may enter, what signs forms, and whether cookies need HTTPS.

    Without `editors` nobody gets a link by mail; one printed in a terminal lets in, as then
    anybody at the terminal may approve. `means` is built when mail is first sent or taken back;
    `missing` says what the settings lack for that; `hash_keys` key what remains of the erased.
    """

    shop: Workshop
    editors: tuple[str, ...]
    secret: bytes
    secure: bool
    means: Callable[[], Means]
    missing: Callable[[], str]
    hash_keys: Sequence[bytes] = ()
    fetching: Fetching = field(default_factory=Fetching)
    silent_after: timedelta = timedelta(days=60)
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held between looking at `issue.toml` and writing it."""
    judging: threading.Lock = field(default_factory=threading.Lock)
    """Held while candidates are judged beside the pages."""
    shelf: dict[Week, Any] = field(default_factory=dict)
    """The weeks' candidates as they were last judged, see `shelf`."""
    counted: dict[Any, Any] = field(default_factory=dict)
    counting: dict[Any, threading.Thread] = field(default_factory=dict)
    counting_lock: threading.Lock = field(default_factory=threading.Lock)
    """What is counted beside the pages, see `beside`."""
    kept: dict[Any, Any] = field(default_factory=dict)
    """What took long to work out and has not changed since, see `keeping`."""

    def lets_in(self, editor: str) -> bool:
        return editor in self.editors or not self.editors

    def may_approve(self, editor: str) -> bool:
        return editor in self.shop.approvers or not self.shop.approvers


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
