"""Approvals: what was approved, whole, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, literal, select

from newsletter.model import Approval, Finding, Level, Rendered, SendState, Waiver, Week
from newsletter.store.schema import Moment, approvals, sends


def approve(connection: Connection, approval: Approval) -> int:
    """Record an approval and give its number. Earlier ones stay, the newest counts."""
    rendered = approval.rendered
    row = connection.execute(
        insert(approvals)
        .values(
            week=str(approval.week),
            by=approval.by,
            at=approval.at,
            digest=approval.digest,
            subject=rendered.subject,
            preheader=rendered.preheader,
            html=rendered.html,
            text=rendered.text,
            web=approval.web,
            variants={
                str(mask): {"html": one.html, "text": one.text}
                for mask, one in approval.variants.items()
            },
            findings=[
                {
                    "level": one.level.value,
                    "check": one.check,
                    "place": one.place,
                    "text": one.text,
                    "cure": one.cure,
                }
                for one in approval.findings
            ],
            waivers=[
                {"check": one.check, "place": one.place, "reason": one.reason, "by": one.by}
                for one in approval.waivers
            ],
        )
        .returning(approvals.c.id)
    )
    return int(row.scalar_one())


def approved_weeks(connection: Connection) -> set[Week]:
    """The weeks whose issue was approved at some time."""
    found = connection.scalars(
        select(approvals.c.week).where(~_corrects(approvals.c.week)).distinct()
    )
    return {Week.parse(week) for week in found}


def newest_approval(connection: Connection, week: Week) -> Approval | None:
    """The approval that counts for a week, if there is one."""
    row = connection.execute(
        select(approvals)
        .where(approvals.c.week == str(week))
        .order_by(approvals.c.id.desc())
        .limit(1)
    ).first()
    return _approval(row) if row else None


def approval(connection: Connection, number: int) -> Approval:
    """The approval that a send refers to."""
    row = connection.execute(select(approvals).where(approvals.c.id == number)).one()
    return _approval(row)


@dataclass(frozen=True, slots=True)
class Gone:
    """An issue that went out, as lists name it; `at` is when readers got it."""

    week: Week
    subject: str
    preheader: str
    at: datetime


# Mail that leaves at once has no send_at: it is out once its send is finished.
_AT = func.coalesce(sends.c.send_at, sends.c.finished_at, sends.c.frozen_at, type_=Moment)


def sent(connection: Connection, now: datetime) -> list[Gone]:
    """Issues that readers have by now, newest week first."""
    rows = connection.execute(
        select(sends.c.week, approvals.c.subject, approvals.c.preheader, _AT.label("at"))
        .join(approvals, approvals.c.id == sends.c.approval_id)
        .where(
            sends.c.state == SendState.DONE, literal(now, Moment) >= _AT, ~_corrects(sends.c.week)
        )
        .order_by(sends.c.week.desc(), sends.c.take.desc())
    )
    return [Gone(Week.parse(row.week), row.subject, row.preheader, row.at) for row in rows]


def page(connection: Connection, week: Week, now: datetime) -> str | None:
    """The archive's page of an issue that readers have by now."""
    found: str | None = connection.scalar(
        select(approvals.c.web)
        .join(sends, sends.c.approval_id == approvals.c.id)
        .where(
            sends.c.week == str(week), sends.c.state == SendState.DONE, literal(now, Moment) >= _AT
        )
        .order_by(sends.c.take.desc())
        .limit(1)
    )
    return found


def last_subject(connection: Connection, before: Week) -> str | None:
    """The subject of the newest issue approved for an earlier week."""
    found: str | None = connection.scalar(
        select(approvals.c.subject)
        .where(approvals.c.week < str(before), ~_corrects(approvals.c.week))
        .order_by(approvals.c.week.desc(), approvals.c.id.desc())
        .limit(1)
    )
    return found


def _corrects(week: Any) -> ColumnElement[bool]:
    """Whether a week names a correction: `2026-W47-c1`."""
    return week.like("%-c%")  # type: ignore[no-any-return]


def _approval(row: Row[Any]) -> Approval:
    rendered = Rendered(row.subject, row.preheader, row.html, row.text)
    return Approval(
        week=Week.parse(row.week, corrections=True),
        by=row.by,
        at=row.at,
        digest=row.digest,
        rendered=rendered,
        id=row.id,
        web=row.web,
        variants={
            int(mask): Rendered(row.subject, row.preheader, one["html"], one["text"])
            for mask, one in row.variants.items()
        },
        findings=tuple(Finding(**{**one, "level": Level(one["level"])}) for one in row.findings),
        waivers=tuple(Waiver(**one) for one in row.waivers),
    )
