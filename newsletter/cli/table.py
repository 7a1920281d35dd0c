"""Every command with the part of the command line that has it, and what `--help` says of it.

A part is imported when one of its commands is run: importing all of them takes longer than
most commands do. `tests/test_command_table.py` compares the rows with what the parts register.
"""

from __future__ import annotations

from importlib import import_module

import typer
from typer.core import TyperCommand

# name: part (a module here with `register(app)`), first line of its help.
COMMANDS: dict[str, tuple[str, str]] = {
    "sources": ("feeds", "The feeds that we read, with their health."),
    "gather": ("feeds", "Fetch the feeds and store what is new."),
    "posts": ("feeds", "List the week's posts as curation sees them, best first."),
    "why": ("feeds", "Explain in plain words what curation says of one post."),
    "taste": ("taste", "What editors picked, dropped and moved, and how far it shifts scores."),
    "retractions": (
        "taste",
        "The list of retracted works that posts and issues are held against.",
    ),
    "draft": ("issue", "Write the week's issue.toml, or add newcomers to its spare stories."),
    "check": ("issue", "Preflight: what would go wrong, or look wrong, if this were sent."),
    "render": (
        "issue",
        "Write issue.html, issue.txt and subject.txt as one sample subscriber gets them.",
    ),
    "approve": ("issue", "Approve exactly what the issue renders to now."),
    "send": (
        "sends",
        "Send the approved issue to every confirmed subscriber, each once; or go on where it "
        "stood.",
    ),
    "status": ("figures", "Say how an issue stands."),
    "reconcile": ("figures", "Prove that everyone is accounted for, in the ledger and by events."),
    "archive": ("archive", "Issues that went out."),
    "correct": (
        "archive",
        "Correct an issue that went out: in the archive, and by mail if you say so.",
    ),
    "undo": ("steering", "Take back an issue while the mail provider still holds it."),
    "pause": ("steering", "Let nothing more of an issue be handed over, until `resume`."),
    "resume": ("steering", "Let a paused issue go on."),
    "resolve": ("steering", "Decide about batches whose outcome nobody knows."),
    "tidy": (
        "keeping",
        "Remove what was kept long enough, and let go of who never confirmed; say how much.",
    ),
    "recall": (
        "keeping",
        "Look for picks that were retracted since they went out, and tell the editors of new ones.",
    ),
    "sunset": ("keeping", "Readers whom nothing reached for many issues."),
    "subscribers": ("people", "The people on the list."),
    "suppressions": ("people", "Addresses that must not be mailed."),
    "keys": ("keys", "Keys to the API."),
    "doctor": (
        "examining",
        "Look at all that a send stands on, and name a cure for what is wrong.",
    ),
    "db": ("database", "The database and its migrations."),
    "move": ("database", "Carry everything to an empty database of the other kind, and compare."),
    "backup": ("database", "Write everything that cannot be made again into one file."),
    "restore": (
        "database",
        "Fill an empty database and home from a backup; nothing goes out twice.",
    ),
    "serve": ("house", "Run the web pages, the desk, the hooks and the mail queue."),
    "worker": ("working", "Do the work that jobs in the queue ask for, on any number of machines."),
    "schedule": ("working", "Do what the calendar says is due; for cron and systemd timers."),
    "preview": ("house", "Open the desk on this machine, already signed in by a one-time link."),
    "sandbox": (
        "house",
        "Run a local SendGrid: same requests, same limits, an outbox instead of the world.",
    ),
    "bench": ("benching", "Measure how much this machine carries, with a made-up list."),
    "demo": (
        "house",
        "Play a whole week on sample feeds and readers; nothing leaves this machine.",
    ),
}


def part_commands(part: str) -> dict[str, TyperCommand]:
    """Import a part and give its commands by name."""
    made = typer.Typer(rich_markup_mode=None)
    made.callback()(lambda: None)  # or a part with one command would be that command
    import_module(f"newsletter.cli.{part}").register(made)
    group = typer.main.get_command(made)
    return dict(group.commands)  # type: ignore[attr-defined]
