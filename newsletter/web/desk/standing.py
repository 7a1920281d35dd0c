"""How far a week has come: drafted, approved, changed since, on its way, sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.errors import NewsletterError, Refused
from newsletter.model import Approval, Send, SendState, Standing, Week
from newsletter.pipeline.shop import Workshop
from newsletter.store import issues, ledger
from newsletter.web.desk import keeping
from newsletter.web.desk.services import DeskServices


class Stage(StrEnum):
    """The stages of a week in an editor's words."""

    EMPTY = "no draft"
    DRAFTED = "drafted"
    APPROVED = "approved"
    CHANGED = "changed since approval"
    LEAVING = "on its way"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Sent:
    """A send and how many deliveries stand where."""

    send: Send
    standing: Standing


@dataclass(frozen=True, slots=True)
class Stands:
    """`changes` says in sentences what is no longer as it was approved."""

    stage: Stage
    approval: Approval | None = None
    changes: tuple[str, ...] = ()
    sent: Sent | None = None

    @property
    def open(self) -> bool:
        """Whether its words may still change."""
        return self.stage not in {Stage.LEAVING, Stage.SENT}


def of(desk: DeskServices, week: Week) -> Stands:
    """Find out how a week stands; a week that was sent is not compared with its approval."""
    shop = desk.shop
    with shop.db.read() as connection:
        approval = issues.newest_approval(connection, week)
        send = ledger.newest(connection, week)
        sent = Sent(send, ledger.standing(connection, send.id)) if send else None
    if sent and sent.send.state is not SendState.UNDONE:
        return Stands(_way_out(sent, shop.clock()), approval, (), sent)
    if not shop.papers.words_path(week).exists():
        return Stands(Stage.EMPTY, approval, (), sent)
    if approval is None:
        return Stands(Stage.DRAFTED, None, (), sent)
    changes = _changes(desk, approval)
    return Stands(Stage.CHANGED if changes else Stage.APPROVED, approval, changes, sent)


def still_open(shop: Workshop, week: Week) -> None:
    """Raise `Refused` for a week that was sent: its words are what readers got."""
    with shop.db.read() as connection:
        send = ledger.newest(connection, week)
    if send and send.state is not SendState.UNDONE:
        raise Refused(f"{week} was sent, so its words stay as they are. Nothing was changed.")


def _way_out(sent: Sent, now: datetime) -> Stage:
    scheduled = sent.send.send_at is not None and sent.send.send_at > now
    return Stage.SENT if sent.send.state is SendState.DONE and not scheduled else Stage.LEAVING


def _changes(desk: DeskServices, approval: Approval) -> tuple[str, ...]:
    try:
        return keeping.changes(desk, approval)
    except NewsletterError as error:
        return (str(error),)
