"""The journal: what programs and machines are told while the house works, as JSON or for people.

One line an event on standard error, with what it is about (request, week, send, batch, job) and
never an address. A process has one journal, as it has one standard error: `House` says how it is
written, and structlog, slow to import, is loaded by the first line.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any

# Loose on purpose: what looks like a mail address is one, wherever it stands.
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_about: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)
_manner = {"format": "text", "level": "info"}


def written_as(format_: str, level: str) -> None:
    """Say how lines are written from now on: `text` or `json`, and from which level."""
    if _manner != {"format": format_, "level": level}:
        _manner.update(format=format_, level=level)
        _writer.cache_clear()


@contextlib.contextmanager
def about(**words: Any) -> Iterator[None]:
    """Add words to every line that is written within the block."""
    before = _about.set({**(_about.get() or {}), **words})
    try:
        yield
    finally:
        _about.reset(before)


def debug(event: str, **words: Any) -> None:
    """What helps to find a fault."""
    _write("debug", event, words)


def info(event: str, **words: Any) -> None:
    """What is as it should be."""
    _write("info", event, words)


def warning(event: str, **words: Any) -> None:
    """What went wrong and is tried again, or was set aside."""
    _write("warning", event, words)


def error(event: str, **words: Any) -> None:
    """What went wrong and needs somebody."""
    _write("error", event, words)


def without_addresses(text: str) -> str:
    """A text with every mail address taken out."""
    return _ADDRESS.sub("(address)", text)


def also_from_libraries() -> None:
    """Write what libraries log the same way; for servers and workers."""
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_first_steps(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_last_steps(),
            ],
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)


def _write(level: str, event: str, words: dict[str, Any]) -> None:
    if _LEVELS[level] >= _LEVELS[_manner["level"]]:
        getattr(_writer(), level)(event, **{**(_about.get() or {}), **words})


_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


@cache
def _writer() -> Any:
    import structlog

    return structlog.wrap_logger(
        _StandardError(),
        processors=[*_first_steps(), *_last_steps()],
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
    )


class _StandardError:
    """Writes to what standard error is at that moment, whole lines only."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = msg


def _first_steps() -> list[Any]:
    import structlog

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _last_steps() -> list[Any]:
    import structlog

    if _manner["format"] == "json":
        renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        steps = [structlog.processors.dict_tracebacks, renderer]
    else:
        steps = [structlog.dev.ConsoleRenderer(colors=False)]
    return [*steps, _clean]


def _clean(_logger: Any, _method: str, line: Any) -> str:
    return without_addresses(str(line))
