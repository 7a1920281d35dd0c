"""A reader proves who they are by mail, and may then be reached at another address.

The link to one's preferences stands in every issue, and issues are forwarded. So what would
harm the reader (their data, their address, being erased) takes a fresh link that goes
to the address on the list and works for an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from newsletter.errors import BadValue, NotFound, Refused
from newsletter.model import Act, Email, Subscriber
from newsletter.signup.joining import Visit
from newsletter.store import Database, attempts, changes, consents, mails, subscribers, suppressions

_PER_DAY = 5
_DAY = timedelta(days=1)
UNCONFIRMED = timedelta(days=2)
_DONE = "This change was made already, or a later one took its place."

# What makes an address out of a number: a link that is signed for it.
Link = Callable[[int], str]


def ask_owner(db: Database, subscriber_id: int, link: Link, now: datetime) -> bool:
    """Mail a person the link to their data; False if they got enough of them today."""
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            raise NotFound("This address is no longer known here.")
        if attempts.count(connection, f"owner {subscriber_id}", now, _DAY) > _PER_DAY:
            return False
        mails.queue(
            connection,
            "your-data",
            person.email.text,
            subscriber_id=subscriber_id,
            values={"owner_url": link(subscriber_id)},
            now=now,
        )
    return True


def ask_new_address(
    db: Database, subscriber_id: int, email_text: str, link: Link, now: datetime
) -> Email:
    """Mail a confirmation to the address that a person wants to be reached at.

    Raises `BadValue` for what is no address. Whether somebody else has it is not told.
    """
    email = Email.parse(email_text)
    with db.write() as connection:
        person = subscribers.get(connection, subscriber_id, lock=True)
        if person is None:
            raise NotFound("This address is no longer known here.")
        if person.email.key == email.key:
            raise BadValue("That is the address that we have already.")
        used = max(
            attempts.count(connection, one, now, _DAY)
            for one in (f"move {subscriber_id}", f"move {email.key}")
        )
        barred = suppressions.reason(connection, email.key) is not None
        if used > _PER_DAY or barred or subscribers.find(connection, email.key) is not None:
            return email
        number = changes.add(connection, subscriber_id, email, now)
        # Without a subscriber's number: the link in it is this one, not one to join.
        mails.queue(
            connection,
            "confirm",
            email.text,
            subscriber_id=None,
            values={"confirm_url": link(number)},
            now=now,
        )
    return email


def wish(db: Database, number: int) -> Email:
    """The address that a wish names; raise `NotFound` for one that is done or was replaced."""
    with db.read() as connection:
        change = changes.get(connection, number)
    if change is None:
        raise NotFound(_DONE)
    return change.email


def move(db: Database, number: int, visit: Visit, now: datetime) -> Subscriber:
    """Reach a person at the address from which they confirmed it.

    Raises `NotFound` for a wish that is done, `Refused` if the address is taken since.
    """
    with db.write() as connection:
        change = changes.get(connection, number)
        if change is None:
            raise NotFound(_DONE)
        person = subscribers.get(connection, change.subscriber_id, lock=True)
        if person is None:
            raise NotFound(_DONE)
        changes.done(connection, number)
        if subscribers.find(connection, change.email.key) is not None:
            raise Refused("This address is on the list already. Leave with the other one instead.")
        subscribers.change(connection, person.id, email=change.email.text, key=change.email.key)
        consents.log(connection, person.id, visit.proof(Act.CONFIRM, now))
    return person
