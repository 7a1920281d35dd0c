"""How far a week has come: drafted, approved, changed since, on its way, sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.errors import NewsletterError, Refused
from newsletter.model import Approval, SendState, Week
from newsletter.pipeline import approving
from newsletter.pipeline.shop import Workshop
from newsletter.sending import proof
from newsletter.sending.proof import Status
from newsletter.store import issues


class Stage(StrEnum):
    """The stages of a week in an editor's words."""

    EMPTY = "no draft"
    DRAFTED = "drafted"
    APPROVED = "approved"
    CHANGED = "changed since approval"
    LEAVING = "on its way"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Stands:
    """`changes` says in sentences what is no longer as it was approved."""

    stage: Stage
    approval: Approval | None = None
    changes: tuple[str, ...] = ()
    sent: Status | None = None

    @property
    def open(self) -> bool:
        """Whether its words may still change."""
        return self.stage not in {Stage.LEAVING, Stage.SENT}


def of(shop: Workshop, week: Week) -> Stands:
    """Find out how a week stands; a week that was sent is not compared with its approval."""
    with shop.db.read() as connection:
        approval = issues.newest_approval(connection, week)
    sent = proof.status(shop.db, week)
    if sent and sent.send.state is not SendState.UNDONE:
        return Stands(_way_out(sent, shop.clock()), approval, (), sent)
    if not shop.papers.words_path(week).exists():
        return Stands(Stage.EMPTY, approval, (), sent)
    if approval is None:
        return Stands(Stage.DRAFTED, None, (), sent)
    changes = _changes(shop, approval)
    return Stands(Stage.CHANGED if changes else Stage.APPROVED, approval, changes, sent)


def still_open(shop: Workshop, week: Week) -> None:
    """Raise `Refused` for a week that was sent: its words are what readers got."""
    sent = proof.status(shop.db, week)
    if sent and sent.send.state is not SendState.UNDONE:
        raise Refused(f"{week} was sent, so its words stay as they are. Nothing was changed.")


def _way_out(sent: Status, now: datetime) -> Stage:
    scheduled = sent.send.send_at is not None and sent.send.send_at > now
    return Stage.SENT if sent.send.state is SendState.DONE and not scheduled else Stage.LEAVING


def _changes(shop: Workshop, approval: Approval) -> tuple[str, ...]:
    try:
        return tuple(approving.changes(shop, approval))
    except NewsletterError as error:
        return (str(error),)
