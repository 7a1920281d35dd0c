"""The archive as files: what any web server serves is what ours answers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from newsletter.errors import Refused
from newsletter.model import Approval, Email, Rendered, SendState, Week
from newsletter.pipeline import correcting
from newsletter.serving import application, exporting
from newsletter.store import issues, ledger
from newsletter.store.schema import sends
from newsletter.wiring import House
from tests.web.newsroom import ADA, opened, reader

WEEK = Week(2026, 46)


@pytest.fixture
def house(tmp_path: Path, now: datetime) -> Iterator[House]:
    """A house with one sent issue that was corrected."""
    with opened(tmp_path / "home", now) as made:
        reader(made, now)
        mail = Rendered("Trials, weighed", "pre", "<p>x</p>", "x")
        page = "<html><body>The issue, byte for byte.</body></html>"
        approval = Approval(WEEK, ADA, now, mail.digest, mail, web=page, variants={7: mail})
        with made.db.write() as connection:
            number, _ = ledger.freeze(
                connection,
                week=WEEK,
                take=1,
                ref="abc",
                approval_id=issues.approve(connection, approval),
                digest=mail.digest,
                mask=7,
                now=now,
                batch_size=10,
                lanes=1,
            )
            ledger.set_state(connection, number, SendState.DONE)
            connection.execute(update(sends).values(finished_at=now))
        correcting.correct(made.shop, WEEK, "It had 214.", Email.parse(ADA), editors=(ADA,))
        yield made


@contextmanager
def _served(folder: Path) -> Iterator[http.client.HTTPConnection]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield http.client.HTTPConnection("127.0.0.1", server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()


def test_another_web_server_answers_as_ours_does(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "site"

    first, second = exporting.build(house, folder), exporting.build(house, folder)

    assert (second.written, second.same, second.removed) == (0, first.written, 0)
    with _served(folder) as there, TestClient(application(house)) as ours:
        for address in (
            "/issues/2026-W46/",
            "/issues/2026-W46-c1/",
            "/feed.xml",
            "/sitemap.xml",
            "/static/site.css",
            "/static/card.png",
        ):
            there.request("GET", address)
            answer = there.getresponse()
            assert answer.status == 200
            assert answer.read() == ours.get(address.rstrip("/")).content


def test_what_is_no_longer_there_goes_and_strangers_files_stay(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    exporting.build(house, folder)
    with house.db.write() as connection:
        connection.execute(update(sends).values(state="undone"))

    assert exporting.build(house, folder).removed == 2
    assert not (folder / "issues" / "2026-W46").exists()

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    with pytest.raises(Refused, match="not overwritten"):
        exporting.build(house, tmp_path / "mine")
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"
