"""The shell of `check`: what stands in the way of approval, after asking those who may know.

load | rendered | linking.look_up, spamming.judge | editing.findings
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from newsletter.model import Finding, Week
from newsletter.pipeline import crossref, editing, linking, spamming
from newsletter.pipeline.linking import LookedUp
from newsletter.pipeline.shop import Workshop


@dataclass(frozen=True, slots=True)
class Checked:
    """What preflight found, and how looking links up went; None if it was not wanted."""

    findings: list[Finding]
    looked_up: LookedUp | None


def check(
    shop: Workshop, week: Week, *, offline: bool, allow_private: bool, user_agent: str
) -> Checked:
    """Preflight a week's issue with links looked up and a spam filter asked, both at once.

    `offline` asks no network; links are then judged by what is known from before.
    """
    issue = editing.load(shop, week)
    mail = editing.rendered(shop, issue)
    with ThreadPoolExecutor(1, thread_name_prefix="spam") as aside:
        spam = aside.submit(spamming.judge, mail, shop.masthead, shop.clock())
        looked_up = None
        if not offline:
            with shop.db.read() as connection:
                works = editing.works(connection, issue)
            looked_up = linking.look_up(
                shop.db,
                [*linking.addresses(issue), *map(crossref.address, dict.fromkeys(works.values()))],
                allow_private=allow_private,
                user_agent=user_agent,
                now=shop.clock,
            )
    return Checked(editing.findings(shop, issue, mail, spam.result()), looked_up)
