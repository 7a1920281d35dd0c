"""Requests of claimed batches: who may be mailed now, each with links of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.deliver import plan as planning
from newsletter.deliver.client import Encoded, encode
from newsletter.deliver.stencil import Stencil
from newsletter.model import Approval, Batch, Send
from newsletter.sending.means import Means
from newsletter.store import ledger
from newsletter.subscribers.tokens import Purpose


@dataclass(frozen=True, slots=True)
class Built:
    """A claimed batch as it goes: deliveries in their order, and the request, if any are left."""

    batch: Batch
    deliveries: list[int]
    request: Encoded | None


class Builder:
    """Builds the requests of one send; what all of them share is made once. Safe in threads."""

    def __init__(self, means: Means, send: Send, approval: Approval) -> None:
        self._means = means
        self._stencil = Stencil(means.masthead, send.ref)
        self._shared = {
            variant: planning.envelope(
                rendered, means.masthead, week=send.week, tracking=means.knobs.tracking
            )
            for variant, rendered in approval.variants.items()
        }

    def build(self, batch: Batch, now: datetime) -> Built:
        """Look up who of a batch may still be mailed, and write the others down as dropped.

        ledger.mailable | ledger.drop | tokens.many | stencil.fill | plan.body | encode
        """
        with self._means.db.read() as connection:
            found, dropped = ledger.mailable(connection, batch)
        if dropped:
            with self._means.db.write() as connection:
                ledger.drop(connection, dropped)
        if not found.deliveries:
            return Built(batch, [], None)
        tokens = self._means.tokens
        people = self._stencil.fill(
            found.deliveries,
            found.emails,
            found.names,
            tokens.many(Purpose.LEAVE, found.readers, now),
            tokens.many(Purpose.PREFERENCES, found.readers, now),
        )
        shared = self._shared[batch.variant]
        request = planning.body(shared, people, batch_id=batch.batch_id, send_at=batch.send_at)
        return Built(batch, found.deliveries, encode(request))
