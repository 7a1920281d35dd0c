"""What was wrong in issues that went out, and works that were retracted since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from newsletter.model import Week
from newsletter.store.schema import approvals, corrections, retracted_picks, sends
from newsletter.store.upsert import insert_into


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of an issue: `week` names both (`2026-W47-c1`), `note` is Markdown."""

    week: Week
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class RetractedPick:
    """A pick of an issue that was retracted after it went out, and what says so."""

    week: Week
    url: str
    said: str
    at: datetime


def of(connection: Connection, week: Week) -> list[Correction]:
    """All corrections of an issue, oldest first."""
    rows = connection.execute(
        select(corrections)
        .where(corrections.c.week == str(week.issue))
        .order_by(corrections.c.number)
    )
    return [_correction(row) for row in rows]


def newest(connection: Connection) -> dict[Week, datetime]:
    """When each corrected issue was corrected last."""
    rows = connection.execute(
        select(corrections.c.week, func.max(corrections.c.at)).group_by(corrections.c.week)
    )
    return {Week.parse(week): at for week, at in rows}


def add(connection: Connection, made: Correction) -> None:
    connection.execute(
        insert(corrections).values(
            week=str(made.week.issue),
            number=made.week.correction,
            by=made.by,
            at=made.at,
            note=made.note,
        )
    )


def sent_pages(connection: Connection, since: datetime) -> dict[Week, str]:
    """The archive's pages of the issues that were frozen since then."""
    rows = connection.execute(
        select(sends.c.week, approvals.c.web)
        .join(approvals, approvals.c.id == sends.c.approval_id)
        .where(sends.c.frozen_at >= since, sends.c.state != "undone", approvals.c.web != "")
        .order_by(sends.c.week)
    )
    return {Week.parse(row.week): row.web for row in rows if "-c" not in row.week}


def raise_retracted(
    connection: Connection, week: Week, found: Mapping[str, str], now: datetime
) -> list[RetractedPick]:
    """Note picks that were retracted; give those that were not noted before."""
    new = []
    for url, said in sorted(found.items()):
        statement = insert_into(connection, retracted_picks).on_conflict_do_nothing()
        row = {"week": str(week), "url": url, "said": said, "at": now}
        fresh = connection.scalar(statement.returning(retracted_picks.c.url), row)
        if fresh is not None:
            new.append(RetractedPick(week, url, said, now))
    return new


def retracted(connection: Connection, week: Week | None = None) -> list[RetractedPick]:
    """Picks that were retracted since they went out, of one issue or of all."""
    here = () if week is None else (retracted_picks.c.week == str(week),)
    rows = connection.execute(
        select(retracted_picks)
        .where(*here)
        .order_by(retracted_picks.c.week.desc(), retracted_picks.c.url)
    )
    return [RetractedPick(Week.parse(row.week), row.url, row.said, row.at) for row in rows]


def _correction(row: Row[Any]) -> Correction:
    week = Week.parse(row.week)
    return Correction(Week(week.year, week.number, row.number), row.by, row.at, row.note)
