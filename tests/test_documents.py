"""What the documents promise is there, and what is there is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.cli.table import COMMANDS as TABLE
from newsletter.cli.table import part_commands
from newsletter.store.database import HEAD
from newsletter.store.migrate import FOLDER
from newsletter.store.schema import metadata
from tests.documents import settings_table

ROOT = Path(__file__).parent.parent
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text("utf-8")


def test_every_setting_is_documented_with_its_default() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines()

    missing = [row for row in settings_table() if row not in documented]

    assert not missing, "run python -m tests.documents and put its rows into docs/settings.md"


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_is_documented(table: str) -> None:
    assert f"| `{table}` |" in DESIGN


def _commands() -> list[str]:
    found = []
    for part in sorted({part for part, _ in TABLE.values()}):
        for name, command in part_commands(part).items():
            inner = getattr(command, "commands", None)
            found += [f"{name} {one}" for one in inner] if inner else [name]
    return found


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"`{command}" in COMMANDS


def test_every_documented_link_to_a_file_leads_somewhere() -> None:
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = page.read_text("utf-8")
        targets = re.findall(r"\]\((?!https?:)([^)#:]+)[^)]*\)|src=\"([^\"]+)\"", text)
        names = [first or second for first, second in targets]
        broken += [f"{page.name}: {name}" for name in names if not (page.parent / name).exists()]

    assert not broken


def test_the_newest_migration_is_the_one_the_program_wants() -> None:
    revisions = sorted(path.name[:4] for path in (FOLDER / "versions").glob("0*.py"))

    assert revisions[-1] == HEAD
