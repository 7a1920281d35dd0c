"""Events that were answered 2xx are kept, also by a server that is killed as it takes them in."""

from __future__ import annotations

import http.client
import json
import re
import signal
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter.sandbox.events import Signer
from newsletter.store import Database
from newsletter.store.schema import events
from tests.stories.conftest import Person

_POSTS, _EACH = 400, 50


class _Provider:
    """Posts signed events over kept-alive connections, until nobody answers any more."""

    def __init__(self, signer: Signer, port: int) -> None:
        self.signer, self.port = signer, port
        self.answered: set[str] = set()
        self.enough = threading.Event()

    def post(self, worker: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for number in range(_POSTS):
            names = [f"{worker}-{number}-{place}" for place in range(_EACH)]
            told = [
                {
                    "event": "delivered",
                    "sg_event_id": name,
                    "timestamp": 1795348800,
                    "email": "reader@example.org",
                }
                for name in names
            ]
            raw = json.dumps(told).encode()
            try:
                connection.request(
                    "POST", "/hooks/sendgrid", raw, self.signer.headers(raw, 1795348800)
                )
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                self.answered.update(names)
            if number == 3:
                self.enough.set()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_server_that_is_killed_loses_nothing_that_it_answered_for(
    person: Person, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'events.sqlite'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    db = Database(url)
    db.upgrade()
    signer = Signer(Signer.new_key())
    person.settings |= {
        "DATABASE_URL": url,
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_BASE_URL": "http://127.0.0.1:9",
        "SENDGRID_WEBHOOK_PUBLIC_KEY": signer.public_key,
    }
    server = person.start("serve", "--port", "0")
    assert server.stdout is not None
    port = next(
        int(found[1]) for line in server.stdout if (found := re.search(r":(\d+)\s*$", line))
    )
    provider = _Provider(signer, port)
    threads = [threading.Thread(target=provider.post, args=(one,)) for one in range(4)]
    for thread in threads:
        thread.start()

    assert provider.enough.wait(60)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    for thread in threads:
        thread.join()

    with db.read() as connection:
        kept = set(connection.scalars(select(events.c.id)))
    db.close()
    assert len(provider.answered) >= 4 * _EACH
    assert provider.answered <= kept
    # Killed in the middle: most was never sent.
    assert len(kept) < 4 * _POSTS * _EACH
