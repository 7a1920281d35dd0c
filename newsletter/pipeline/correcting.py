"""Correcting an issue that went out: a note in the archive, and a mail to those who got it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter import render
from newsletter.errors import Refused, WrongUsage
from newsletter.model import Approval, Email, Rendered, SendState, Week
from newsletter.pipeline.approving import digest
from newsletter.pipeline.shop import Workshop
from newsletter.store import corrections, issues, ledger
from newsletter.store.corrections import Correction

# Every choice of sections: whoever got the issue gets the whole correction.
_ALL_CHOICES = range(1, 8)
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction, and whether it is new or was there already."""

    correction: Correction
    new: bool


def correct(
    shop: Workshop, week: Week, note: str, by: Email, *, editors: tuple[str, ...]
) -> Corrected:
    """Note what was wrong in an issue that went out; it stands in the archive at once.

    `note` is Markdown. The same words a second time are no second correction. Raises `Refused`
    for an issue that did not go out and for somebody who is no editor.
    """
    _refuse_strangers(by, editors)
    note = note.strip()
    if not note:
        raise WrongUsage("Say what was wrong and what is right, with: --note TEXT")
    if len(note) > _LONGEST:
        raise WrongUsage(f"The note is longer than {_LONGEST:,} letters. Say it in fewer.")
    try:
        with shop.db.write() as connection:
            return _noted(shop, connection, week.issue, note, by)
    except IntegrityError:
        raise Refused(
            f"Somebody else corrected {week.issue} at this moment. Look at it, and run it again."
        ) from None


def _noted(shop: Workshop, connection: Connection, week: Week, note: str, by: Email) -> Corrected:
    send = ledger.newest(connection, week)
    if send is None or send.state is SendState.UNDONE:
        raise Refused(
            f"{week} did not go out, so there is nothing to correct. Change issues/{week}/"
            f"issue.toml and run: newsletter approve {week}"
        )
    before = corrections.of(connection, week)
    for one in before:
        if one.note == note:
            return Corrected(one, new=False)
    made = Correction(Week(week.year, week.number, len(before) + 1), by.key, shop.clock(), note)
    corrections.add(connection, made)
    return Corrected(made, new=True)


def approve(shop: Workshop, week: Week, by: Email, *, editors: tuple[str, ...]) -> Approval:
    """Approve the mail that tells of a correction, exactly as it renders now.

    Approving the same mail again gives the approval that stands.
    """
    _refuse_strangers(by, editors)
    correction = _found(shop, week)
    with shop.db.read() as connection:
        before = issues.newest_approval(connection, week)
        about = issues.newest_approval(connection, week.issue)
    mail = _rendered(shop, correction, about.rendered.subject if about else str(week.issue))
    variants = dict.fromkeys(_ALL_CHOICES, mail)
    if before and before.digest == digest(variants):
        return before
    approval = Approval(
        week=week,
        by=by.key,
        at=shop.clock(),
        digest=digest(variants),
        rendered=mail,
        variants=variants,
    )
    with shop.db.write() as connection:
        return replace(approval, id=issues.approve(connection, approval))


def approved(shop: Workshop, week: Week) -> Approval:
    """Give the approval of a correction's mail; raise `Refused` if there is none or it changed."""
    correction = _found(shop, week)
    with shop.db.read() as connection:
        approval = issues.newest_approval(connection, week)
        about = issues.newest_approval(connection, week.issue)
    how = f"newsletter correct {week} --mail --by ADDRESS"
    if approval is None:
        raise Refused(f"The mail of {week} is not approved. Run: {how}")
    mail = _rendered(shop, correction, about.rendered.subject if about else str(week.issue))
    if digest(dict.fromkeys(_ALL_CHOICES, mail)) != approval.digest:
        raise Refused(
            f"The mail of {week} changed since {approval.by} approved it on "
            f"{approval.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC. Look at it and run: {how}"
        )
    return approval


def _found(shop: Workshop, week: Week) -> Correction:
    with shop.db.read() as connection:
        for one in corrections.of(connection, week):
            if one.week == week:
                return one
    raise Refused(
        f"There is no correction {week}. Make one with: newsletter correct {week.issue} --note TEXT"
    )


def _rendered(shop: Workshop, correction: Correction, subject: str) -> Rendered:
    return render.correction(
        correction.week, correction.note, subject, shop.masthead, shop.templates
    )


def _refuse_strangers(by: Email, editors: tuple[str, ...]) -> None:
    if editors and by.key not in editors:
        raise Refused(
            f"{by} may not correct: NEWSLETTER_EDITORS names {', '.join(editors)}. "
            "Add the address there, or correct as one of them."
        )
