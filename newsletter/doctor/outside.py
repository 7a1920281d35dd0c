"""Looks over the network: DNS, the provider's account, the readers' pages, the clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import httpx2

from newsletter.deliver.events import public_key
from newsletter.doctor import mailing
from newsletter.doctor.findings import Findings, Found, Level
from newsletter.errors import NewsletterError
from newsletter.settings import mailbox
from newsletter.wiring import House

_PATIENCE = 5.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# What the requests of `deliver.sendgrid` need, beside mail.send; each with what is lost without.
_SCOPES = {
    "mail.send": "nothing can be sent",
    "mail.batch.create": "nothing can be undone",
    "user.scheduled_sends.create": "nothing can be undone",
    "user.scheduled_sends.read": "a repair cannot see what is cancelled",
    "suppression.read": "bounces of other programs are not heard of",
    "suppression.create": "who leaves before the hour of delivery still gets the issue",
    "suppression.delete": "who comes back is still dropped",
}
# Scopes that no newsletter needs: a stolen key with them does more than send.
_TOO_MUCH = ("api_keys.create", "billing.update", "teammates.create", "user.password.update")
_SKEW = timedelta(seconds=60)


def records(house: House) -> Findings:
    """SPF, DKIM and DMARC of the sender's domain."""
    address = mailbox(house.settings.from_)[1]
    if not address:
        yield Found("DNS", Level.UNSEEN, "there is no sender", "Set NEWSLETTER_FROM.")
        return
    domain = address.rpartition("@")[2].lower()
    resolver = _resolver(house.settings.dns_server)
    selectors = house.settings.dkim_selectors
    wanted = mailing.names(domain, selectors)
    with ThreadPoolExecutor(len(wanted)) as pool:
        texts = dict(
            zip(wanted, pool.map(lambda name: _texts(resolver, name), wanted), strict=True)
        )
    if silent := [name for name, found in texts.items() if found is None]:
        yield Found(
            "DNS",
            Level.UNSEEN,
            f"DNS did not answer for {silent[0]}",
            "Check this machine's network and name server, and run it again.",
        )
        return
    yield from mailing.judge(
        domain, selectors, {name: found or [] for name, found in texts.items()}
    )


def _resolver(server: str) -> dns.resolver.Resolver:
    if not server:
        return dns.resolver.Resolver()
    host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    found = dns.resolver.Resolver(configure=False)
    found.nameservers, found.port = [host], int(port)
    return found


def _texts(resolver: dns.resolver.Resolver, name: str) -> list[str] | None:
    """The TXT records of a name, aliases followed; None if DNS did not answer."""
    try:
        answer = resolver.resolve(name, "TXT", lifetime=_PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]


def provider(house: House) -> Findings:
    """The key, what it may do, whom it may send as, and the key of the webhook."""
    if house.settings.local:
        yield Found(
            "SendGrid",
            Level.NOTE,
            "no key is set: mail goes to the local sandbox's outbox",
            "Set SENDGRID_API_KEY to send to the world.",
        )
        return
    account = house.provider.account()
    yield from _scopes(set(account.scopes))
    if account.at:
        yield from _clock(account.at)
    yield from _sender(house)
    yield from _webhook(house)


def _scopes(has: set[str]) -> Findings:
    missing = {scope: why for scope, why in _SCOPES.items() if scope not in has}
    for scope, why in missing.items():
        yield Found(
            "SendGrid",
            Level.ERROR if scope == "mail.send" else Level.WARNING,
            f"the key may not do {scope}: {why}",
            "Make a key with Mail Send, Scheduled Sends and Suppressions: docs/going-live.md.",
        )
    if not missing:
        yield Found("SendGrid", Level.OK, "the key may do all that is needed")
    if extra := [scope for scope in _TOO_MUCH if scope in has]:
        yield Found(
            "SendGrid",
            Level.WARNING,
            f"the key may also do {', '.join(extra)}, which no newsletter needs",
            "Make a key with restricted access: docs/going-live.md.",
        )


def _clock(theirs: datetime) -> Findings:
    apart = abs(datetime.now(UTC) - theirs)
    seconds = round(apart.total_seconds())
    if apart > _SKEW:
        yield Found(
            "clock",
            Level.ERROR,
            f"this machine's clock and SendGrid's are {seconds} s apart",
            "Set the clock by NTP: hours of delivery, links and leases depend on it.",
        )
    else:
        yield Found("clock", Level.OK, "it agrees with SendGrid's")


def _sender(house: House) -> Findings:
    address = mailbox(house.settings.from_)[1].lower()
    if not address:
        return
    try:
        known = house.provider.may_send_as(address)
    except NewsletterError as error:
        yield Found(
            "sender",
            Level.UNSEEN,
            f"SendGrid does not tell this key whom it may send as ({error})",
            "Look yourself: Settings, Sender Authentication.",
        )
        return
    if known:
        yield Found("sender", Level.OK, f"SendGrid lets you send as {address}")
    else:
        yield Found(
            "sender",
            Level.ERROR,
            f"SendGrid knows no verified sender or domain for {address}, and refuses such mail",
            "Authenticate its domain: Settings, Sender Authentication (docs/going-live.md).",
        )


def _webhook(house: House) -> Findings:
    ours = house.settings.sendgrid_webhook_public_key
    if not ours:
        yield Found(
            "webhook",
            Level.ERROR,
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not set: bounces and complaints are refused",
            "Switch on the signed Event Webhook and set its verification key: docs/going-live.md.",
        )
        return
    for text in ours:
        public_key(text)
    try:
        theirs = house.provider.webhook_key()
    except NewsletterError:
        yield Found(
            "webhook",
            Level.OK,
            "its key can be read; this API key may not ask whether it is SendGrid's",
        )
        return
    if theirs in ours:
        yield Found("webhook", Level.OK, "its key is SendGrid's")
    else:
        yield Found(
            "webhook",
            Level.ERROR,
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not the key that SendGrid signs with",
            "Copy it anew: Settings, Mail Settings, Event Webhook, Signature Verification.",
        )


def pages(house: House) -> Findings:
    """Whether readers' links lead somewhere, by HTTPS."""
    base = house.settings.base_url
    parts = urlsplit(base)
    if parts.hostname in _LOOPBACK:
        level = Level.NOTE if house.settings.local else Level.ERROR
        yield Found(
            "pages",
            level,
            f"links in mails lead to {base}, which only this machine can open",
            "Set NEWSLETTER_BASE_URL to the public address.",
        )
    elif parts.scheme != "https":
        yield Found(
            "pages",
            Level.ERROR,
            f"{base} is not HTTPS: one-click leaving needs it (RFC 8058)",
            "Put a web server with HTTPS before newsletter serve, and say https in "
            "NEWSLETTER_BASE_URL.",
        )
    try:
        answer = httpx2.get(f"{base}/healthz", timeout=_PATIENCE, follow_redirects=False)
    except httpx2.HTTPError as error:
        yield Found(
            "pages",
            Level.NOTE if parts.hostname in _LOOPBACK else Level.ERROR,
            f"{base} does not answer ({_said(error)})",
            "Run newsletter serve behind it, and check its certificate.",
        )
        return
    if answer.status_code != 200 or "ok" not in answer.text:
        yield Found(
            "pages",
            Level.ERROR,
            f"{base}/healthz answers {answer.status_code}, as no Newsletter does",
            "Check where NEWSLETTER_BASE_URL leads.",
        )
    else:
        yield Found("pages", Level.OK, f"{base} answers")


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
