"""The page of messages tells of messages that the program says, and leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.messages import sentences

PAGE = (Path(__file__).parent.parent / "docs" / "troubleshooting.md").read_text("utf-8")
MESSAGES = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_program_says_every_message_of_the_page(message: str) -> None:
    parts = [part.strip(" .:()") for part in message.split("…")]
    wanted = [part for part in parts if len(part) > 3]

    assert wanted
    assert any(all(part in one for part in wanted) for one in sentences())


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_is_explained(message: str) -> None:
    after = PAGE.split(f"### {message}\n", 1)[1].split("\n### ")[0].strip()

    assert len(after) > 20
