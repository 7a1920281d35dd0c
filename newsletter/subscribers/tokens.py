"""Signed links: opaque, bound to one purpose, without an address inside.

A token is `1` (the version) and 36 characters of URL-safe base64: 7 bytes subscriber
number, 4 bytes minute of issue, 16 bytes MAC. The MAC is keyed BLAKE2b (RFC 7693), whose
`person` field holds the purpose, so that a link to leave is no link to confirm. Contexts
are keyed once and copied, which makes a million of them in a send affordable.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from newsletter.errors import BadValue, WrongUsage

_VERSION = "1"
_FORM = re.compile(r"1[A-Za-z0-9_-]{36}")
_BODY, _MAC = 11, 16
_LETTERS = (_BODY + _MAC) * 4 // 3
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
SHORTEST_SECRET = 16


class Purpose(StrEnum):
    """What a link is good for; at most 16 letters, they go into the MAC."""

    CONFIRM = "confirm"
    LEAVE = "leave"
    PREFERENCES = "preferences"
    UNDO = "undo leave"
    OWNER = "owner"
    ADDRESS = "new address"
    STAY = "stay"


class Expired(BadValue):
    """The link was ours and its time is over; `number` is whose it was."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number


class Tokens:
    """Signs with the first secret and reads what any of them signed."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        *,
        confirm_lasts: timedelta = timedelta(days=7),
        undo_lasts: timedelta = timedelta(hours=1),
        owner_lasts: timedelta = timedelta(hours=1),
        address_lasts: timedelta = timedelta(days=2),
    ) -> None:
        """Take at least one secret of `SHORTEST_SECRET` bytes; raise `WrongUsage` otherwise."""
        if not secrets or min(map(len, secrets)) < SHORTEST_SECRET:
            raise WrongUsage(
                f"A secret that signs links needs at least {SHORTEST_SECRET} bytes. "
                "Set NEWSLETTER_SECRET to a long random text."
            )
        # Links in mails must work for as long as the mail exists (CAN-SPAM asks for 30 days).
        self._lasts: dict[Purpose, timedelta | None] = {
            Purpose.CONFIRM: confirm_lasts,
            Purpose.UNDO: undo_lasts,
            # Mailed on request, for what a forwarded mail must not open.
            Purpose.OWNER: owner_lasts,
            Purpose.ADDRESS: address_lasts,
            Purpose.LEAVE: None,
            Purpose.PREFERENCES: None,
            Purpose.STAY: None,
        }
        self._contexts = {
            purpose: tuple(_context(secret, purpose) for secret in secrets) for purpose in Purpose
        }

    def sign(self, purpose: Purpose, subscriber_id: int, now: datetime) -> str:
        return self.many(purpose, [subscriber_id], now)[0]

    def many(self, purpose: Purpose, subscriber_ids: Iterable[int], now: datetime) -> list[str]:
        """Sign for many subscribers at one moment: 1 us each, half of what one by one takes."""
        copy = self._contexts[purpose][0].copy
        minute = int(now.timestamp()) // 60
        raw: list[bytes] = []
        for subscriber_id in subscriber_ids:
            body = ((subscriber_id << 32) | minute).to_bytes(_BODY, "big")
            mac = copy()
            mac.update(body)
            raw += (body, mac.digest())
        # 27 bytes make 36 letters exactly, so all of them can be encoded in one go.
        text = binascii.b2a_base64(b"".join(raw), newline=False).translate(_URL_SAFE).decode()
        return [_VERSION + text[at : at + _LETTERS] for at in range(0, len(text), _LETTERS)]

    def read(self, purpose: Purpose, token: str, now: datetime) -> int:
        """Give the subscriber's number; raise `BadValue`, or `Expired` for an old link of ours."""
        if not _FORM.fullmatch(token):
            raise BadValue("This link is not complete. Copy the whole address from the mail.")
        raw = base64.urlsafe_b64decode(token[1:])
        body, given = raw[:_BODY], raw[_BODY:]
        if not any(_matches(context, body, given) for context in self._contexts[purpose]):
            raise BadValue("This link is not one of ours. Copy the whole address from the mail.")
        number = int.from_bytes(body, "big")
        lasts = self._lasts[purpose]
        if (
            lasts is not None
            and now.timestamp() - (number & 0xFFFFFFFF) * 60 > lasts.total_seconds()
        ):
            raise Expired("This link is too old to be used. Ask for a new one.", number >> 32)
        return number >> 32


def fingerprint(secret: bytes, key: str) -> str:
    """Give the keyed hash (64 hex digits) by which an erased address is recognised, not known."""
    return blake2b(
        key.encode(), key=_derived(secret), digest_size=32, person=b"erasure"
    ).hexdigest()


def key_name(secret: bytes) -> str:
    """Name a key without telling it (8 hex digits), so that a missing one can be noticed."""
    return blake2b(_derived(secret), digest_size=4, person=b"key name").hexdigest()


def _context(secret: bytes, purpose: Purpose) -> blake2b:
    return blake2b(key=_derived(secret), digest_size=_MAC, person=purpose.value.encode())


def _derived(secret: bytes) -> bytes:
    """BLAKE2b keys have at most 64 bytes; secrets may be longer."""
    return blake2b(secret, digest_size=64, person=b"newsletter").digest()


def _matches(context: blake2b, body: bytes, given: bytes) -> bool:
    mac = context.copy()
    mac.update(body)
    return hmac.compare_digest(mac.digest(), given)
