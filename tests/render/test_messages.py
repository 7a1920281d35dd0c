"""Mails to one person: confirmations, welcomes, editors' notices."""

from __future__ import annotations

import re

import pytest

from newsletter import render
from newsletter.errors import WrongUsage
from newsletter.model import Message
from newsletter.render import Templates
from tests.render.samples import MASTHEAD, VALUES


def message(kind: str, templates: Templates) -> Message:
    return render.message(kind, "reader@example.org", MASTHEAD, templates, **VALUES[kind])


@pytest.mark.parametrize("kind", list(render.KINDS))
def test_every_kind_says_the_same_in_html_and_text(kind: str, templates: Templates) -> None:
    mail = message(kind, templates)

    assert mail.to == "reader@example.org"
    assert mail.kind == kind
    assert mail.subject
    assert "\n" not in mail.subject
    for value in VALUES[kind].values():
        if str(value).startswith("https://"):
            assert str(value) in mail.html
            assert str(value) in mail.text
    for body in (mail.html, mail.text):
        assert "12 Harbour Street" in body
    assert not re.search(r"</?[a-z]+[^>]*>|&[a-z]+;|\n\n\n", mail.text)
    assert all(len(line) <= 72 or "://" in line for line in mail.text.splitlines())


@pytest.mark.parametrize("kind", list(render.KINDS))
def test_other_mails_are_small_and_no_robot_answers_them(kind: str, templates: Templates) -> None:
    mail = message(kind, templates)

    assert len(mail.html.encode()) < 15_000
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_a_confirmation_shows_nothing_that_a_form_could_carry(templates: Templates) -> None:
    mail = render.message(
        "confirm",
        "reader@example.org",
        MASTHEAD,
        templates,
        confirm_url="https://letter.example.org/confirm/t",
        name="Buy pills at evil.example",
    )

    assert "evil.example" not in mail.html + mail.text + mail.subject


def test_a_welcome_brings_the_latest_issue(templates: Templates) -> None:
    latest = {
        "latest_subject": "Nerve blocks, weighed <again>",
        "latest_url": "https://letter.example.org/issues/2026-W46",
    }
    mail = render.message(
        "welcome", "reader@example.org", MASTHEAD, templates, **VALUES["welcome"], **latest
    )

    assert "Nerve blocks, weighed &lt;again&gt;" in mail.html
    assert "Nerve blocks, weighed <again>" in " ".join(mail.text.split())
    assert all(latest["latest_url"] in body for body in (mail.html, mail.text))
    assert "\n\n\n" not in mail.text
    assert latest["latest_url"] not in message("welcome", templates).html


def test_a_welcome_says_how_to_leave(templates: Templates) -> None:
    mail = message("welcome", templates)

    assert "Leave this newsletter" in mail.html
    assert "Leave this newsletter" in mail.text


@pytest.mark.parametrize(("errors", "shown"), [(0, "no errors"), (1, "1 error "), (3, "3 errors")])
def test_an_editor_reads_how_the_draft_stands(
    templates: Templates, errors: int, shown: str
) -> None:
    values = {**VALUES["draft-ready"], "errors": errors}
    mail = render.message("draft-ready", "e@example.org", MASTHEAD, templates, **values)

    assert shown in " ".join(mail.html.split())
    assert shown in " ".join(mail.text.split())
    assert ("must go" in mail.text) is (errors > 0)


def test_a_kind_that_does_not_exist_is_refused_with_the_list(templates: Templates) -> None:
    with pytest.raises(WrongUsage, match=r"no mail of the kind 'hello'.*confirm, welcome"):
        render.message("hello", "reader@example.org", MASTHEAD, templates)


def test_a_missing_value_is_named(templates: Templates) -> None:
    with pytest.raises(WrongUsage, match="'login' needs minutes"):
        render.message("login", "e@example.org", MASTHEAD, templates, login_url="https://a.example")


def test_values_are_escaped_in_html_and_plain_in_text(templates: Templates) -> None:
    values = {**VALUES["approved"], "subject": "Pain & <b>gain</b>"}
    mail = render.message("approved", "e@example.org", MASTHEAD, templates, **values)

    assert "Pain &amp; &lt;b&gt;gain" in mail.html
    assert "Pain & <b>gain</b>" in mail.text
