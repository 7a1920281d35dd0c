"""What the web is given: one value, and how an endpoint asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Annotated

from fastapi import Depends, Request

from newsletter.model import Email, Masthead, Week
from newsletter.render.templates import Templates
from newsletter.signup import Limits, Spool
from newsletter.store import Database
from newsletter.store.corrections import Correction
from newsletter.subscribers.tokens import Tokens


@dataclass(frozen=True, slots=True)
class SentIssue:
    """One issue as the archive lists it; `changed_at` is when it was last corrected."""

    week: Week
    subject: str
    preheader: str
    sent_at: datetime
    changed_at: datetime | None = None


def origin_of(request: Request) -> str:
    """The address that the connection comes from; behind a proxy the server has to be told."""
    return request.client.host if request.client else ""


def _nothing(_email: Email) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Asking:
    """What the form asks of those who use it, besides an address.

    `refuses` says why an address may not join, or nothing; it may ask the network. `sites` are
    the origins whose scripts may post the form, `work` the numbers that a browser tries.
    """

    form_token: bool = False
    work: int = 0
    sites: tuple[str, ...] = ()
    refuses: Callable[[Email], str] = _nothing


@dataclass(frozen=True, slots=True)
class Services:
    """All that the pages stand on.

    `sent` gives the sent issues, newest first; `page` the archived HTML of one, if it was
    sent. `hash_keys` key the hashes of erased addresses, the first one writes. Leaves wait in
    `spool` while the database takes no writes.
    """

    db: Database
    tokens: Tokens
    masthead: Masthead
    templates: Templates
    clock: Callable[[], datetime]
    hash_keys: Sequence[bytes]
    sent: Callable[[], Sequence[SentIssue]]
    page: Callable[[Week], str | None]
    corrections: Callable[[Week], Sequence[Correction]] = lambda _week: ()
    limits: Limits = field(default_factory=Limits)
    asking: Asking = field(default_factory=Asking)
    spool: Spool | None = None
    zone: tzinfo = UTC
    hsts: bool = False
    origin: Callable[[Request], str] = origin_of

    def words(self, words: str) -> str:
        """Fill in the newsletter's name."""
        return words.format(title=self.masthead.title)

    def day(self, moment: datetime) -> str:
        """`18 November 2026`, as people in the newsletter's time zone see it."""
        there = moment.astimezone(self.zone)
        return f"{there.day} {there:%B} {there.year}"


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def _here(request: Request) -> Services:
    # Not `services` itself: FastAPI would run what is not async in another thread.
    return services(request)


Here = Annotated[Services, Depends(_here)]
