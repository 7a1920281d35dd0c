"""The doctor finds what is wrong with a house, and what it could not look at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.sandbox import Sandbox
from newsletter.sandbox.access import SCOPES
from tests.stories.conftest import NOW, Person


def by_check(ran: Any) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for one in ran.json:
        found.setdefault(one["check"], []).append(one)
    return found


def test_offline_it_says_what_it_could_not_look_at(person: Person) -> None:
    ran = person.run("doctor", "--offline", "--json")

    unseen = {one["check"] for one in ran.json if one["level"] == "unseen"}
    assert unseen == {"SendGrid", "DNS", "pages", "clock"}
    assert "could not be looked at" in ran.err


def test_every_finding_that_is_not_well_has_a_cure(person: Person) -> None:
    person.settings = {"NEWSLETTER_DNS_SERVER": "127.0.0.1:9"}

    ran = person.run("doctor", "--json")

    assert ran.code == 1
    assert all(one["cure"] for one in ran.json if one["level"] != "ok")


def test_a_secret_that_others_can_read_is_an_error(person: Person) -> None:
    person.run("doctor", "--offline")
    (person.home / "subscribers" / "secret").chmod(0o644)

    ran = person.run("doctor", "--offline", "--json")

    (secret,) = by_check(ran)["secret"]
    assert (ran.code, secret["level"]) == (1, "error")
    assert "chmod 600" in secret["cure"]


def test_a_database_that_is_not_there_is_told_and_the_rest_is_looked_at(person: Person) -> None:
    person.settings["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"

    ran = person.run("doctor", "--offline", "--json")

    found = by_check(ran)
    assert ran.code == 1
    assert "does not answer" in found["database"][0]["text"]
    assert found["disk"][0]["level"] == "ok"


def test_a_postgresql_that_is_not_migrated_is_told_with_the_cure(
    person: Person, postgres_url: str
) -> None:
    person.settings["DATABASE_URL"] = postgres_url

    ran = person.run("doctor", "--offline", "--json")

    assert "newsletter db upgrade" in by_check(ran)["database"][0]["cure"]


def test_tables_that_differ_from_the_schema_are_found(person: Person) -> None:
    person.run("doctor", "--offline")
    with person.house() as house, house.db.write() as connection:
        connection.exec_driver_sql("DROP TABLE set_aside")

    ran = person.run("doctor", "--offline", "--json")

    assert "is not what this program expects" in by_check(ran)["database"][0]["text"]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with Sandbox(
        tmp_path / "world",
        now=lambda: NOW,
        keys=["SG.all", "SG.send"],
        send_only_keys=["SG.send"],
        senders=["letter@news.example.org"],
    ) as sandbox:
        yield sandbox


def live(person: Person, world: Any, key: str) -> Person:
    person.settings |= {
        "SENDGRID_API_KEY": key,
        "SENDGRID_BASE_URL": world.url,
        "SENDGRID_WEBHOOK_PUBLIC_KEY": world.public_key,
        "NEWSLETTER_DNS_SERVER": "127.0.0.1:9",
    }
    return person


def test_a_key_that_may_do_all_is_well(person: Person, world: Any) -> None:
    found = by_check(live(person, world, "SG.all").run("doctor", "--json"))

    assert [one["level"] for one in found["SendGrid"]] == ["ok"]
    assert [one["level"] for one in found["sender"]] == ["ok"]
    assert [one["level"] for one in found["webhook"]] == ["ok"]


def test_a_key_that_may_only_send_is_told_what_it_lacks(person: Person, world: Any) -> None:
    found = by_check(live(person, world, "SG.send").run("doctor", "--json"))

    lacking = " ".join(one["text"] for one in found["SendGrid"])
    assert "user.scheduled_sends.create: nothing can be undone" in lacking
    assert "suppression.read" in lacking
    assert found["sender"][0]["level"] == "unseen"


def test_a_wrong_key_is_an_error_and_is_not_shown(person: Person, world: Any) -> None:
    ran = live(person, world, "SG.wrong").run("doctor", "--json")

    assert by_check(ran)["SendGrid"][0]["level"] == "error"
    assert "SG.wrong" not in ran.out + ran.err


def test_a_sender_that_sendgrid_does_not_know_is_an_error(person: Person, world: Any) -> None:
    person.settings["NEWSLETTER_FROM"] = "me@elsewhere.example.net"

    found = by_check(live(person, world, "SG.all").run("doctor", "--json"))

    assert found["sender"][0]["level"] == "error"


def test_another_webhook_key_than_sendgrids_is_an_error(
    person: Person, world: Any, tmp_path: Path
) -> None:
    live(person, world, "SG.all")
    with Sandbox(tmp_path / "other", now=lambda: NOW) as other:
        person.settings["SENDGRID_WEBHOOK_PUBLIC_KEY"] = other.public_key

    found = by_check(person.run("doctor", "--json"))

    assert "is not the key that SendGrid signs with" in found["webhook"][0]["text"]


def test_a_clock_that_is_wrong_is_found() -> None:
    from newsletter.doctor import outside

    theirs = NOW.now(NOW.tzinfo) - timedelta(minutes=5)

    (found,) = outside._clock(theirs)

    assert (found.level, "s apart" in found.text) == ("error", True)


def test_pages_must_be_reached_by_https(person: Person) -> None:
    person.settings["NEWSLETTER_BASE_URL"] = "http://127.0.0.2:9"

    found = by_check(person.run("doctor", "--json"))

    assert [one["level"] for one in found["pages"]] == ["error", "error"]
    assert "RFC 8058" in found["pages"][0]["text"]


def test_the_scopes_that_the_docs_ask_for_are_the_ones_that_are_looked_for() -> None:
    from newsletter.doctor.outside import _SCOPES

    assert {*_SCOPES} <= {*SCOPES}
