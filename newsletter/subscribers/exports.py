"""What the columns of a list are called, in our own exports and in those of other programs.

A program is recognised by columns that no other one has. Its words for a state, and the
columns that only silent people fill in, become ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.model import State

_OURS = {state.value: state for state in State}
_ALSO = {
    "subscribed": State.ACTIVE,
    "confirmed": State.ACTIVE,
    "unconfirmed": State.PENDING,
    "unsubscribed": State.LEFT,
    "inactive": State.LEFT,
    "cleaned": State.BOUNCED,
}
_TRUE_IS_ACTIVE = {"true": State.ACTIVE, "1": State.ACTIVE, "false": State.LEFT, "0": State.LEFT}
_TRUE_IS_LEFT = {"true": State.LEFT, "1": State.LEFT, "false": State.ACTIVE, "0": State.ACTIVE}


@dataclass(frozen=True, slots=True)
class Form:
    """How one program writes a list.

    `marks` are the columns by which it is known; `columns` gives our name for each of its
    own; `states` its words for a state, by column; a cell in a column of `silences` says
    that its person is silent, whatever else the row says. `caution` is what an operator has
    to know of such a file.
    """

    program: str
    marks: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, State]] = field(default_factory=dict)
    silences: Mapping[str, State] = field(default_factory=dict)
    caution: str = ""


_EMAIL = dict.fromkeys(
    ("email", "e-mail", "mail", "email address", "e-mail address", "email_address"), "email"
)

PLAIN = Form(
    "",
    columns=_EMAIL
    | {
        "name": "name",
        "first name": "first",
        "last name": "last",
        "created_at": "created_at",
        "confirmed_at": "confirmed_at",
        "source": "source",
        "sections": "sections",
    },
    # A column that says who is silent must not be passed over because its name is not ours.
    states={"state": _OURS, "status": _OURS | _ALSO},
    silences=dict.fromkeys(
        ("unsubscribed_at", "unsubscribed at", "opt_out_at", "unsub_time"), State.LEFT
    )
    | {"clean_time": State.BOUNCED},
)

# Column names as the programs' own exports have them, in lower case. Read in listmonk's
# cmd/subscribers.go and Ghost's members-csv, in the exports of Mailchimp and Substack from
# which Ghost's migrate takes over, and in Buttondown's API (its subscriber types).
FORMS: Sequence[Form] = (
    # Files in one archive: subscribed, unsubscribed (UNSUB_TIME), cleaned (CLEAN_TIME), and
    # nonsubscribed, which looks like the first; see `NEVER_AGREED`.
    Form(
        "Mailchimp",
        frozenset({"leid", "euid"}),
        _EMAIL
        | {
            "first name": "first",
            "last name": "last",
            "optin_time": "created_at",
            "confirm_time": "confirmed_at",
        },
        silences={"unsub_time": State.LEFT, "clean_time": State.BOUNCED},
    ),
    Form(
        "Substack",
        frozenset({"email", "active_subscription", "expiry"}),
        _EMAIL | {"name": "name", "created_at": "created_at"},
        states={"email_disabled": _TRUE_IS_LEFT},
    ),
    Form(
        "Buttondown",
        frozenset({"creation_date"}),
        _EMAIL | {"creation_date": "created_at", "source": "source"},
        states=dict.fromkeys(
            ("type", "subscriber_type"),
            # What somebody pays, and whether that pauses, is not whether they read.
            dict.fromkeys(("regular", "premium", "gifted", "trialed", "paused"), State.ACTIVE)
            | dict.fromkeys(("churning", "churned", "past_due"), State.ACTIVE)
            | dict.fromkeys(("unactivated", "unpaid"), State.PENDING)
            | dict.fromkeys(("unsubscribed", "removed", "blocked", "disabled"), State.LEFT)
            | dict.fromkeys(("undeliverable", "malformed"), State.BOUNCED)
            | {"complained": State.COMPLAINED, "spammy": State.LEFT},
        ),
        silences={"unsubscription_date": State.LEFT, "undeliverability_date": State.BOUNCED},
    ),
    Form(
        "listmonk",
        frozenset({"uuid", "email", "attributes", "status"}),
        _EMAIL | {"name": "name", "created_at": "created_at"},
        states={
            "status": {
                "enabled": State.ACTIVE,
                "disabled": State.LEFT,
                "blocklisted": State.LEFT,
            }
        },
        caution="listmonk's export does not tell who left a list. Export one list at a time, "
        "with its subscription status 'confirmed'.",
    ),
    Form(
        "Ghost",
        frozenset({"email", "subscribed_to_emails", "complimentary_plan"}),
        _EMAIL | {"name": "name", "created_at": "created_at"},
        states={"subscribed_to_emails": _TRUE_IS_ACTIVE},
        silences={"deleted_at": State.LEFT},
    ),
)


# How Mailchimp names the file of those who bought something, say, and never subscribed.
NEVER_AGREED = "nonsubscribed_"


def form_of(labels: Sequence[str]) -> Form:
    """Give the form of a list with these column names, `PLAIN` for one that no program marks."""
    have = set(labels)
    return next((form for form in FORMS if form.marks <= have), PLAIN)
