"""What DNS says of a sender's domain, asked of a real name server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from newsletter.doctor import Level
from newsletter.doctor.mailing import judge, parents
from tests.stories.conftest import Person

GOOD = {
    "news.example.org": ["v=spf1 include:sendgrid.net ~all", "something=else"],
    "s1._domainkey.news.example.org": ["k=rsa; t=s; p=MIGfMA0GCSqGSIb3"],
    "_dmarc.example.org": ["v=DMARC1; p=quarantine; rua=mailto:d@example.org"],
}


@contextmanager
def name_server(records: Mapping[str, Sequence[str]], aliases: Mapping[str, str]) -> Iterator[str]:
    """Answer TXT questions over UDP, following aliases as an authority does; give its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    asked, who = bound.recvfrom(4096)
                except OSError:
                    return
                if asked == b"over":
                    return
                bound.sendto(_answer(asked, records, aliases), who)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = bound.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"over", (host, port))
            thread.join()


def _answer(
    asked: bytes, records: Mapping[str, Sequence[str]], aliases: Mapping[str, str]
) -> bytes:
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    name = query.question[0].name.to_text().rstrip(".")
    if alias := aliases.get(name):
        reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{alias}."))
        name = alias
    if texts := records.get(name):
        quoted = [f'"{text}"' for text in texts]
        reply.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", quoted))
    elif name not in records:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


def levels(
    records: Mapping[str, Sequence[str]], domain: str = "news.example.org"
) -> dict[str, Level]:
    return {one.check: one.level for one in judge(domain, ("s1", "s2"), records)}


def test_a_domain_that_is_set_up_well_passes() -> None:
    assert levels(GOOD) == {"SPF": Level.OK, "DKIM": Level.OK, "DMARC": Level.OK}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"news.example.org": []}, {"SPF": Level.WARNING}),
        ({"news.example.org": ["v=spf1 ~all", "v=spf1 -all"]}, {"SPF": Level.ERROR}),
        ({"news.example.org": ["v=spf1 +all"]}, {"SPF": Level.ERROR}),
        (
            {"s1._domainkey.news.example.org": []},
            {"DKIM": Level.ERROR, "DMARC": Level.ERROR},
        ),
        (
            {"s1._domainkey.news.example.org": ["v=DKIM1; p="]},
            {"DKIM": Level.ERROR, "DMARC": Level.ERROR},
        ),
        ({"_dmarc.example.org": []}, {"DMARC": Level.ERROR}),
        ({"_dmarc.example.org": ["v=DMARC1; p=none", "v=DMARC1; p=none"]}, {"DMARC": Level.ERROR}),
        ({"_dmarc.example.org": ["v=DMARC1; pct=100"]}, {"DMARC": Level.ERROR}),
    ],
)
def test_each_fault_is_found(change: dict[str, list[str]], wrong: dict[str, Level]) -> None:
    expected = {"SPF": Level.OK, "DKIM": Level.OK, "DMARC": Level.OK} | wrong

    assert levels({**GOOD, **change}) == expected


@pytest.mark.parametrize(("adkim", "level"), [("r", Level.OK), ("s", Level.ERROR)])
def test_a_key_of_the_domain_above_aligns_unless_strictness_is_asked_for(
    adkim: str, level: Level
) -> None:
    records = {
        "news.example.org": ["v=spf1 ~all"],
        "s2._domainkey.example.org": ["p=MIGf"],
        "_dmarc.example.org": [f"v=DMARC1; p=reject; adkim={adkim}"],
    }

    assert levels(records)["DMARC"] is level


def test_a_sub_domains_own_record_comes_before_the_one_above() -> None:
    records = {**GOOD, "_dmarc.news.example.org": ["v=DMARC1; p=oops"]}

    assert levels(records)["DMARC"] is Level.ERROR


def test_every_finding_that_is_not_well_has_a_cure() -> None:
    assert all(one.cure for one in judge("news.example.org", ("s1",), {}))


def test_parents_end_above_the_top_level() -> None:
    assert parents("a.b.example.org") == ["a.b.example.org", "b.example.org", "example.org"]


def test_the_doctor_asks_a_name_server_and_follows_aliases(person: Person) -> None:
    records = {
        **{name: texts for name, texts in GOOD.items() if not name.startswith("s1.")},
        "s1.domainkey.u123.wl1.sendgrid.net": ["k=rsa; p=MIGfMA0GCSqGSIb3"],
    }
    aliases = {"s1._domainkey.news.example.org": "s1.domainkey.u123.wl1.sendgrid.net"}
    with name_server(records, aliases) as server:
        person.settings["NEWSLETTER_DNS_SERVER"] = server
        found = {one["check"]: one for one in person.run("doctor", "--json").json}

    assert [found[name]["level"] for name in ("SPF", "DKIM", "DMARC")] == ["ok", "ok", "ok"]


def test_a_name_server_that_is_silent_is_told_as_unseen(person: Person) -> None:
    person.settings["NEWSLETTER_DNS_SERVER"] = "127.0.0.1:9"

    found = {one["check"]: one for one in person.run("doctor", "--json").json}

    assert found["DNS"]["level"] == "unseen"
    assert "network" in found["DNS"]["cure"]
