"""Proof of what people agreed to, append-only, and the words under which they did.

Each wording is kept once, with a number that is its version: whoever changes a word on a page
makes a new version by that, and what was shown at the time stays known. The database refuses
to change an entry; only where it came from is blanked when its time is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Select, func, or_, select, update

from newsletter.model import Act, Consent
from newsletter.store import many
from newsletter.store.schema import Moment, consents, wordings
from newsletter.store.upsert import insert_into

_LOG = """
INSERT INTO consents (subscriber_id, act, at, source, wording_id, origin, user_agent)
SELECT CAST({0} AS BIGINT), {1}, :at, {2}, CAST({3} AS BIGINT), {4}, {5} FROM {each}
"""


def log(connection: Connection, subscriber_id: int, consent: Consent) -> None:
    """Append proof of an act."""
    log_all(connection, [(subscriber_id, consent)])


def log_all(connection: Connection, proofs: Sequence[tuple[int, Consent]]) -> None:
    """Append proof of many acts of one moment, each with its person's number."""
    if not proofs:
        return
    at = proofs[0][1].at
    versions = wording_versions(connection, {proof.wording for _, proof in proofs}, at)
    rows = [
        (
            number,
            proof.act.value,
            proof.source,
            versions[proof.wording],
            proof.origin,
            proof.user_agent,
        )
        for number, proof in proofs
    ]
    connection.execute(many.sql(connection, _LOG), {"rows": many.json(rows), "at": at})


def history(connection: Connection, subscriber_id: int) -> list[Consent]:
    """All proof about one person, oldest first, each with its words and their version."""
    found = connection.execute(
        select(consents, wordings.c.text)
        .outerjoin(wordings, wordings.c.id == consents.c.wording_id)
        .where(consents.c.subscriber_id == subscriber_id)
        .order_by(consents.c.id)
    )
    return [
        Consent(
            Act(row.act),
            row.at,
            row.source,
            row.text or "",
            row.origin,
            row.user_agent,
            row.wording_id,
        )
        for row in found
    ]


def came_back(connection: Connection, numbers: Collection[int]) -> dict[int, datetime]:
    """Who of these people left or bounced once and confirmed anew, and the second when they did.

    Whole seconds, since that is what the provider's events tell.
    """
    if not numbers:
        return {}
    before = consents.alias()
    silenced = (
        select(before.c.id)
        .where(
            before.c.subscriber_id == consents.c.subscriber_id,
            before.c.act.in_((Act.LEAVE, Act.BOUNCE)),
            before.c.id < consents.c.id,
        )
        .exists()
    )
    rows = connection.execute(
        select(consents.c.subscriber_id, func.max(consents.c.at, type_=Moment))
        .where(
            many.among(connection, consents.c.subscriber_id, numbers),
            consents.c.act == Act.CONFIRM,
            silenced,
        )
        .group_by(consents.c.subscriber_id)
    )
    return {number: at.replace(microsecond=0) for number, at in rows}


def acts(connection: Connection, *, since: datetime) -> dict[Act, int]:
    """How many acts of each kind were logged since then."""
    rows = connection.execute(
        select(consents.c.act, func.count()).where(consents.c.at >= since).group_by(consents.c.act)
    )
    return {Act(act): int(number) for act, number in rows}


def wording_versions(
    connection: Connection, said: Collection[str], now: datetime
) -> dict[str, int]:
    """Give the version of each of these wordings, a new one to new words; no words are 0."""
    digests = {_digest(words): words for words in said if words}
    found = _known(connection, digests)
    missing = digests.keys() - found.keys()
    if missing:
        rows = [{"digest": one, "text": digests[one], "since": now} for one in sorted(missing)]
        new = insert_into(connection, wordings).on_conflict_do_nothing(index_elements=["digest"])
        connection.execute(new, rows)
        found = _known(connection, digests)
    return {"": 0} | {digests[digest]: version for digest, version in found.items()}


def blank_origins(connection: Connection, before: datetime) -> int:
    """Take origin and program out of proof that is older than that; the act stays."""
    here = or_(consents.c.origin != "", consents.c.user_agent != "")
    blank = update(consents).where(here, consents.c.at <= before)
    return connection.execute(blank.values(origin="", user_agent="")).rowcount


def _known(connection: Connection, digests: Collection[str]) -> dict[str, int]:
    if not digests:
        return {}
    question = _among(connection.dialect.name)
    found = connection.execute(question, {"rows": many.json(list(digests))})
    return {row.digest: row.id for row in found}


@lru_cache
def _among(kind: str) -> Select[tuple[str, int]]:
    return select(wordings.c.digest, wordings.c.id).where(wordings.c.digest.in_(many.texts(kind)))


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
