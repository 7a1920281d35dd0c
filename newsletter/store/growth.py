"""How the list grew: who came and who went between some moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from newsletter.store.schema import consents, subscribers


class Grown(NamedTuple):
    """Who was confirmed, and who left of their own will, in one span."""

    joined: int
    left: int


def by_spans(connection: Connection, edges: Sequence[datetime]) -> list[Grown]:
    """Count joins and leaves between each two neighbours of `edges`.

    One look at every subscriber: with a million it takes about a second. Who was erased is in
    neither number.
    """
    spans = list(pairwise(edges))
    when = subscribers.c.confirmed_at
    joined = connection.execute(
        select(
            *(func.sum(case(((when >= start) & (when < end), 1), else_=0)) for start, end in spans)
        ).where(when >= edges[0])
    ).one()
    left = [
        connection.scalar(
            select(func.count()).where(
                consents.c.act == "leave", consents.c.at >= start, consents.c.at < end
            )
        )
        for start, end in spans
    ]
    return [Grown(int(a or 0), int(b or 0)) for a, b in zip(joined, left, strict=True)]
