"""The table of commands says what the parts have, and `--help` is quick because of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import newsletter.cli
from newsletter.cli.table import COMMANDS, part_commands

PARTS = sorted({part for part, _ in COMMANDS.values()})


@pytest.mark.parametrize("part", PARTS)
def test_the_table_says_what_a_part_registers(part: str) -> None:
    told = {name: said for name, (where, said) in COMMANDS.items() if where == part}

    registered = part_commands(part)

    assert {name: (one.help or "").split("\n")[0] for name, one in registered.items()} == told


def test_every_part_stands_in_the_table() -> None:
    folder = Path(newsletter.cli.__file__).parent
    parts = [path.stem for path in folder.glob("*.py") if "def register(" in path.read_text()]

    assert sorted(parts) == PARTS


# What costs a person at a terminal time, and no short command needs.
HEAVY = ("fastapi", "sendgrid", "premailer", "lxml", "alembic", "httpx2", "trafilatura")


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        (("--help",), (*HEAVY, "sqlalchemy", "pydantic", "rich", "structlog")),
        (("--version",), (*HEAVY, "sqlalchemy", "pydantic", "rich", "structlog")),
        (("subscribers", "count"), HEAVY[:4]),
        (("status",), ("fastapi", "premailer", "lxml")),
    ],
)
def test_a_short_command_imports_nothing_heavy(
    words: tuple[str, ...], heavy: tuple[str, ...], tmp_path: Path
) -> None:
    program = (
        "import sys\nfrom newsletter.cli import main\n"
        f"sys.argv = ['newsletter', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('imported', *({{*{heavy!r}}} & set(sys.modules)), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"NEWSLETTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.splitlines()[-1] == "imported"
