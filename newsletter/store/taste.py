"""What drafts proposed, and what editors made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from newsletter.model import About, Deed, Lesson, Proposal, Section, Week
from newsletter.store.schema import lessons, proposals
from newsletter.store.upsert import insert_into


def propose(connection: Connection, week: Week, proposed: Iterable[Proposal]) -> None:
    """Remember what a draft offered; what was offered before stays as it was then."""
    rows = [
        {
            "week": str(week),
            "url": one.url,
            "section": one.section.value,
            "printed": one.printed,
            "source": one.source,
            "title": one.title,
            "subjects": list(one.subjects),
        }
        for one in proposed
    ]
    if rows:
        connection.execute(insert_into(connection, proposals).on_conflict_do_nothing(), rows)


def proposed(connection: Connection, week: Week) -> list[Proposal]:
    """Give what the drafts of a week offered."""
    rows = connection.execute(select(proposals).where(proposals.c.week == str(week)))
    return [
        Proposal(
            row.url, Section(row.section), row.printed, row.source, row.title, tuple(row.subjects)
        )
        for row in rows
    ]


def learn(connection: Connection, week: Week, learned: Iterable[Lesson]) -> None:
    """Put a week's lessons in the place of those drawn from an earlier approval of it."""
    connection.execute(delete(lessons).where(lessons.c.week == str(week)))
    rows: list[dict[str, Any]] = [
        {
            "week": str(week),
            "url": one.url,
            "about": one.about.value,
            "name": one.name,
            "deed": one.deed.value,
            "title": one.title,
            "came": one.came.value if one.came else "",
            "went": one.went.value if one.went else "",
        }
        for one in learned
    ]
    if rows:
        connection.execute(insert(lessons), rows)


def learned(connection: Connection) -> list[Lesson]:
    """Give all lessons, oldest week first."""
    rows = connection.execute(select(lessons).order_by(lessons.c.week, lessons.c.url))
    return [
        Lesson(
            week=Week.parse(row.week),
            url=row.url,
            about=About(row.about),
            name=row.name,
            deed=Deed(row.deed),
            title=row.title,
            came=Section(row.came) if row.came else None,
            went=Section(row.went) if row.went else None,
        )
        for row in rows
    ]


def forget(connection: Connection, name: str | None) -> int:
    """Forget the lessons about a source (its address or name) or subject, or all; how many."""
    chosen: list[ColumnElement[bool]] = []
    if name is not None:
        chosen = [(lessons.c.name == name) | (lessons.c.title == name)]
    return connection.execute(delete(lessons).where(*chosen)).rowcount
