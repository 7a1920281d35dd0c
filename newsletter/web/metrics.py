"""`GET /metrics`: counts for Prometheus, read from the database when asked. Never an address."""

from __future__ import annotations

import hmac
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from newsletter import __version__
from newsletter.model import BatchState, EventKind, SendState, State
from newsletter.store import Database, census
from newsletter.store.census import Census
from newsletter.web.pages import LOOK

# Events of years are many to count: a scraper that asks more often gets the last answer.
_KEPT_SECONDS = 10.0
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# A proxy on this machine comes from loopback, too; it says so with one of these.
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

# Metrics by what they count: name, field of `Census`, label, help, and all values it may have.
_GAUGES = (
    ("subscribers", "state", "people on the list", tuple(State)),
    ("suppressions", "reason", "addresses that must not be mailed", ()),
    ("sends", "state", "issues on their way or sent", tuple(SendState)),
    ("batches", "state", "requests of up to a thousand deliveries", tuple(BatchState)),
    ("mails", "state", "mail to single people", ("waiting", "sending", "sent", "failed")),
    ("sources", "health", "feeds", ("good", "failing", "paused", "new")),
)
_COUNTERS = (
    ("events", "kind", "what the provider reported and is kept", tuple(EventKind)),
    ("set_aside", "stage", "what could not be taken in and is kept", ()),
)


def router(db: Database, token: str, name: str) -> APIRouter:
    """Let whoever has the token read; without one, this machine alone. `name`: the database's."""
    scraped = CollectorRegistry()
    scraped.register(_Counts(lambda: _counted(db), name))
    ProcessCollector(registry=scraped)
    metrics = APIRouter(include_in_schema=False)

    @metrics.api_route("/metrics", methods=LOOK)
    async def read(request: Request) -> Response:
        if not _may_read(request, token):
            return PlainTextResponse("This is not for you.\n", 403)
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        written = await run_in_threadpool(encode, scraped)
        return Response(written, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    return metrics


def _may_read(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    here = request.client is not None and request.client.host in _LOOPBACK
    return here and not any(name in request.headers for name in _PASSED_ON)


def _counted(db: Database) -> Census:
    with db.read() as connection:
        return census.take(connection)


@dataclass(eq=False)
class _Counts(Collector):
    """Counts when it is scraped; what cannot be counted shows as `newsletter_up 0`."""

    count: Callable[[], Census]
    database: str
    _last: Census | None = None
    _until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "newsletter_build_info",
            "which program runs",
            labels=("version", "python", "database"),
        )
        build.add_metric((__version__, platform.python_version(), self.database), 1)
        yield build
        found = self._census()
        up = 0 if found is None else 1
        yield GaugeMetricFamily("newsletter_up", "whether the database answers", value=up)
        if found is not None:
            yield from _families(found)

    def _census(self) -> Census | None:
        with self._lock:
            if self._last is None or time.monotonic() >= self._until:
                try:
                    self._last = self.count()
                except Exception:  # the figure says so, and the journal has the reason elsewhere
                    return None
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._last


def _families(found: Census) -> Iterator[Metric]:
    for kind, rows in ((GaugeMetricFamily, _GAUGES), (CounterMetricFamily, _COUNTERS)):
        for name, label, said, values in rows:
            family = kind(f"newsletter_{name}", said, labels=(label,))
            numbers: Mapping[str, int] = getattr(found, name)
            for value, number in ({str(one): 0 for one in values} | dict(numbers)).items():
                family.add_metric((value,), number)
            yield family
    for name, said, moment in (
        ("oldest_mail", "when the mail came that waits longest", found.oldest_mail),
        ("last_sent", "when the last issue was wholly handed over", found.last_sent),
    ):
        if moment is not None:
            stamp = moment.timestamp()
            yield GaugeMetricFamily(f"newsletter_{name}_timestamp_seconds", said, value=stamp)
    yield GaugeMetricFamily(
        "newsletter_reports_waiting", "signed reports that wait for a worker", value=found.reports
    )
