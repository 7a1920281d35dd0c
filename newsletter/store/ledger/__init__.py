"""The ledger of deliveries: who is to get an issue, in which batch, and what became of it.

A send comes in with its frozen audience; while mail is handed over only batch
rows change, a delivery's state being its batch's unless it has an exception of
its own. `freezing` makes the rows, `claiming` hands batches to workers,
`recording` keeps their outcomes, `lanes` the provider's batch ids, `standing`
counts. Every change says in its WHERE which state it expects, so that two
workers who mean the same batch cannot both have it.
"""

from newsletter.store.ledger.claiming import Dropped, claim, drop, mailable
from newsletter.store.ledger.freezing import audience, audience_digest, freeze, left_out, set_times
from newsletter.store.ledger.lanes import (
    Lane,
    cancelled,
    condemn,
    condemned_lanes,
    lane_numbers,
    open_lane,
    open_lanes,
    release,
    reprieve,
)
from newsletter.store.ledger.recording import (
    accept,
    defer,
    expire,
    prove,
    put_back,
    record,
    refuse_one,
    split,
)
from newsletter.store.ledger.sends import (
    alone,
    approved_send,
    close,
    give_up,
    join,
    last_close,
    lately,
    lately_done,
    newest,
    open_sends,
    resend,
    resume,
    set_state,
    undo,
)
from newsletter.store.ledger.standing import (
    by_state,
    fates,
    holders,
    refusals,
    span,
    standing,
    unknown_batches,
)

__all__ = [
    "Dropped",
    "Lane",
    "accept",
    "alone",
    "approved_send",
    "audience",
    "audience_digest",
    "by_state",
    "cancelled",
    "claim",
    "close",
    "condemn",
    "condemned_lanes",
    "defer",
    "drop",
    "expire",
    "fates",
    "freeze",
    "give_up",
    "holders",
    "join",
    "lane_numbers",
    "last_close",
    "lately",
    "lately_done",
    "left_out",
    "mailable",
    "newest",
    "open_lane",
    "open_lanes",
    "open_sends",
    "prove",
    "put_back",
    "record",
    "refusals",
    "refuse_one",
    "release",
    "reprieve",
    "resend",
    "resume",
    "set_state",
    "set_times",
    "span",
    "split",
    "standing",
    "undo",
    "unknown_batches",
]
