"""Progress that people see: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.model import Standing

if TYPE_CHECKING:
    from rich.progress import Progress

    from newsletter.pipeline.gathered import GatherStep

# Without a terminal a line is written this often, so that a log shows life and stays short.
_EVERY = 10.0


@contextmanager
def _bar(*columns: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *(TextColumn(column) for column in columns),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        yield progress


@contextmanager
def watched_gather() -> Iterator[Callable[[GatherStep], None] | None]:
    """Show how many sources are done; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar("{task.fields[new]} new") as progress:
        task = progress.add_task("gather", total=None, new=0)
        new = 0

        def step(one: GatherStep) -> None:
            nonlocal new
            new += one.new
            progress.update(task, total=one.total, completed=one.number, new=new)

        yield step


@contextmanager
def watched_send() -> Iterator[Callable[[Standing], None]]:
    """Show how a send stands, in recipients."""
    pace = _pace()
    if not sys.stderr.isatty():
        yield _lines(pace)
        return
    with _bar("{task.fields[told]}") as progress:
        task = progress.add_task("hand over", total=None, told="")

        def step(now: Standing) -> None:
            progress.update(
                task,
                total=now.audience,
                completed=_through(now),
                told=f"{pace(now):,.0f}/s  {_told(now)}",
            )

        yield step


def _through(now: Standing) -> int:
    return now.audience - now.waiting - now.sending


def _told(now: Standing) -> str:
    return f"{now.accepted:,} accepted, {now.refused:,} refused, {now.unknown:,} unknown"


def _pace() -> Callable[[Standing], float]:
    """Give a function that tells recipients a second since it was first asked."""
    began, first = 0.0, 0

    def pace(now: Standing) -> float:
        nonlocal began, first
        if not began:
            began, first = time.monotonic(), _through(now)
        return (_through(now) - first) / max(time.monotonic() - began, 0.001)

    return pace


def _lines(pace: Callable[[Standing], float]) -> Callable[[Standing], None]:
    told = time.monotonic()

    def step(now: Standing) -> None:
        nonlocal told
        rate = pace(now)
        if time.monotonic() - told >= _EVERY:
            told = time.monotonic()
            rest = now.waiting + now.sending
            left = f", {timedelta(seconds=round(rest / rate))} left" if rate and rest else ""
            sys.stderr.write(f"{_told(now)} of {now.audience:,}; {rate:,.0f} a second{left}\n")

    return step


@contextmanager
def watched_rows(what: str) -> Iterator[Callable[[int], None] | None]:
    """Show how many rows of a file are read; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as progress:
        task = progress.add_task(what, total=None)
        yield lambda rows: progress.update(task, completed=rows)
