"""Subscribers: addresses that cannot be wrong, states, acts and consent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import BadValue

# Plain ASCII addresses that need no library to be settled: a dot-atom local part
# (RFC 5322 3.2.3, at most 64 octets, RFC 5321 4.5.3.1.1) at a host name with a
# letter in its top label. Everything else goes to email-validator.
_PLAIN = re.compile(
    r"(?=.{6,254}$)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_RESERVED = frozenset({"local", "localhost", "invalid", "arpa", "onion"})


@dataclass(frozen=True, slots=True)
class Email:
    """A mail address: `text` as the person writes it, `key` by which it is unique.

    The key is the whole address in lower case, with an IDNA domain: plus-addresses stay apart.
    """

    text: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Email:
        """Read one address, raise `BadValue` with a sentence for the person who wrote it."""
        text = text.strip()
        if _PLAIN.fullmatch(text):
            local, _, domain = text.rpartition("@")
            domain = domain.lower()
            if "xn--" not in domain and domain.rpartition(".")[2] not in _RESERVED:
                return cls(f"{local}@{domain}", text.lower())
        return cls._by_library(text)

    @classmethod
    def _by_library(cls, text: str) -> Email:
        if len(text) > 320:
            raise BadValue("The mail address is longer than an address can be.")
        try:
            valid = validate_email(text, check_deliverability=False, allow_smtputf8=True)
        except EmailNotValidError as error:
            raise BadValue(f"{text!r} is not a mail address: {error}") from error
        if valid.ascii_email is None:
            raise BadValue(
                f"{text!r} has letters before the @ that our mail provider cannot deliver to. "
                "Use an address with plain letters there."
            )
        return cls(valid.ascii_email, valid.ascii_email.lower())

    def masked(self) -> str:
        """`m…@example.org`, for pages that a stranger may see."""
        local, _, domain = self.text.rpartition("@")
        return f"{local[:1]}…@{domain}"

    def __str__(self) -> str:
        return self.text


class State(StrEnum):
    """Where a subscriber stands. Only `ACTIVE` ones are mailed."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Act(StrEnum):
    """What happens to a subscriber; each one that changes a state is logged as consent."""

    JOIN = "join"
    CONFIRM = "confirm"
    IMPORT = "import"
    LEAVE = "leave"
    BOUNCE = "bounce"
    COMPLAIN = "complain"


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int
    email: Email
    state: State
    name: str = ""
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    source: str = ""
    sections: int = 7
    """The sections wanted, as bits in the order of `Section`: 1, 2, 4."""
    paused_until: datetime | None = None
    asked: int = 0
    """How many confirmations were mailed since the last one was used, the last at `asked_at`."""
    asked_at: datetime | None = None


class Reported(NamedTuple):
    """An act of somebody that the provider tells of, and when it happened."""

    subscriber_id: int
    act: Act
    at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """Append-only proof of an act: when, from where, in which words.

    Each wording has a version, a number that the store gives it; 0 is none, or not stored yet.
    """

    act: Act
    at: datetime
    source: str
    wording: str = ""
    origin: str = ""
    user_agent: str = ""
    wording_version: int = 0
