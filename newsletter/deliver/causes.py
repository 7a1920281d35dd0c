"""Why a mail did not arrive, and whether it never will: tables over the provider's words.

SendGrid classifies bounces ("Bounce Classifications" in its documentation); the receiving
server's enhanced status code (RFC 3463) says more exactly what it was about.
"""

from __future__ import annotations

import re

from newsletter.model import Cause, EventKind

# SendGrid's `bounce_classification`.
_CLASSES = {
    "invalid address": Cause.INVALID,
    "mailbox unavailable": Cause.UNAVAILABLE,
    "technical": Cause.TECHNICAL,
    "technical failure": Cause.TECHNICAL,
    "content": Cause.CONTENT,
    "reputation": Cause.REPUTATION,
    "frequency or volume too high": Cause.VOLUME,
    "frequency/volume too high": Cause.VOLUME,
}
# The middle number of a status code, by subject (RFC 3463, section 3).
_SUBJECTS = {
    "1": Cause.INVALID,
    "2": Cause.UNAVAILABLE,
    "3": Cause.TECHNICAL,
    "4": Cause.TECHNICAL,
    "5": Cause.TECHNICAL,
    "6": Cause.CONTENT,
    "7": Cause.REPUTATION,
}
# Details that say otherwise than their subject: the sender's address; a mailbox that is closed.
_DETAILS = {
    "1.7": Cause.TECHNICAL,
    "1.8": Cause.TECHNICAL,
    "2.1": Cause.INVALID,
}
# SendGrid's reasons of a drop.
_DROPS = {
    "invalid": Cause.INVALID,
    "bounced address": Cause.INVALID,
    "unsubscribed address": Cause.SUPPRESSED,
    "spam reporting address": Cause.SUPPRESSED,
    "recipient list over package quota": Cause.TECHNICAL,
    "spam content (if spam checker app is enabled)": Cause.CONTENT,
    "spam content": Cause.CONTENT,
    "invalid smtpapi header": Cause.TECHNICAL,
}
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")


def cause(kind: EventKind, classification: str, status: str, reason: str) -> Cause | None:
    """Say why a mail did not arrive; None for events of other kinds."""
    if kind is EventKind.DROPPED:
        return _DROPS.get(reason.lower(), Cause.UNCLASSIFIED)
    if kind not in (EventKind.BOUNCED, EventKind.BLOCKED):
        return None
    if named := _CLASSES.get(classification.lower()):
        return named
    code = _code(status, reason)
    if code is None:
        return Cause.UNCLASSIFIED
    _, subject, detail = code
    return _DETAILS.get(f"{subject}.{detail}") or _SUBJECTS.get(subject, Cause.UNCLASSIFIED)


def lasting(kind: EventKind, classification: str, status: str, reason: str, expired: bool) -> bool:
    """Say whether the address is bad for good: a hard bounce, or a drop for that reason.

    A bounce is hard unless it says that it is not: a passing status (4.x.x), a full mailbox
    (x.2.2), days of trying in vain, or SendGrid's class that is not about the address.
    """
    if kind is EventKind.DROPPED:
        return cause(kind, classification, status, reason) is Cause.INVALID
    if kind is not EventKind.BOUNCED or expired:
        return False
    code = _code(status, reason)
    if code:
        severity, subject, detail = code
        if severity == "4" or (subject, detail) == ("2", "2"):
            return False
        if subject == "1" and f"1.{detail}" not in _DETAILS:
            return True
    return _CLASSES.get(classification.lower(), Cause.INVALID) is Cause.INVALID


def _code(status: str, reason: str) -> tuple[str, str, str] | None:
    found = _STATUS.search(status) or _STATUS.search(reason)
    return (found[1], found[2], found[3]) if found else None
