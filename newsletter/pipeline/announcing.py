"""Mail to those who make the newsletter: a draft is ready, an issue is approved."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from newsletter.model import Approval, Finding, Issue, Level, Week
from newsletter.pipeline.shop import Workshop
from newsletter.store import mails

# So many picks are named in the mail: it is read on a phone, to decide whether to open the desk.
_TOP = 5


def draft_ready(shop: Workshop, week: Week, issue: Issue, findings: Sequence[Finding]) -> None:
    """Let a mail to every editor wait: the top picks, and what preflight found."""
    picks = [pick for _, _, pick in issue.picks()]
    lead = [pick for pick in picks if pick.url == issue.lead]
    top = [*lead, *(pick for pick in picks if pick.url != issue.lead)][:_TOP]
    values = {
        "week": str(week),
        "desk_url": shop.masthead.link(f"desk/{week}"),
        "subject": issue.subject,
        "picks": len(picks),
        "top": [{"headline": pick.headline, "source": pick.source} for pick in top],
        "errors": sum(one.level is Level.ERROR for one in findings),
        "warnings": sum(one.level is Level.WARNING for one in findings),
        "found": [one.text for one in findings if one.level in {Level.ERROR, Level.WARNING}][:_TOP],
    }
    with shop.db.write() as connection:
        for editor in shop.editors:
            mails.queue(
                connection,
                "draft-ready",
                editor,
                subscriber_id=None,
                values=values,
                now=shop.clock(),
            )


def approved(shop: Workshop, connection: Connection, approval: Approval) -> None:
    """Let a mail to operators and editors wait, in the transaction of the approval."""
    at = approval.at.astimezone(shop.zone)
    values = {
        "week": str(approval.week),
        "desk_url": shop.masthead.link(f"desk/{approval.week}"),
        "by": approval.by,
        "at": f"{at.day} {at:%B %Y, %H:%M}",
        "subject": approval.rendered.subject,
    }
    for person in dict.fromkeys((*shop.operators, *shop.editors)):
        mails.queue(
            connection, "approved", person, subscriber_id=None, values=values, now=shop.clock()
        )
