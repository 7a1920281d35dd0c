"""The shell of gathering: ask every source, keep what is new, remember how it went.

None of its transactions spans the network, and killed at any moment a run leaves every source
either as it was or wholly recorded; the next run goes on from there.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from newsletter import urls
from newsletter.errors import BadValue, NotFound
from newsletter.gather import manners
from newsletter.gather.apart import Parsers
from newsletter.gather.fetch import Fetcher
from newsletter.gather.hosts import line_of
from newsletter.gather.limits import Limits
from newsletter.model import Source, SourceState, Week
from newsletter.pipeline.gathered import Gathered, GatherStep, Outcome
from newsletter.pipeline.looking import (
    Found,
    Run,
    Unread,
    failure,
    judge,
    name_of,
    question,
    taken_in,
)
from newsletter.pipeline.reading import read_articles
from newsletter.pipeline.recording import Look, Recorder
from newsletter.store import Database, ledger, sources

__all__ = ["GatherStep", "Gathered", "Outcome", "gather"]

# An issue's window begins where the last one closed, if that is not longer ago than this, and
# else a week back.
_LONGEST_WINDOW = timedelta(days=14)
_WEEK = timedelta(days=7)


def gather(
    db: Database,
    *,
    limits: Limits,
    allow_private: bool,
    user_agent: str,
    now: Callable[[], datetime],
    chance: random.Random,
    zone: tzinfo = UTC,
    only: str | None = None,
    among: Collection[int] | None = None,
    since: datetime | None = None,
    force: bool = False,
    articles: int = 0,
    progress: Callable[[GatherStep], None] | None = None,
) -> Gathered:
    """Take in what the sources have that is new.

        store.sources | gather.fetch | gather.parse | store.posts.keep | store.sources.record

    Asked is every active source that has not told us to wait (Retry-After, max-age, or our own
    backoff after repeated failures); `force` and naming one (`only`) ask in spite of that, and
    `force` also reads again what has not changed; `among` are the numbers of those that a part of
    the work is about. `since` leaves out what was published before.
    What a source that is looked at for the first time shows from before the issue's window is
    filed under its own date, so that no issue has it. Of new teasers, at most `articles` have
    their own pages read. Raises `NotFound` if `only` is no source.
    """
    window = _window(db, now(), zone)
    run = Run(db, limits, allow_private, user_agent, now, chance, since, force, window)
    asked, waiting = _chosen(run, only)
    if among is not None:
        asked = [one for one in asked if one.id in among]
    looks = asyncio.run(_ask_all(run, asked, progress or (lambda _step: None))) if asked else []
    read = 0
    if articles:
        read = read_articles(
            db,
            articles,
            limits=limits,
            allow_private=allow_private,
            user_agent=user_agent,
            now=now,
        )
    return replace(_summed(looks, waiting), articles=read)


def _window(db: Database, now: datetime, zone: tzinfo) -> datetime:
    """Say where the window of the issue that is next begins."""
    with db.read() as connection:
        closed = ledger.last_close(connection, before=Week.of(now + _WEEK, zone))
    if closed and now - _LONGEST_WINDOW <= closed <= now:
        return closed
    return min(Week.of(now, zone).start(zone), now - _WEEK)


def _chosen(run: Run, only: str | None) -> tuple[list[Source], list[Source]]:
    """Say which sources to ask and which are waited for."""
    with run.db.read() as connection:
        if only is not None:
            named = sources.get(connection, only)
            if named is None:
                raise NotFound(f"{only} is not a source. Run: newsletter sources add {only}")
            return [named], []
        active = [one for one in sources.all(connection) if one.state is SourceState.ACTIVE]
    moment = run.now()
    asked = {one.id for one in active if run.force or manners.due(one, moment)}
    return [one for one in active if one.id in asked], [
        one for one in active if one.id not in asked
    ]


async def _ask_all(
    run: Run, asked: Sequence[Source], progress: Callable[[GatherStep], None]
) -> list[Look]:
    """Ask many at once, parse beside it, and record in the order in which they end.

    Each host has lines of its own, as many as it may see of us at a time: a slow host holds up
    nobody else. As many bodies as there are requests at a time are held, and no more.
    """
    looks: list[Look] = []

    def told(look: Look) -> None:
        looks.append(look)
        progress(_step(look, len(looks), len(asked)))

    room = asyncio.Semaphore(run.limits.at_a_time)
    with Parsers(run.limits.parse_seconds, run.limits.processes) as parsers:
        async with (
            Recorder(run, told) as recorder,
            Fetcher(
                run.limits, user_agent=run.user_agent, allow_private=run.allow_private, now=run.now
            ) as fetcher,
        ):

            async def ask(line: Iterator[Source]) -> None:
                for source in line:
                    async with room:
                        found = await _look(run, source, fetcher, parsers)
                    await recorder.put(found)

            await _all([ask(line) for line in _lines(asked, run.limits.per_host)])
    return looks


def _lines(asked: Sequence[Source], most: int) -> list[Iterator[Source]]:
    """Give the lines in which sources wait: those of one host share so many."""
    hosts = defaultdict[str, list[Source]](list)
    for source in asked:
        hosts[line_of(source.url)].append(source)
    return [
        line
        for line, length in ((iter(members), len(members)) for members in hosts.values())
        for _ in range(min(most, length))
    ]


async def _look(run: Run, source: Source, fetcher: Fetcher, parsers: Parsers) -> Found:
    fetched = await fetcher.fetch(question(source, run.force))
    found = judge(run, source, fetched)
    if not isinstance(found, Unread):
        return found
    try:
        feed = await parsers.parse(found.body, found.how)
    except BadValue as error:
        return failure(run, source, str(error))
    return taken_in(run, source, fetched, feed, found.digest)


async def _all(work: list[Coroutine[Any, Any, None]]) -> None:
    """Do everything at once; the first error (the store is gone, say) ends the rest."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _patience(source: Source) -> str:
    return (
        f"{name_of(source)} failed {source.failures} times in a row and is left alone until "
        f"{source.next_at:%Y-%m-%d %H:%M} UTC. To ask it now: "
        f"newsletter gather --source {urls.without_credentials(source.url)}"
    )


def _step(look: Look, number: int, total: int) -> GatherStep:
    return GatherStep(
        number,
        total,
        urls.without_credentials(look.found.before.url),
        look.found.after.title,
        look.outcome,
        look.kept.new,
        " ".join((look.reason, *look.warnings)).strip(),
    )


def _summed(looks: list[Look], waiting: list[Source]) -> Gathered:
    outcomes = Counter(look.outcome for look in looks)
    return Gathered(
        ok=outcomes[Outcome.OK],
        unchanged=outcomes[Outcome.UNCHANGED] + len(waiting),
        failed=outcomes[Outcome.FAILED],
        waiting=len(waiting),
        new=sum(look.kept.new for look in looks),
        updated=sum(look.kept.updated for look in looks),
        known=sum(look.kept.known for look in looks),
        set_aside=sum(look.set_aside for look in looks),
        failures=tuple(
            (urls.without_credentials(look.found.before.url), look.reason)
            for look in looks
            if look.outcome is Outcome.FAILED
        ),
        warnings=(
            *(text for look in looks for text in look.warnings),
            *(_patience(source) for source in waiting if source.failures),
        ),
    )
