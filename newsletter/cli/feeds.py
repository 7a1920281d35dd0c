"""Commands about sources and posts: `sources`, `gather`, `posts`, `why`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter import curate, urls
from newsletter.cli.speech import (
    PARTLY,
    JsonOption,
    WeekArgument,
    count,
    leave,
    opened,
    say,
    show,
    show_json,
    show_table,
    week_of,
)
from newsletter.cli.watching import watched_gather
from newsletter.errors import BadValue, NotFound
from newsletter.pipeline import choosing, gathering, sourcing, trying
from newsletter.wiring import House

sources = typer.Typer(help="The feeds that we read, with their health.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(sources, name="sources")
    app.command()(gather)
    app.command()(posts)
    app.command()(why)


@sources.command()
def add(
    url: Annotated[str, typer.Argument(help="http(s) or file address, or a path")],
    title: Annotated[str, typer.Option(help="shown instead of the feed's own title")] = "",
    weight: Annotated[float, typer.Option(help="what its posts are worth; 1 is usual")] = 1.0,
    folder: Annotated[str, typer.Option(help="where it stands in the list")] = "",
) -> None:
    """Add a feed, or the feed that a web page names; shows its latest posts first."""
    with opened() as house:
        found = url
        if sourcing.known(house.db, url) is None:
            found = _tried(house, sourcing.source_address(url))
        source, new = sourcing.add_source(
            house.db, found, now=house.clock(), title=title, weight=weight, folder=folder
        )
        name = urls.without_credentials(source.url)
        say(f"Added {name}." if new else f"{name} is a source already, and is read.")


def _tried(house: House, url: str) -> str:
    """Look at an address, tell what is there, and give the one to add.

    What does not answer, or is no feed, is added all the same: it may be one tomorrow, and
    `gather` names it as long as it is not.
    """
    tried = trying.try_address(
        url,
        limits=house.gather_limits,
        allow_private=house.settings.allow_private_networks,
        user_agent=house.user_agent,
        now=house.clock,
    )
    if tried.trouble:
        say(f"  warning: {tried.trouble}")
        return url
    if tried.url != url:
        say(f"  {urls.without_credentials(url)} is a web page; its feed is {tried.url}")
    say(f"  {tried.title or 'A feed without a title'}, the latest:")
    for entry in tried.latest:
        day = f"{entry.published:%Y-%m-%d}" if entry.published else "undated"
        say(f"    {day}  {entry.title}")
    for other in tried.others:
        say(f"  another feed of that page: {other}")
    return tried.url


@sources.command("import")
def import_(file: Annotated[Path, typer.Argument(help="an OPML file")]) -> None:
    """Add the feeds of an OPML file."""
    with opened() as house:
        text = _bytes_of(file)
        done = sourcing.import_opml(house.db, text, now=house.clock())
        for sentence in done.refused:
            say(f"  set aside: {sentence}")
        say(f"{count(done.added, 'source')} added, {done.known} known already.")
        leave(PARTLY if done.refused else 0)


@sources.command()
def export() -> None:
    """Print the feeds as OPML."""
    with opened() as house:
        typer.echo(sourcing.export_opml(house.db, title=house.settings.masthead.title))


@sources.command("list")
def list_(json: JsonOption = False) -> None:
    """List the feeds with their health."""
    with opened() as house:
        found = sourcing.standings(
            house.db,
            now=house.clock(),
            silent_after=timedelta(days=house.settings.gather.silent_days),
        )
    if json:
        show_json([_row(one) for one in found])
        return
    if not found:
        say("No sources yet. Run: newsletter sources import feeds.opml")
        return
    show_table(
        (
            "state",
            "last good",
            "last new",
            "a week",
            "printed",
            "weight",
            "title",
            "address",
            "why",
        ),
        [_cells(one) for one in found],
    )


def _cells(one: sourcing.Standing) -> tuple[str, ...]:
    source, activity = one.source, one.activity
    why = source.failure
    if one.state == "silent":
        why = f"no post since {activity.last:%Y-%m-%d}" if activity.last else "never had a post"
    return (
        one.state,
        f"{source.good_at:%Y-%m-%d}" if source.good_at else "never",
        f"{source.changed_at:%Y-%m-%d}" if source.changed_at else "never",
        f"{activity.weekly:.1f}",
        "-" if one.share is None else f"{one.share:.0%}",
        f"{source.weight:g}",
        source.title,
        urls.without_credentials(source.url),
        why,
    )


@sources.command()
def pause(url: str) -> None:
    """Stop reading a feed until it is added again."""
    with opened() as house:
        source, new = sourcing.pause_source(house.db, url)
        name = urls.without_credentials(source.url)
        say(f"Paused {name}." if new else f"{name} is paused already.")


@sources.command()
def remove(url: str) -> None:
    """Forget a feed; its posts stay."""
    with opened() as house:
        source = sourcing.remove_source(house.db, url)
        say(f"Removed {urls.without_credentials(source.url)}.")


def gather(
    source: Annotated[str, typer.Option(help="only this feed, even if it is not due")] = "",
    since: Annotated[str, typer.Option(help="leave out posts before this day")] = "",
    force: Annotated[bool, typer.Option(help="ask every feed, and read what is unchanged")] = False,
    json: JsonOption = False,
) -> None:
    """Fetch the feeds and store what is new."""
    with opened() as house:
        _starting_sources(house)
        with watched_gather() as progress:
            done = house.gather(
                only=source or None,
                since=_day(since) if since else None,
                force=force,
                progress=progress,
            )
    if json:
        show_json(_gathered(done))
    for _, sentence in done.failures:
        say(f"  failed: {sentence}")
    for sentence in done.warnings:
        say(f"  note: {sentence}")
    if not json:
        show(
            f"Sources: {done.ok} ok, {done.unchanged} unchanged, {done.failed} failed. "
            f"Posts: {done.new} new, {done.updated} updated, {done.known} known, "
            f"{done.set_aside} set aside."
            + (f" {count(done.articles, 'page')} read in full." if done.articles else "")
        )
    leave(PARTLY if done.failed else 0)


def posts(week: WeekArgument = "", json: JsonOption = False) -> None:
    """List the week's posts as curation sees them, best first."""
    with opened() as house:
        rows = choosing.listed(_stories(house, week))
    if json:
        show_json(rows)
        return
    if not rows:
        say("No posts in this week. Run: newsletter gather")
        return
    show_table(
        ("score", "section", "title", "source", "published"),
        [
            (
                f"{row['score']:.2f}",
                (row["section"] or "-") if row["lead"] else "also",
                row["title"],
                row["source"],
                (row["published"] or "")[:10],
            )
            for row in rows
        ],
    )


