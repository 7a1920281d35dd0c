"""The journal tells what something is about, as JSON or for people, and never an address."""

from __future__ import annotations

import json

import pytest

from newsletter import journal


def written(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_a_line_of_json_says_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    journal.written_as("json", "info")
    with journal.about(week="2026-W47", send="abc"):
        journal.warning("a batch came back", batch=7)
    journal.info("all is well")
    first, second = written(capsys).splitlines()

    assert json.loads(first).items() >= {
        ("event", "a batch came back"),
        ("level", "warning"),
        ("week", "2026-W47"),
        ("send", "abc"),
        ("batch", 7),
    }
    assert "week" not in json.loads(second)


def test_people_get_lines_that_they_can_read(capsys: pytest.CaptureFixture[str]) -> None:
    journal.written_as("text", "info")
    journal.warning("a batch came back", batch=7)

    assert "warning" in (line := written(capsys))
    assert "a batch came back" in line
    assert "batch=7" in line


@pytest.mark.parametrize("manner", ["text", "json"])
def test_no_address_is_ever_written(manner: str, capsys: pytest.CaptureFixture[str]) -> None:
    journal.written_as(manner, "debug")
    with journal.about(reader="Ada <ada@example.org>"):
        journal.error(
            "no such user: ada@example.org", reason="550 <ada+x@mail.example.org> unknown"
        )
        journal.debug("who", people=["ada@example.org", {"to": "bob@example.org"}])
    said = written(capsys)

    assert "@" not in said
    assert said.count("(address)") >= 5


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    journal.written_as("json", "warning")
    journal.info("all is well")

    assert written(capsys) == ""
