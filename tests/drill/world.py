"""The world outside: `newsletter sandbox` as a process, and the ear that takes its reports."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from newsletter.deliver import events
from newsletter.sending import reports
from newsletter.store import Database
from newsletter.wiring import House, reported
from tests.drill.nursery import Nursery

_LISTENS = re.compile(r"listens on (\S+),")


@dataclass
class World:
    """One sandbox, asked over HTTP."""

    url: str

    def ask(self, path: str, *, post: bool = False) -> Any:
        request = urllib.request.Request(
            f"{self.url}/{path}",
            method="POST" if post else "GET",
            headers={"Authorization": "Bearer SG.drill"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")

    def arrived(self) -> Counter[str]:
        """How often each address got a mail, by the sandbox's own count."""
        return Counter(one["email"] for one in self.ask("sandbox/delivered"))

    def release(self) -> None:
        """Let go all that is held, as if its hour had come."""
        self.ask("sandbox/release", post=True)

    def report(self) -> None:
        """Post all events that wait."""
        self.ask("sandbox/events/flush", post=True)

    def calm(self) -> None:
        """No faults from now on."""
        request = urllib.request.Request(f"{self.url}/sandbox/faults", data=b"", method="POST")
        urllib.request.urlopen(request, timeout=30).close()


class Ear:
    """Takes signed reports for a store, as `newsletter serve` would."""

    def __init__(self, database: str) -> None:
        self._db = Database(database)
        self.key: EllipticCurvePublicKey | None = None
        self._house: House | None = None
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(ear.take(raw, self.headers))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, raw: bytes, headers: Any) -> int:
        if self._house:
            return self._house.take_report(raw, headers)
        signature, stamp = headers[events.SIGNATURE], headers[events.TIMESTAMP]
        if self.key is None or not events.verify([self.key], signature, stamp, raw):
            return 403
        try:
            reports.take(self._db, events.parse(raw), now=datetime.now(UTC), act=reported)
        except Exception:  # it comes again
            return 500
        return 200

    def by_house(self, house: House, world: World) -> None:
        """Take reports as this house does from now on, which may leave them to workers."""
        signed = world.ask("v3/user/webhooks/event/settings/signed")
        told = {"sendgrid_webhook_public_key": (signed["public_key"],)}
        self._house = House(house.settings.model_copy(update=told))

    def close(self) -> None:
        if self._house:
            self._house.__exit__(None, None, None)
        self._server.shutdown()
        self._server.server_close()
        self._db.close()


@contextmanager
def running(
    nursery: Nursery, folder: Path, env: dict[str, str], ear: Ear, *, faults: str, seed: int
) -> Iterator[World]:
    """Run a sandbox while the block lasts."""
    log = folder / "sandbox.log"
    words = ["sandbox", "--port", "0", "--outbox", str(folder / "world"), "--no-eml"]
    words += ["--seed", str(seed), "--events", ear.url, *(["--fail", faults] if faults else [])]
    pid = nursery.start(*words, env=env, log=log)
    try:
        until = time.monotonic() + 30
        while not (found := _LISTENS.search(log.read_text() if log.exists() else "")):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.01)
        world = World(found[1])
        signed = world.ask("v3/user/webhooks/event/settings/signed")
        ear.key = events.public_key(signed["public_key"])
        yield world
    finally:
        nursery.kill(pid)