def why(
    url: Annotated[str, typer.Argument(help="the address of a post")], week: WeekArgument = ""
) -> None:
    """Explain in plain words what curation says of one post."""
    with opened() as house:
        wanted = urls.identity(url)
        for story in _stories(house, week):
            for one in (story.lead, *story.others):
                if wanted in {urls.identity(one.post.url), urls.identity(one.post.link)}:
                    show(f"{one.post.title} ({one.post.source})\n{curate.explain(one)}")
                    return
    raise NotFound(f"No post of this week has the address {url}. See them: newsletter posts")


def _stories(house: House, week: str) -> list[Any]:
    return choosing.stories(
        house.db,
        house.papers,
        week_of(house, week),
        zone=house.settings.zone,
        now=house.clock(),
    )


def _starting_sources(house: House) -> None:
    """A home that has a feeds.opml and no source yet begins with it."""
    file = house.settings.folder("feeds.opml")
    taken = sourcing.begin_with(house.db, file, now=house.clock())
    if taken is None:
        raise NotFound(
            "There is no source yet and no feeds.opml here. "
            "Run: newsletter sources add URL, or newsletter sources import FILE.opml"
        )
    if taken:
        say(f"{count(taken, 'source')} taken from feeds.opml.")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}. Check the path.") from error


def _day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValue(f"{text!r} is not a day. Write it like 2026-11-16.") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


def _row(standing: sourcing.Standing) -> dict[str, Any]:
    one, activity = standing.source, standing.activity
    return {
        "url": urls.without_credentials(one.url),
        "title": one.title,
        "folder": one.folder,
        "weight": one.weight,
        "state": one.state.value,
        "failing": bool(one.failures),
        "failure": one.failure,
        "failures": one.failures,
        "silent": standing.silent,
        "posts": activity.posts,
        "posts_a_week": round(activity.weekly, 2),
        "printed": activity.printed,
        "checked_at": _time(one.checked_at),
        "good_at": _time(one.good_at),
        "changed_at": _time(one.changed_at),
        "last_post_at": _time(activity.last),
        "next_at": _time(one.next_at),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _gathered(done: gathering.Gathered) -> dict[str, Any]:
    return {
        "sources": {"ok": done.ok, "unchanged": done.unchanged, "failed": done.failed},
        "posts": {
            "new": done.new,
            "updated": done.updated,
            "known": done.known,
            "set_aside": done.set_aside,
        },
        "articles": done.articles,
        "failures": [{"url": url, "reason": sentence} for url, sentence in done.failures],
        "warnings": list(done.warnings),
    }
