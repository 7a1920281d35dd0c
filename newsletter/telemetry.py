"""OpenTelemetry, where somebody asks for it by its usual environment variables.

Nothing is loaded unless `OTEL_EXPORTER_OTLP_ENDPOINT` (or its `..._TRACES_ENDPOINT`) or
`OTEL_TRACES_EXPORTER` names a place for traces; then `pip install 'newsletter[otel]'` must have
been run. What a trace tells holds no address.
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from newsletter.errors import WrongUsage

_ASKED = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)


def asked() -> bool:
    """Whether the environment asks for traces."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return any(os.environ.get(name, "none") not in ("", "none") for name in _ASKED)


@contextmanager
def span(name: str, **words: Any) -> Iterator[None]:
    """Tell a trace of what happens in the block; nothing happens unless traces are asked for."""
    if not asked():
        yield
        return
    with _tracer().start_as_current_span(name, attributes=words, record_exception=False):
        yield


def finish() -> None:
    """Hand over the traces that wait; call it before the process ends."""
    if _tracer.cache_info().currsize:
        from opentelemetry import trace

        trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined]


@cache
def _tracer() -> Any:
    """Set the SDK up once, as the environment says.

    Raises `WrongUsage` if traces are asked for and the packages for them are not there.
    """
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import (
            BatchSpanProcessor,
            ConsoleSpanExporter,
            SpanExporter,
        )
    except ImportError as error:
        raise WrongUsage(
            "The environment asks for traces (OTEL_...), and OpenTelemetry is not installed. Run: "
            "pip install 'newsletter[otel]', or unset these variables."
        ) from error
    kind = os.environ.get("OTEL_TRACES_EXPORTER", "otlp")
    exporter: SpanExporter = ConsoleSpanExporter() if kind == "console" else OTLPSpanExporter()
    # The name is the service's unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES give one.
    os.environ.setdefault("OTEL_SERVICE_NAME", "newsletter")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return trace.get_tracer("newsletter")
