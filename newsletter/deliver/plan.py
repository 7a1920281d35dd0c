"""From recipients and a rendered mail to request bodies, and from sizes to times.

Bodies are plain dicts in the shape of SendGrid's `POST /v3/mail/send`
(OpenAPI document tsg_mail_v3, 2026-01), built in one pass: the helper classes
take 30 times as long. `stencil` makes the part that differs from reader to reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from orjson import Fragment

from newsletter.model import (
    LEAVE_URL,
    PREFERENCES_URL,
    Masthead,
    Message,
    Recipient,
    Rendered,
    Week,
)

# SendGrid does not promise to cancel later than this before send_at.
SURE_TO_CANCEL = timedelta(minutes=10)
# A request that arrives this close to send_at may be too late for the wave.
LAST_CALL = timedelta(seconds=90)
# SendGrid takes send_at at most this far ahead.
FURTHEST = timedelta(hours=72)

# Mail that a person has just asked for goes past the provider's lists of those who left or
# bounced: by it they come back. A complaint is never passed by.
_ASKED_FOR = frozenset({"confirm", "welcome"})
_PAST_THE_LISTS = {
    "bypass_unsubscribe_management": {"enable": True},
    "bypass_bounce_management": {"enable": True},
}

_ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.1


@dataclass(frozen=True, slots=True)
class Tracking:
    """What SendGrid may add to a mail; both rewrite what readers get, so both are off at first."""

    clicks: bool = False
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """When a wave is delivered and until when it can be undone; both None: at once, for good."""

    send_at: datetime | None
    undo_until: datetime | None


def times(now: datetime, *, hand_over: timedelta, undo: timedelta, at: datetime | None) -> Times:
    """Choose one send_at for a wave: the hour asked for, or time to hand over and undo.

    An undo window of 0 without an hour gives no send_at: mail leaves as it is handed over.
    """
    if at is not None:
        return Times(at, at - SURE_TO_CANCEL)
    if not undo:
        return Times(None, None)
    until = now + hand_over + undo
    return Times(until + SURE_TO_CANCEL, until)


def hand_over_time(
    recipients: int, *, batch_size: int, in_flight: int, rate: float | None
) -> timedelta:
    """Estimate how long handing over takes: a second a request, or the rate asked for."""
    requests = -(-recipients // batch_size)
    seconds = requests / in_flight * 1.0 + 30
    if rate:
        seconds = max(seconds, recipients / rate + 30)
    return timedelta(seconds=round(seconds))


def envelope(
    rendered: Rendered,
    masthead: Masthead,
    *,
    week: Week,
    tracking: Tracking,
    test: bool = False,
) -> dict[str, Any]:
    """The part of a request that is the same for all batches of an issue."""
    return {
        **_from(masthead),
        "subject": rendered.subject,
        "content": [
            {"type": "text/plain", "value": rendered.text},
            {"type": "text/html", "value": rendered.html},
        ],
        "headers": {"List-ID": list_id(masthead)},
        "categories": ["test", f"test-{week}"] if test else ["issue", str(week)],
        "tracking_settings": _tracking(tracking),
    }


def body(
    shared: dict[str, Any],
    people: list[dict[str, Any]] | Fragment,
    *,
    batch_id: str = "",
    send_at: datetime | None = None,
) -> dict[str, Any]:
    """One request: the shared part and the personalizations, or the JSON of them."""
    request = {**shared, "personalizations": people}
    if batch_id:
        request["batch_id"] = batch_id
    if send_at is not None:
        request["send_at"] = int(send_at.timestamp())
    return request


def single(message: Message, masthead: Masthead) -> dict[str, Any]:
    """The request for one mail outside an issue. Nothing in it is tracked."""
    person: dict[str, Any] = {"to": [{"email": message.to}]}
    if message.headers:
        person["headers"] = message.headers
    request = {
        **_from(masthead),
        "subject": message.subject,
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "categories": [message.kind],
        "tracking_settings": _tracking(Tracking()),
        "personalizations": [person],
    }
    if message.kind in _ASKED_FOR:
        request["mail_settings"] = _PAST_THE_LISTS
    return request


def list_id(masthead: Masthead) -> str:
    """`Name <newsletter.host>` (RFC 2919); the host is the one that links lead to."""
    host = urlsplit(masthead.base_url).hostname or "localhost"
    name = "".join(c for c in masthead.title if c.isascii() and c.isprintable() and c not in '<>"')
    return f"{name.strip()} <newsletter.{host}>".strip()


def leave_headers(leave_url: str, mailto: str) -> dict[str, str]:
    """The headers of one-click leaving (RFC 8058): the https address first, a mailto beside it."""
    where = f"<{leave_url}>"
    if mailto:
        # A token has no letter that an address would have to escape.
        where += f", <mailto:{mailto}?subject=leave%20{leave_url.rpartition('/')[2]}>"
    return {"List-Unsubscribe": where, "List-Unsubscribe-Post": _ONE_CLICK}


def personalization(one: Recipient, mailto: str) -> dict[str, Any]:
    """What differs from reader to reader; `stencil` fills in the same, a thousand at a time.

    No address stands in `custom_args`: events bring them back, and they are kept long.
    """
    return {
        "to": [{"email": one.email, "name": one.name} if one.name else {"email": one.email}],
        "substitutions": {LEAVE_URL: one.leave_url, PREFERENCES_URL: one.preferences_url},
        "headers": leave_headers(one.leave_url, mailto),
        "custom_args": {"delivery": one.delivery},
    }


def _from(masthead: Masthead) -> dict[str, Any]:
    parts: dict[str, Any] = {"from": _mailbox(masthead.sender)}
    if masthead.reply_to:
        parts["reply_to"] = _mailbox(masthead.reply_to)
    return parts


def _mailbox(text: str) -> dict[str, str]:
    name, bracket, rest = text.rpartition("<")
    if not bracket:
        return {"email": text.strip()}
    mailbox = {"email": rest.rstrip("> ").strip()}
    # SendGrid refuses ; and , in a name.
    if name := name.strip(' "').translate({ord(";"): " ", ord(","): " "}):
        mailbox["name"] = name
    return mailbox


def answers_to(masthead: Masthead) -> str:
    """Where a mail that asks to leave goes: the address for answers, else the sender."""
    return _mailbox(masthead.reply_to or masthead.sender)["email"]


def _tracking(tracking: Tracking) -> dict[str, Any]:
    # Subscription tracking on would replace our List-Unsubscribe by SendGrid's own.
    return {
        "subscription_tracking": {"enable": False},
        "click_tracking": {"enable": tracking.clicks, "enable_text": False},
        "open_tracking": {"enable": tracking.opens},
    }
