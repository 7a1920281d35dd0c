"""What the law asks of every mail: who sends it, from where, and the way out.

CAN-SPAM (15 U.S.C. 7704): true sender and subject, postal address, opt-out. RFC 8058 asks for
a visible link beside the headers. That the mail gives no medical advice is our own rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr

from newsletter.compose.preflight.proof import Proof, folded
from newsletter.errors import BadValue
from newsletter.model import LEAVE_URL, PREFERENCES_URL, Email, Finding, Level
from newsletter.urls import on_this_machine

_NO_ADVICE = re.compile(
    r"\b(?:no|not|never|cannot|\w+n['’]t|instead of|replaces? neither)\b[^.]{0,120}?"
    r"\b(?:medical|a doctor['’]?s|professional|clinical) advice\b",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|sv)\s*:", re.IGNORECASE)
# RFC 8058, sections 3.1 and 3.2: one https address, and the body that programs POST to it.
_LEAVE_BY = re.compile(r"<(https?)://[^<>\s]+>")
_ONE_CLICK = "List-Unsubscribe=One-Click"
_ASK = "Ask whoever looks after the template to add it."


def check(proof: Proof) -> Iterator[Finding]:
    """Look for sender, postal address, way out and the words about advice, in both parts."""
    yield from _sender(proof)
    yield from _postal(proof)
    yield from _way_out(proof)
    yield from _one_click(proof)
    for place, text in _parts(proof).items():
        if not _NO_ADVICE.search(" ".join(text.split())):
            yield _finding(
                place,
                "The mail does not say that it is no medical advice.",
                "Add to the template a line such as: This newsletter is not medical advice.",
            )
    if _REPLY.match(proof.issue.subject):
        yield _finding(
            "subject",
            "The subject looks like an answer to a mail, which it is not. The law asks for a "
            "true subject.",
            "Take Re: or Fwd: away.",
        )


def _finding(place: str, text: str, cure: str, level: Level = Level.ERROR) -> Finding:
    return Finding(level, "law", place, text, cure)


def _parts(proof: Proof) -> dict[str, str]:
    """The words of both parts; styles and comments are no words."""
    words = proof.page.xpath("//body//text()[not(ancestor::style or ancestor::script)]")
    return {"html": " ".join(words), "text": proof.rendered.text}


def _sender(proof: Proof) -> Iterator[Finding]:
    _, address = parseaddr(proof.masthead.sender)
    try:
        Email.parse(address)
    except BadValue:
        yield _finding(
            "masthead",
            "The mail has no sender that readers could answer to."
            if not proof.masthead.sender.strip()
            else f"“{proof.masthead.sender}” is not a mail address to send from.",
            "Set NEWSLETTER_FROM to the newsletter's mail address.",
        )


def _postal(proof: Proof) -> Iterator[Finding]:
    address = folded(proof.masthead.postal_address)
    if not address:
        yield _finding(
            "masthead",
            "There is no postal address. The law asks for one in every mail.",
            "Set NEWSLETTER_POSTAL_ADDRESS to where letters reach you.",
        )
        return
    for place, text in _parts(proof).items():
        if address not in folded(text):
            yield _finding(place, "The postal address does not stand in the mail.", _ASK)


def _way_out(proof: Proof) -> Iterator[Finding]:
    addresses = {anchor.get("href", "").strip() for anchor in proof.page.iter("a")}
    if LEAVE_URL not in addresses:
        yield _finding("html", "No link in the mail lets a reader leave.", _ASK)
    if LEAVE_URL not in proof.rendered.text:
        yield _finding("text", "The plain text gives no address at which to leave.", _ASK)
    if PREFERENCES_URL not in addresses:
        yield _finding(
            "html", "No link in the mail leads to a reader's preferences.", _ASK, Level.WARNING
        )


def _one_click(proof: Proof) -> Iterator[Finding]:
    """Look at the headers by which mail programs show a button to leave."""
    if proof.context.headers is None:
        return
    headers = {name.lower(): value for name, value in proof.context.headers.items()}
    address = _LEAVE_BY.search(headers.get("list-unsubscribe", ""))
    if address is None:
        yield _finding(
            "plan",
            "The send plan has no List-Unsubscribe with an address on the web. Gmail and Yahoo "
            "ask for one of whoever sends in bulk.",
            "Set NEWSLETTER_BASE_URL to the public address of the newsletter's pages.",
        )
    elif headers.get("list-unsubscribe-post", "").strip() != _ONE_CLICK:
        yield _finding(
            "plan",
            f"The send plan lacks List-Unsubscribe-Post: {_ONE_CLICK}.",
            "Report it: the program should add it to every mail (RFC 8058).",
        )
    elif address[1] == "http" and not on_this_machine(proof.masthead.base_url):
        yield _finding(
            "plan",
            f"Readers would leave at {proof.masthead.base_url}, which is not encrypted; mail "
            "programs then show no button (RFC 8058).",
            "Set NEWSLETTER_BASE_URL to an address that starts with https://.",
        )
