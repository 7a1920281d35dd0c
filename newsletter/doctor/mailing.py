"""What DNS records say of mail from a domain: SPF, DKIM, DMARC and whether they agree.

Pure: TXT records come in by name, findings come out. RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489
(DMARC); Gmail, Yahoo and Microsoft ask bulk senders for all three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newsletter.doctor.findings import Findings, Found, Level

Records = Mapping[str, Sequence[str]]

_AUTHENTICATE = (
    "Authenticate the domain at SendGrid (Settings, Sender Authentication) and put the records it "
    "shows into DNS."
)


def parents(domain: str) -> list[str]:
    """A domain and those above it, down to two labels: `a.b.example.org` gives three."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]


def names(domain: str, selectors: Sequence[str]) -> list[str]:
    """Every name whose TXT records `judge` wants to see."""
    wanted = [domain]
    for one in parents(domain):
        wanted.append(f"_dmarc.{one}")
        wanted += [f"{selector}._domainkey.{one}" for selector in selectors]
    return wanted


def judge(domain: str, selectors: Sequence[str], records: Records) -> Findings:
    """Say how mail from `domain` stands with those who receive it."""
    yield from _spf(domain, records)
    signs = [one for one in parents(domain) if list(_keys(one, selectors, records))]
    yield from _dkim(domain, selectors, records, signs)
    yield from _dmarc(domain, records, signs)


def _spf(domain: str, records: Records) -> Iterator[Found]:
    found = [one for one in records.get(domain, ()) if one.lower().split()[:1] == ["v=spf1"]]
    if not found:
        yield Found(
            "SPF",
            Level.WARNING,
            f"{domain} has no SPF record; only SendGrid's sub-domain for bounces can pass",
            f"{_AUTHENTICATE} To be sure, add the TXT record: v=spf1 include:sendgrid.net ~all",
        )
    elif len(found) > 1:
        yield Found(
            "SPF",
            Level.ERROR,
            f"{domain} has {len(found)} SPF records, and receivers then count none",
            "Put all senders into one record.",
        )
    elif "+all" in found[0].lower().split() or found[0].lower().split()[-1] == "all":
        yield Found(
            "SPF",
            Level.ERROR,
            f"the SPF record of {domain} lets everybody send as you",
            "End it with ~all or -all.",
        )
    else:
        yield Found("SPF", Level.OK, f"{domain} has one SPF record")


def _keys(domain: str, selectors: Sequence[str], records: Records) -> Iterator[str]:
    for selector in selectors:
        for text in records.get(f"{selector}._domainkey.{domain}", ()):
            if _tags(text).get("p"):
                yield selector


def _dkim(
    domain: str, selectors: Sequence[str], records: Records, signs: Sequence[str]
) -> Iterator[Found]:
    if signs:
        keys = ", ".join(_keys(signs[0], selectors, records))
        yield Found("DKIM", Level.OK, f"{signs[0]} has keys under {keys}")
        return
    withdrawn = any(
        "p" in _tags(text)
        for one in parents(domain)
        for selector in selectors
        for text in records.get(f"{selector}._domainkey.{one}", ())
    )
    yield Found(
        "DKIM",
        Level.ERROR,
        f"the keys of {domain} are withdrawn (empty p=)"
        if withdrawn
        else f"{domain} has no DKIM key under {', '.join(selectors)}",
        f"{_AUTHENTICATE} If SendGrid shows other selectors, name them in "
        "NEWSLETTER_DKIM_SELECTORS.",
    )


def _dmarc(domain: str, records: Records, signs: Sequence[str]) -> Iterator[Found]:
    for place in parents(domain):
        found = [_tags(one) for one in records.get(f"_dmarc.{place}", ()) if _is_dmarc(one)]
        if found:
            break
    else:
        yield Found(
            "DMARC",
            Level.ERROR,
            f"{domain} has no DMARC record, which Gmail and Yahoo ask of bulk senders",
            f"Add the TXT record _dmarc.{parents(domain)[-1]}: v=DMARC1; p=none; "
            f"rua=mailto:dmarc@{parents(domain)[-1]}",
        )
        return
    tags = found[0]
    policy = tags.get("sp" if place != domain and "sp" in tags else "p", "").lower()
    if len(found) > 1 or policy not in {"none", "quarantine", "reject"}:
        yield Found(
            "DMARC",
            Level.ERROR,
            f"the DMARC record of {place} cannot be read: "
            + ("there are several" if len(found) > 1 else f"its policy is {policy!r}"),
            "Leave one record with p=none, p=quarantine or p=reject.",
        )
        return
    strict = tags.get("adkim", "r").lower() == "s"
    if signs and strict and domain not in signs:
        yield Found(
            "DMARC",
            Level.ERROR,
            f"{place} asks for strict alignment (adkim=s), and the key is that of {signs[0]}: "
            f"mail from {domain} fails",
            f"Authenticate {domain} itself at SendGrid, or ask for adkim=r.",
        )
    elif not signs:
        yield Found(
            "DMARC",
            Level.ERROR,
            f"{place} asks for DMARC ({policy}), and without a DKIM key of your own mail fails it",
            _AUTHENTICATE,
        )
    else:
        yield Found("DMARC", Level.OK, f"{place} has DMARC ({policy}), and DKIM aligns with it")


def _is_dmarc(text: str) -> bool:
    return text.lower().replace(" ", "").startswith("v=dmarc1")


def _tags(text: str) -> dict[str, str]:
    """`v=DMARC1; p=none` as a dictionary; keys in lower case."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, _, value in pairs if key.strip()}
