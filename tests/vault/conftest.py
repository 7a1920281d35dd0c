"""A week that was played, so that every kind of row is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsletter.demo.server import FeedServer
from tests.stories.conftest import Person, person, publisher  # noqa: F401

_played: dict[str, Path] = {}


@pytest.fixture
def week(
    person: Person,  # noqa: F811
    publisher: FeedServer,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Person:
    """A newsletter with sources, posts, an approved issue that was sent, events, and people.

    It is played once; every test has a copy of its home.
    """
    if "home" not in _played:
        _play(person, publisher)
        kept = tmp_path_factory.mktemp("played") / "home"
        shutil.copytree(person.home, kept)
        _played["home"] = kept
    else:
        shutil.copytree(_played["home"], person.home, dirs_exist_ok=True)
    return person


def _play(person: Person, publisher: FeedServer) -> None:  # noqa: F811
    person.run("sources", "add", f"{publisher.url}/society.atom")
    person.run("gather")
    person.run("draft")
    person.run("approve", "--by", "editor@example.org")
    names = [f"r{n}@example.org,Reader {n} Ünal,active" for n in range(30)]
    person.run("subscribers", "import", str(person.csv(*names)), "--consent", "on paper")
    person.run("send", "--yes")
    person.run("status")


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/elsewhere/list.sqlite"
