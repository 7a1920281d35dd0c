"""What a person may see and change about themselves, and what an operator may look up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from newsletter.errors import BadValue, NotFound
from newsletter.model import Email, Section, State, Subscriber
from newsletter.store import Database, consents, erasures, subscribers, suppressions
from newsletter.subscribers.tokens import fingerprint, key_name

# The bit of each section in `Subscriber.sections`.
SECTION_BITS = {section: 1 << place for place, section in enumerate(Section)}


def look(db: Database, subscriber_id: int) -> Subscriber | None:
    with db.read() as connection:
        return subscribers.get(connection, subscriber_id)


def choose(
    db: Database, subscriber_id: int, sections: Sequence[Section], paused_until: datetime | None
) -> None:
    """Keep which sections a person wants and until when they pause.

    Raises `BadValue` for no section at all (that would be leaving), `NotFound` if forgotten.
    """
    if not sections:
        raise BadValue("Choose at least one section, or leave the newsletter.")
    bits = sum(SECTION_BITS[section] for section in set(sections))
    with db.write() as connection:
        if subscribers.get(connection, subscriber_id, lock=True) is None:
            raise NotFound("This address is no longer known here.")
        subscribers.change(connection, subscriber_id, sections=bits, paused_until=paused_until)


def my_data(db: Database, subscriber_id: int) -> dict[str, Any]:
    """Everything kept about a person, ready for JSON; raise `NotFound` if forgotten."""
    with db.read() as connection:
        person = subscribers.get(connection, subscriber_id)
        if person is None:
            raise NotFound("This address is no longer known here.")
        return {
            "email": person.email.text,
            "name": person.name,
            "state": person.state.value,
            "source": person.source,
            "created_at": _when(person.created_at),
            "confirmed_at": _when(person.confirmed_at),
            "sections": [s.value for s, bit in SECTION_BITS.items() if person.sections & bit],
            "paused_until": _when(person.paused_until),
            "suppressed": suppressions.reason(connection, person.email.key),
            "consents": [
                asdict(consent) | {"act": consent.act.value, "at": _when(consent.at)}
                for consent in consents.history(connection, person.id)
            ],
        }


def show(db: Database, email_text: str) -> dict[str, Any]:
    """The same for an operator who has the address; raise `NotFound` for an unknown one."""
    email = Email.parse(email_text)
    with db.read() as connection:
        person = subscribers.find(connection, email.key)
        reason = suppressions.reason(connection, email.key)
    if person is None:
        also = f" It is suppressed, though ({reason})." if reason else ""
        raise NotFound(f"{email} is not on the list.{also}")
    return my_data(db, person.id)


def forget(db: Database, who: str | int, *, hash_keys: Sequence[bytes], now: datetime) -> bool:
    """Erase a person by address or number: row, proof and waiting mail; say if there was one.

    A hash keyed with the first of `hash_keys` stays, so that no import brings the address back.
    A bounce or complaint stays suppressed; mail already handed over is dropped by the provider.
    """
    with db.write() as connection:
        if isinstance(who, int):
            person = subscribers.get(connection, who, lock=True)
            key = person.email.key if person else ""
        else:
            key = Email.parse(who).key
            person = subscribers.find(connection, key, lock=True)
        if key:
            secret = hash_keys[0]
            erasures.remember(connection, fingerprint(secret, key), key_name(secret), now)
        if person is not None:
            suppressions.add(connection, key, suppressions.ERASED, now, "erased")
            subscribers.erase(connection, person)
    return person is not None


def count(db: Database) -> dict[str, int]:
    """How many people stand in each state."""
    with db.read() as connection:
        found = subscribers.count(connection)
    return {state.value: found[state] for state in State}


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
