"""Signed reports: what is believed, and what it is called here."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliver import events
from newsletter.errors import BadValue, WrongUsage
from newsletter.model import Cause, EventKind

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
RAW = b'[{"event":"delivered"}]\r\n'


def _text(key: ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def _sign(raw: bytes, timestamp: str = "1763467200") -> str:
    signature = KEY.sign(timestamp.encode() + raw, ec.ECDSA(SHA256()))
    return base64.b64encode(signature).decode()


def _row(**fields: Any) -> dict[str, Any]:
    return {
        "event": "delivered",
        "sg_event_id": "e1",
        "timestamp": 1763467200,
        "email": "Reader@Example.org",
        "delivery": "ref-7",
        "sg_message_id": "abc.recvd-1",
    } | fields


def _one(**fields: Any) -> Any:
    return events.parse(json.dumps([_row(**fields)]).encode()).events[0]


def test_a_report_signed_by_a_known_key_is_believed() -> None:
    keys = [events.public_key(_text(OTHER)), events.public_key(_text(KEY))]

    assert events.verify(keys, _sign(RAW), "1763467200", RAW)


@pytest.mark.parametrize(
    ("signature", "timestamp", "raw"),
    [
        (_sign(RAW), "1763467201", RAW),
        (_sign(RAW), "1763467200", RAW.replace(b"\r\n", b"")),
        (_sign(RAW), "1763467200", b""),
        ("", "1763467200", RAW),
        ("not base64!", "1763467200", RAW),
        (base64.b64encode(b"no DER").decode(), "1763467200", RAW),
    ],
    ids=["time", "end of line", "body", "no signature", "no base64", "no DER"],
)
def test_a_changed_body_time_or_signature_is_refused(
    signature: str, timestamp: str, raw: bytes
) -> None:
    assert not events.verify([events.public_key(_text(KEY))], signature, timestamp, raw)


def test_another_key_and_no_key_believe_nothing() -> None:
    assert not events.verify([events.public_key(_text(OTHER))], _sign(RAW), "1763467200", RAW)
    assert not events.verify([], _sign(RAW), "1763467200", RAW)


@pytest.mark.parametrize("text", ["", "hello", base64.b64encode(b"x" * 40).decode()])
def test_a_key_that_is_none_is_told_with_where_to_find_it(text: str) -> None:
    with pytest.raises(WrongUsage, match="SENDGRID_WEBHOOK_PUBLIC_KEY"):
        events.public_key(text)


def test_the_providers_words_are_translated_at_the_door() -> None:
    event = _one()

    assert event.kind is EventKind.DELIVERED
    assert event.at == datetime(2025, 11, 18, 12, tzinfo=UTC)
    assert event.email == "reader@example.org"
    assert event.delivery == "ref-7"
    assert event.message_id == "abc"


@pytest.mark.parametrize(
    ("fields", "kind", "permanent"),
    [
        ({"event": "bounce", "type": "bounce"}, EventKind.BOUNCED, True),
        ({"event": "bounce", "type": "blocked"}, EventKind.BLOCKED, False),
        ({"event": "dropped", "reason": "Invalid"}, EventKind.DROPPED, True),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, EventKind.DROPPED, False),
        ({"event": "dropped", "reason": "Bounced Address"}, EventKind.DROPPED, True),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, EventKind.DROPPED, False),
        ({"event": "spamreport"}, EventKind.COMPLAINED, False),
        ({"event": "group_unsubscribe"}, EventKind.UNSUBSCRIBED, False),
        ({"event": "open", "sg_machine_open": True}, EventKind.OPENED, False),
    ],
)
def test_a_block_is_no_bad_address_and_a_complaint_is_our_word(
    fields: dict[str, Any], kind: EventKind, permanent: bool
) -> None:
    event = _one(**fields)

    assert event.kind is kind
    assert event.permanent is permanent


def test_a_resubscription_brings_nobody_back() -> None:
    report = events.parse(json.dumps([_row(event="group_resubscribe")]).encode())

    assert report.events == ()
    assert report.set_aside == ()


@pytest.mark.parametrize(
    "row",
    [
        {},
        [],
        None,
        7,
        _row(event="teleported"),
        _row(timestamp="soon"),
        _row(timestamp=10**30),
        _row(sg_event_id=""),
        _row(sg_event_id={"a": 1}),
        _row(email=["x"]),
    ],
)
def test_a_malformed_event_is_set_aside_and_the_rest_is_kept(row: object) -> None:
    report = events.parse(json.dumps([row, _row()]).encode())

    assert len(report.events) == 1
    assert len(report.set_aside) == 1


@pytest.mark.parametrize("raw", [b"", b"{}", b"not json", b'"text"'])
def test_a_body_that_is_no_array_is_refused(raw: bytes) -> None:
    with pytest.raises(BadValue):
        events.parse(raw)


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)))
def test_no_array_of_anything_brings_it_down(rows: list[Any]) -> None:
    report = events.parse(json.dumps(rows).encode())

    assert len(report.set_aside) == len(rows)


@pytest.mark.parametrize(
    ("fields", "cause", "lasting"),
    [
        ({"bounce_classification": "Invalid Address"}, Cause.INVALID, True),
        ({"bounce_classification": "Mailbox Unavailable"}, Cause.UNAVAILABLE, False),
        ({"bounce_classification": "Reputation", "status": "5.7.1"}, Cause.REPUTATION, False),
        ({"bounce_classification": "Technical", "status": "5.1.1"}, Cause.TECHNICAL, True),
        ({"status": "5.1.1"}, Cause.INVALID, True),
        ({"status": "5.0.0", "reason": "500 unknown recipient"}, Cause.UNCLASSIFIED, True),
        ({"reason": "552 5.2.2 The mailbox is full"}, Cause.UNAVAILABLE, False),
        ({"status": "4.4.1"}, Cause.TECHNICAL, False),
        ({"type": "expired", "status": "5.1.1"}, Cause.INVALID, False),
        ({"status": "5.2.1"}, Cause.INVALID, True),
        ({"reason": "from 10.5.1.1.example"}, Cause.UNCLASSIFIED, True),
        ({}, Cause.UNCLASSIFIED, True),
    ],
)
def test_why_a_mail_bounced_and_whether_it_ever_will_arrive(
    fields: dict[str, Any], cause: Cause, lasting: bool
) -> None:
    event = _one(**{"event": "bounce", "type": "bounce", "response": None, **fields})

    assert (event.kind, event.cause, event.permanent) == (EventKind.BOUNCED, cause, lasting)


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Ada@GMAIL.com", "Gmail"),
        ("ada@hotmail.co.uk", "Outlook"),
        ("ada@yahoo.com.br", "Yahoo"),
        ("ada@yahoo.co.jp", "Yahoo Japan"),
        ("ada@nhs.net", "NHSmail"),
        ("ada@live.hospital.example.org", "other"),
        ("ada@gmail.com.evil.example", "other"),
        ("", "other"),
    ],
)
def test_a_mailbox_provider_is_known_by_its_domains(email: str, mailbox: str) -> None:
    assert _one(email=email).mailbox == mailbox


@pytest.mark.parametrize(
    ("fields", "machine"),
    [
        ({"event": "open", "sg_machine_open": True, "useragent": "Mozilla/5.0"}, True),
        ({"event": "open", "useragent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, False),
        ({"event": "click", "useragent": "Mozilla/5.0"}, True),
        ({"event": "click", "useragent": "python-requests/2.32"}, True),
        ({"event": "click", "useragent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140"}, False),
        ({"event": "delivered", "useragent": ""}, False),
    ],
)
def test_a_program_that_says_its_name_is_a_machine(fields: dict[str, Any], machine: bool) -> None:
    assert _one(**fields).machine is machine


@pytest.mark.parametrize("name", ["leave", "preferences", "confirm", "stay"])
def test_a_click_on_a_readers_own_link_keeps_no_token(name: str) -> None:
    event = _one(event="click", url=f"https://news.example.org/{name}/1SecretToken?x=1")

    assert event.url == f"https://news.example.org/{name}"


def test_a_servers_words_keep_no_address() -> None:
    event = _one(event="bounce", type="bounce", reason="550 <reader@example.org> is unknown")

    assert "reader" not in event.reason
    assert event.reason.startswith("550")


def test_half_a_letter_in_one_event_spoils_no_other() -> None:
    raw = b'[{"event": "delivered", "email": "\\ud800"}, %s]' % json.dumps(_row()).encode()

    report = events.parse(raw)

    assert len(report.events) == 1
    assert len(report.set_aside) == 1
