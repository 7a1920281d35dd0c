"""The account of a send that stays beside the issue: figures, times, refusals, no address."""

from __future__ import annotations

import json

from newsletter.journal import without_addresses
from newsletter.model import Week
from newsletter.sending import proof
from newsletter.store import Database, ledger
from newsletter.store.papers import Papers


def write(db: Database, papers: Papers, week: Week) -> None:
    """Write `report.json` into the folder of the issue, in place of an earlier one."""
    found = proof.status(db, week)
    if found is None:
        return
    with db.read() as connection:
        refusals = ledger.refusals(connection, found.send.id)
    report = {
        **proof.as_json(found),
        "refusals": [
            # A provider's sentence may quote the address that it will not take.
            {"delivery": f"{found.send.ref}-{number}", "reason": without_addresses(reason)}
            for number, reason in refusals
        ],
    }
    papers.write_report(week, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
