"""What a machine that watches may read: counts, for those who may, and never an address."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from newsletter.model import Email, State
from newsletter.store import Database, events, sources, subscribers
from newsletter.web import metrics

_NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


def _client(db: Database, token: str = "", host: str = "127.0.0.1") -> TestClient:
    app = FastAPI()
    app.include_router(metrics.router(db, token, "sqlite"))
    return TestClient(app, client=(host, 5000))


def _read(client: TestClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_people_feeds_and_what_was_set_aside_are_counted(db: Database) -> None:
    with db.write() as connection:
        for name in ("ada", "grace"):
            email = Email.parse(f"{name}@example.org")
            subscribers.add(connection, email, State.ACTIVE, name="", source="t", now=_NOW)
        sources.add(connection, "https://feeds.example.org/pain", title="Pain", now=_NOW)
        events.lay_aside(connection, "events", ["no time", "no time"], _NOW)

    found = _read(_client(db))

    assert found["newsletter_subscribers", "active"] == 2
    assert found["newsletter_subscribers", "complained"] == 0
    assert found["newsletter_sources", "new"] == 1
    assert found["newsletter_set_aside_total", "events"] == 2
    assert found["newsletter_events_total", "delivered"] == 0
    assert found["newsletter_up",] == 1
    assert any(name[0] == "newsletter_build_info" for name in found)


def test_no_address_is_ever_told(db: Database) -> None:
    with db.write() as connection:
        email = Email.parse("ada@example.org")
        subscribers.add(connection, email, State.ACTIVE, name="Ada", source="t", now=_NOW)

    text = _client(db).get("/metrics").text

    assert "@" not in text
    assert "Ada" not in text


@pytest.mark.parametrize(
    ("token", "host", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "203.0.113.9", {}, 403),
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("sesame", "127.0.0.1", {}, 403),
        ("sesame", "203.0.113.9", {"Authorization": "Bearer sesame"}, 200),
        ("sesame", "203.0.113.9", {"Authorization": "Bearer other"}, 403),
    ],
    ids=["here", "elsewhere", "behind a proxy", "no token", "token", "another token"],
)
def test_who_may_read(
    db: Database, token: str, host: str, headers: dict[str, str], status: int
) -> None:
    assert _client(db, token, host).get("/metrics", headers=headers).status_code == status


def test_a_database_that_does_not_answer_is_told_and_brings_nothing_down(tmp_path: Path) -> None:
    found = _read(_client(Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")))

    assert found["newsletter_up",] == 0
