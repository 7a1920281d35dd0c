"""The provider's signed reports, verified and translated into our words.

SendGrid's event webhook: a JSON array per POST, signed with ECDSA P-256 and
SHA-256 over timestamp and raw body (its document "Event Webhook Security
Features"). Its words stop here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.deliver import causes
from newsletter.deliver.machines import known_agent
from newsletter.deliver.mailboxes import mailbox
from newsletter.errors import BadValue, WrongUsage
from newsletter.journal import without_addresses
from newsletter.model import Event, EventKind

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

# SendGrid's event names. A `bounce` of type `blocked` is no bad address;
# a resubscription brings nobody back: that takes the person's own act.
_KINDS = {
    "processed": EventKind.PROCESSED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.BLOCKED,
    "dropped": EventKind.DROPPED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
# A text of an event is cut to so many letters.
_LONGEST = 2000
_FALLEN = (EventKind.BOUNCED, EventKind.BLOCKED, EventKind.DROPPED)
_LOOKS = (EventKind.OPENED, EventKind.CLICKED)
# Without these an event is none.
_NEEDED = frozenset({"event", "sg_event_id", "timestamp"})
_PASSED_OVER = frozenset({"group_resubscribe"})

# What a personal link starts with: of a click on one, this much is kept and nothing after it.
_PERSONAL = re.compile(
    r"(?i)^(https?://[^/?#]*/(?:[^/?#]+/)*?(?:leave|preferences|confirm|stay))/[^#]*"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What one POST held: events, and the reasons why single ones were set aside."""

    events: tuple[Event, ...]
    set_aside: tuple[str, ...]


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """Read a verification key: base64 of DER SubjectPublicKeyInfo, as SendGrid shows it."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise WrongUsage(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is no public key. Copy the verification key from "
            "SendGrid's page Settings, Mail Settings, Event Webhook, as it stands there."
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise WrongUsage("SENDGRID_WEBHOOK_PUBLIC_KEY is a key of another kind than ECDSA.")
    return key


def verify(
    keys: Sequence[ec.EllipticCurvePublicKey], signature: str, timestamp: str, raw: bytes
) -> bool:
    """Whether one of the keys signed this very body at this time stamp.

    Old time stamps pass: SendGrid tries for 24 hours, and events are unique by id.
    """
    try:
        der = base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    signed = timestamp.encode() + raw
    return any(_signed_by(key, der, signed) for key in keys)


def _signed_by(key: ec.EllipticCurvePublicKey, der: bytes, signed: bytes) -> bool:
    try:
        key.verify(der, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def parse(raw: bytes) -> Report:
    """Translate a POST's body. Raises `BadValue` if it is no JSON array at all."""
    rows = _read(raw)
    if not isinstance(rows, list):
        raise BadValue("The report is no JSON array.")
    events, aside = [], []
    for row in rows:
        try:
            event = _event(row)
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            aside.append(_reason(error))
        else:
            if event:
                events.append(event)
    return Report(tuple(events), tuple(aside))


def _read(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        told = str(error)
    # One event with half a letter (a lone surrogate, which JSON can spell) spoils no others.
    try:
        rows = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadValue(f"The report is no JSON: {told}") from None
    return [_whole(row) for row in rows] if isinstance(rows, list) else rows


def _whole(row: Any) -> Any:
    try:
        return orjson.loads(orjson.dumps(row))
    except (TypeError, ValueError):
        return None


def _reason(error: Exception) -> str:
    """What was wrong with an event, without its words: they may hold an address."""
    if isinstance(error, KeyError):
        name = str(error.args[0])
        return f"{name} is missing" if name in _NEEDED else "the kind of event is unknown"
    if isinstance(error, TypeError) and not str(error).startswith("text was expected"):
        return "it is no object"
    return "a value cannot be read" if isinstance(error, ValueError | OSError) else str(error)[:200]


def _event(row: dict[str, Any]) -> Event | None:
    name = row["event"]
    if name in _PASSED_OVER:
        return None
    if name == "bounce" and row.get("type") == "blocked":
        name = "blocked"
    kind = _KINDS[name]
    email = _words(row.get("email")).lower()
    reason = _words(row.get("reason") or row.get("response"))
    if "@" in reason:
        # Receiving servers like to quote the address that they will not take.
        reason = without_addresses(reason)
    why, lasting, machine, url = None, False, False, ""
    if kind in _FALLEN:
        status = _words(row.get("status"))
        named = _words(row.get("bounce_classification"))
        why = causes.cause(kind, named, status, reason)
        lasting = causes.lasting(kind, named, status, reason, row.get("type") == "expired")
    elif kind in _LOOKS:
        machine = bool(row.get("sg_machine_open")) or known_agent(_words(row.get("useragent")))
        url = _PERSONAL.sub(r"\1", _words(row.get("url")))
    return Event(
        id=_words(row["sg_event_id"]) or _missing("sg_event_id"),
        kind=kind,
        at=datetime.fromtimestamp(int(row["timestamp"]), tz=UTC),
        email=email,
        delivery=_words(row.get("delivery")),
        # Ours is what stands before the first dot; the rest names the recipient's copy.
        message_id=_words(row.get("sg_message_id")).partition(".")[0],
        reason=reason,
        permanent=lasting,
        machine=machine,
        url=url,
        cause=why,
        mailbox=mailbox(email),
    )


def _words(value: object) -> str:
    if type(value) is not str:
        if value is None:
            return ""
        if not isinstance(value, str | int):
            raise TypeError(f"text was expected where {type(value).__name__} stands")
        value = str(value)
    if len(value) > _LONGEST:
        value = value[:_LONGEST]
    # PostgreSQL takes no NUL in a text.
    return value.replace("\0", "") if "\0" in value else value


def _missing(name: str) -> str:
    raise ValueError(f"{name} is empty")
