"""Sign-ups under load, with all limits, consent and the queued confirmation.

Beside it, in the same run, a bare endpoint of the same framework that commits one row a request.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from newsletter import serving
from newsletter.model import Masthead
from newsletter.render.templates import Templates
from newsletter.signup import Limits
from newsletter.store import Database
from newsletter.subscribers.tokens import Tokens
from newsletter.web import app as web
from newsletter.web.app import Services
from tests.bench import _watch

Say = Callable[[str], None]

_SECONDS = 6
_CONNECTIONS = (64, 200)
# Each request names an address of its own: the thread's number, and a counter.
_SCRIPT = """
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args) n = 0; run = args[1] end
function request()
  n = n + 1
  local body = '{"email": "reader-' .. run .. "-" .. id .. "-" .. n .. '@example.org"}'
  return wrk.format("POST", "/subscribe", {["Content-Type"] = "application/json"}, body)
end
"""
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_TOTAL = re.compile(r"(\d+) requests in")
_BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")
# A join is whole with its proof and its confirmation; nothing of it may be missing.
_WHOLE = {
    "bare": "SELECT count(*) FROM subscribers WHERE email LIKE 'reader-run-%'",
    "ours": "SELECT count(*) FROM subscribers "
    "JOIN consents ON consents.subscriber_id = subscribers.id "
    "JOIN mails ON mails.subscriber_id = subscribers.id WHERE email LIKE 'reader-run-%'",
}
_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def run(say: Say) -> None:
    """Load both with 64 and 200 connections, and count the rows against the answers."""
    say(f"sign-ups: {_SECONDS} s each, JSON, every address new")
    for connections in _CONNECTIONS:
        bare = _measured("bare", connections)
        ours = _measured("ours", connections)
        for name, one in (("bare", bare), ("ours", ours)):
            say(
                f"  {connections:3} connections  {name}  {one['rate']:7,.0f}/s  "
                f"p99 {one['p99']:6.1f} ms  errors {one['bad']}  "
                f"answered {one['total']:,}, rows {one['rows']:,}"
            )
        say(f"  {connections:3} connections  ours / bare {ours['rate'] / bare['rate']:.2f}")
    say("the time of an answer, one request after the other")
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder,
        _served("ours", folder) as address,
    ):
        _watch.run(say, address)


def _measured(what: str, connections: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        script = Path(folder) / "join.lua"
        script.write_text(_SCRIPT)
        with _served(what, folder) as address:
            _wrk(address, script, connections, 1, "warm")
            said = _wrk(address, script, connections, _SECONDS, "run")
        with contextlib.closing(sqlite3.connect(Path(folder) / "db.sqlite")) as db:
            (rows,) = db.execute(_WHOLE[what]).fetchone()
    p99 = _P99.search(said)
    bad = _BAD.search(said)
    assert p99, said
    return {
        "rate": float(_RATE.findall(said)[0]),
        "p99": float(p99[1]) * _UNIT[p99[2]],
        "total": int(_TOTAL.findall(said)[0]),
        "bad": (bad[1] or bad[2]) if bad else 0,
        "rows": rows,
    }


@contextlib.contextmanager
def _served(what: str, folder: str) -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench._joins", what, folder],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def _wrk(address: str, script: Path, connections: int, seconds: int, run: str) -> str:
    words = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    return subprocess.run(
        [*words, address, "--", run], capture_output=True, text=True, check=True
    ).stdout


def _bare(folder: Path) -> FastAPI:
    """What FastAPI does with one row and one commit a request, and nothing else."""
    app = FastAPI(openapi_url=None)
    local = threading.local()
    path = folder / "db.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as first:
        first.execute("PRAGMA journal_mode=WAL")
        first.execute("CREATE TABLE subscribers (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")

    def opened() -> sqlite3.Connection:
        if not hasattr(local, "db"):
            local.db = sqlite3.connect(path, isolation_level=None, timeout=30)
            local.db.execute("PRAGMA synchronous=FULL")
        found: sqlite3.Connection = local.db
        return found

    @app.post("/subscribe")
    async def subscribe(request: Request) -> JSONResponse:
        email = (await request.json())["email"]
        opened().execute(
            "INSERT INTO subscribers (email) VALUES (?) ON CONFLICT DO NOTHING", (email,)
        )
        return JSONResponse({"status": "check your mail to confirm"}, 202)

    return app


def _ours(folder: Path) -> FastAPI:
    database = Database(f"sqlite:///{folder / 'db.sqlite'}")
    database.upgrade()
    return web.build(
        Services(
            db=database,
            tokens=Tokens([b"a secret that is long enough"]),
            masthead=Masthead("The Pain Letter", "https://letter.example", "1 Quiet Street"),
            templates=Templates(),
            clock=lambda: datetime.now(UTC),
            hash_keys=[b"a key for the hashes of the erased"],
            sent=tuple,
            page=lambda _week: None,
            # All limits count; they are too high to end the measurement.
            limits=Limits(per_origin=10_000_000, a_minute=10_000_000),
        )
    )


def _serve(what: str, folder: str) -> None:
    app = {"bare": _bare, "ours": _ours}[what](Path(folder))
    bound = serving.listen("127.0.0.1", 0)
    print(serving.address(bound), flush=True)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        ws="none",
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
