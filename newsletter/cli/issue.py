"""Commands about an issue before it goes out: `draft`, `check`, `render`, `approve`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from newsletter import render as rendering
from newsletter.cli.speech import (
    PROBLEMS,
    JsonOption,
    WeekArgument,
    count,
    leave,
    opened,
    say,
    show,
    show_json,
    week_of,
)
from newsletter.errors import NewsletterError
from newsletter.model import Email, Finding, Level
from newsletter.pipeline import approving, checking, editing
from newsletter.sending import singles
from newsletter.wiring import House


def register(app: typer.Typer) -> None:
    for command in (draft, check, render, approve):
        app.command()(command)


def draft(week: WeekArgument = "") -> None:
    """Write the week's issue.toml, or add newcomers to its spare stories."""
    with opened() as house:
        wanted = week_of(house, week)
        done = editing.draft(house.shop, wanted)
        if done.created:
            notices_out(house)
    if done.path is None:
        say(
            f"{wanted} has no issue: {count(done.relevant, 'story', 'stories')} on topic of "
            f"{done.stories}, and an issue has at least {house.settings.smallest_issue} picks. "
            "Gather more, or lower NEWSLETTER_SMALLEST_ISSUE."
        )
        leave(PROBLEMS)
    elif done.created:
        say(f"Drafted {wanted} with {count(done.added, 'story', 'stories')}.")
    elif done.added:
        say(
            f"{wanted} was drafted before: {count(done.added, 'story', 'stories')} "
            "added to the spare ones or marked as changed; your words are untouched."
        )
    else:
        say(f"{wanted} was drafted before and nothing is new.")
    if done.path:
        show(str(done.path))


def check(
    week: WeekArgument = "",
    offline: Annotated[bool, typer.Option("--offline", help="look no links up")] = False,
    json: JsonOption = False,
) -> None:
    """Preflight: what would go wrong, or look wrong, if this were sent."""
    with opened() as house:
        wanted = week_of(house, week)
        done = checking.check(
            house.shop,
            wanted,
            offline=offline,
            allow_private=house.settings.allow_private_networks,
            user_agent=house.user_agent,
        )
    found = done.findings
    if done.looked_up and done.looked_up.offline:
        say(
            f"None of {count(done.looked_up.asked, 'address', 'addresses')} answered, so this "
            "machine is probably not on the internet; links were not judged."
        )
    if json:
        show_json([{**asdict(one), "level": one.level.value} for one in found])
    else:
        for one in found:
            show(_line(one))
    errors = sum(one.level is Level.ERROR for one in found)
    warnings = sum(one.level is Level.WARNING for one in found)
    say(f"{wanted}: {count(errors, 'error')}, {count(warnings, 'warning')}.")
    leave(PROBLEMS if errors else 0)


def render(
    week: WeekArgument = "",
    out: Annotated[Path | None, typer.Option(help="folder to write into")] = None,
) -> None:
    """Write issue.html, issue.txt and subject.txt as one sample subscriber gets them."""
    with opened() as house:
        wanted = week_of(house, week)
        mail = editing.rendered(house.shop, editing.load(house.shop, wanted))
        sample = rendering.sample(mail, house.settings.masthead)
        folder = out or house.settings.folder("issues") / str(wanted) / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("issue.html", sample.html),
        ("issue.txt", sample.text),
        ("subject.txt", sample.subject + "\n"),
    ):
        (folder / name).write_text(text, "utf-8")
        show(str(folder / name))


def approve(
    by: Annotated[str, typer.Option(help="the editor's mail address")],
    week: WeekArgument = "",
    edited_by: Annotated[
        str, typer.Option(help="who wrote what a text editor left, where a second reader is wanted")
    ] = "",
) -> None:
    """Approve exactly what the issue renders to now."""
    with opened() as house:
        wanted = week_of(house, week)
        done = approving.approve(
            house.shop,
            wanted,
            Email.parse(by),
            editors=house.settings.editors,
            edited_by=Email.parse(edited_by) if edited_by else None,
        )
        if done.new:
            notices_out(house)
    warnings = sum(one.level is Level.WARNING for one in done.approval.findings)
    if done.new:
        say(f"{wanted} is approved by {done.approval.by} with {count(warnings, 'warning')}.")
    else:
        say(f"{wanted} was approved by {done.approval.by} before, and nothing changed since.")
    show(done.approval.digest)


def notices_out(house: House) -> None:
    """Hand over the mails that tell editors; what cannot go now waits for `serve` or a worker."""
    if not (house.settings.editors or house.settings.operators) or house.missing():
        return
    try:
        done = singles.dispatch(house.means, house.templates)
        house.settle()
    except NewsletterError as error:
        say(f"The mail that tells editors waits: {error}")
        return
    if done.halted:
        say(f"The mail that tells editors waits: {done.halted}")


def _line(one: Finding) -> str:
    return f"{one.level.value:7}  {one.place}: {one.text}\n         {one.cure}  [{one.check}]"
