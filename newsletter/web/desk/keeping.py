"""What pages need and what takes long to work out, kept until what it was made of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select

from newsletter.compose.preflight import overlay
from newsletter.model import Approval, Finding, Issue, Rendered, Week
from newsletter.pipeline import approving, editing
from newsletter.store.schema import links
from newsletter.web.desk import view
from newsletter.web.desk.services import DeskServices

T = TypeVar("T")

_MOST = 48
# Findings speak of what links answered and what was retracted, which may be told anew.
_FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text of `issue.toml`, read, rendered and checked; `weights` are bytes by address."""

    text: str
    issue: Issue
    mail: Rendered
    findings: list[Finding]
    weights: dict[str, int]

    @property
    def made_of(self) -> str:
        return view.made_of(self.text)


def reading(desk: DeskServices, week: Week, text: str) -> Reading:
    """Read, render and check a text; raise `BadValue` with line and key if it cannot be read."""
    now = desk.shop.clock()
    with desk.shop.db.read() as connection:
        looked = connection.scalar(select(func.max(links.c.checked_at)))
    stamp = (looked, int(now.timestamp() // _FRESH.total_seconds()))
    return keep(desk, ("reading", week, text), stamp, lambda: _reading(desk, week, text))


def _reading(desk: DeskServices, week: Week, text: str) -> Reading:
    issue = view.read(text, week)
    mail = editing.rendered(desk.shop, issue)
    found = editing.findings(desk.shop, issue, mail)
    weights = overlay.weights(mail.html, [pick.url for _, _, pick in issue.picks()])
    return Reading(text, issue, mail, found, weights)


def changes(desk: DeskServices, approval: Approval) -> tuple[str, ...]:
    """What is no longer as it was approved; all variants are rendered for that."""
    papers, week = desk.shop.papers, approval.week
    made_of = (papers.words(week), papers.approved(week))
    return keep(
        desk,
        ("changes", week),
        (approval.id, made_of),
        lambda: tuple(approving.changes(desk.shop, approval)),
    )


def keep(desk: DeskServices, name: Any, stamp: Any, make: Callable[[], T]) -> T:
    """Give what was made under this name for this stamp, or make it now."""
    known = desk.kept.get(name)
    if known is not None and known[0] == stamp:
        found: T = known[1]
        return found
    made = make()
    while len(desk.kept) >= _MOST:
        desk.kept.pop(next(iter(desk.kept)), None)
    desk.kept[name] = (stamp, made)
    return made
