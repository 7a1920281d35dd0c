"""Joining, confirming, leaving, and whole lists at a time: the shell around `subscribers`.

In come what a form, a link, a file or the provider says, and the store; out come what
became of it, proof of consent, and mail that waits in `store.mails`. Nothing here sends.
"""

from newsletter.signup.joining import Ask, Joined, Limits, Visit, join, join_all
from newsletter.signup.listing import ImportReport, aside_writer, export_csv, import_csv, rows
from newsletter.signup.moving import ask_new_address, ask_owner, move, wish
from newsletter.signup.people import (
    MAY_RETURN,
    Confirmed,
    Left,
    come_back,
    confirm,
    leave,
    leave_noted,
)
from newsletter.signup.person import SECTION_BITS, choose, count, forget, look, my_data, show
from newsletter.signup.refusing import domains, refusal
from newsletter.signup.reporting import reported, reported_all
from newsletter.signup.spool import Spool
from newsletter.signup.tidying import Keeping, Tidied, tidy
from newsletter.signup.together import Joins

__all__ = [
    "MAY_RETURN",
    "SECTION_BITS",
    "Ask",
    "Confirmed",
    "ImportReport",
    "Joined",
    "Joins",
    "Keeping",
    "Left",
    "Limits",
    "Spool",
    "Tidied",
    "Visit",
    "aside_writer",
    "ask_new_address",
    "ask_owner",
    "choose",
    "come_back",
    "confirm",
    "count",
    "domains",
    "export_csv",
    "forget",
    "import_csv",
    "join",
    "join_all",
    "leave",
    "leave_noted",
    "look",
    "move",
    "my_data",
    "refusal",
    "reported",
    "reported_all",
    "rows",
    "show",
    "tidy",
    "wish",
]
