"""Traces go where OpenTelemetry's own variables say, and only if they say so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from newsletter import telemetry


def schedule(home: Path, *before: str, **env: str) -> subprocess.CompletedProcess[str]:
    (home / "feeds.opml").write_text('<opml version="2.0"><body/></opml>')
    program = "\n".join((*before, "import sys", "from newsletter.cli import main", "main()"))
    return subprocess.run(
        [sys.executable, "-c", program, "schedule"],
        env={"PATH": os.environ["PATH"], "NEWSLETTER_HOME": str(home), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_spans_arrive_at_the_collector_that_the_environment_names(tmp_path: Path) -> None:
    got: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = schedule(
            tmp_path,
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{server.server_port}",
            OTEL_EXPORTER_OTLP_COMPRESSION="none",
        )
        server.shutdown()

    told = b"".join(body for _, body in got)
    assert done.returncode == 0, done.stderr
    assert {path for path, _ in got} == {"/v1/traces"}
    assert b"calendar gather" in told
    assert b"newsletter" in told


def test_without_the_packages_it_says_what_to_install(tmp_path: Path) -> None:
    done = schedule(
        tmp_path,
        "import sys",
        "sys.modules['opentelemetry.sdk.trace'] = None",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )

    assert "pip install 'newsletter[otel]'" in done.stderr


@pytest.mark.parametrize(
    ("env", "asked"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_nothing_is_traced_unless_asked_for(
    env: dict[str, str], asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert telemetry.asked() is asked
