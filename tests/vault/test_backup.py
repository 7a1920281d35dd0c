"""A backup comes back whole, on either database, and sends nothing twice."""

from __future__ import annotations

import shutil
import stat
import threading
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from newsletter import signup
from newsletter.sandbox import Sandbox
from newsletter.store import mails, restores
from tests.stories.conftest import NOW, WEEK, Person


def fresh(person: Person, home: Path, url: str = "") -> Person:
    """The same person on a new machine."""
    home.mkdir()
    settings = {**person.settings, **({"DATABASE_URL": url} if url else {})}
    return Person(home, person.monkeypatch, person.capsys, settings)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_house_comes_back_whole(
    week: Person, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else ""
    kept = week.run("backup", str(tmp_path / "kept.zip"), "--json")
    new = fresh(week, tmp_path / "new", url)

    back = new.run("restore", str(tmp_path / "kept.zip"), "--json")

    assert (kept.code, back.code) == (0, 0), kept.err + back.err
    assert back.json["rows"] == kept.json["rows"]
    assert new.words().read_bytes() == week.words().read_bytes()
    secret = Path("subscribers") / "secret"
    assert (new.home / secret).read_bytes() == (week.home / secret).read_bytes()
    assert stat.S_IMODE((new.home / secret).stat().st_mode) == 0o600
    assert new.run("reconcile").code == 0
    assert "suppressions sync" in back.err


def test_a_backup_is_its_owners_alone_and_holds_no_keys(week: Person, tmp_path: Path) -> None:
    (week.home / ".env").write_text("SENDGRID_API_KEY=SG.secret\n")
    path = tmp_path / "kept.zip"
    week.run("backup", str(path))

    with zipfile.ZipFile(path) as kept:
        names = kept.namelist()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [name for name in names if ".env" in name]
    assert not list(tmp_path.glob(".kept*"))


def test_it_is_one_moment_though_people_join_meanwhile(week: Person, tmp_path: Path) -> None:
    over = threading.Event()

    def join() -> None:
        with week.house() as house:
            number = 0
            while not over.is_set():
                rows = iter(["email\n", f"late{number}@example.org\n"])
                signup.import_csv(
                    house.db, rows, consent="x", source="t", now=NOW, hash_keys=house.secrets
                )
                number += 1

    thread = threading.Thread(target=join)
    thread.start()
    try:
        kept = week.run("backup", str(tmp_path / "kept.zip"), "--json").json
    finally:
        over.set()
        thread.join()
    back = fresh(week, tmp_path / "new").run("restore", str(tmp_path / "kept.zip"), "--json").json

    # Each of them has one proof of consent, written in the same transaction.
    assert kept["rows"]["subscribers"] == kept["rows"]["consents"]
    assert back["rows"] == kept["rows"]


def test_a_backup_again_takes_the_place_of_the_last_one(week: Person, tmp_path: Path) -> None:
    path = tmp_path / "kept.zip"

    assert [week.run("backup", str(path)).code for _ in range(2)] == [0, 0]


def test_something_else_is_not_overwritten(week: Person, tmp_path: Path) -> None:
    path = tmp_path / "thesis.zip"
    path.write_text("years of work")

    ran = week.run("backup", str(path))

    assert ran.code == 1
    assert "no backup of ours" in ran.err
    assert path.read_text() == "years of work"


def test_a_damaged_backup_changes_nothing(week: Person, tmp_path: Path) -> None:
    path = tmp_path / "kept.zip"
    week.run("backup", str(path))
    whole = path.read_bytes()
    new = fresh(week, tmp_path / "new")
    codes = []
    for broken in (whole[: len(whole) // 2], b"no zip", b""):
        path.write_bytes(broken)
        codes.append(new.run("restore", str(path)).code)
    path.write_bytes(whole)
    with (
        zipfile.ZipFile(tmp_path / "short.zip", "w") as short,
        zipfile.ZipFile(path) as kept,
    ):
        for name in kept.namelist():
            lines = kept.read(name).splitlines(keepends=True)
            cut = lines[:-1] if name == "tables/subscribers.jsonl" else lines
            short.writestr(name, b"".join(cut))
    missing = new.run("restore", str(tmp_path / "short.zip"))
    good = new.run("restore", str(path))

    assert codes == [1, 1, 1]
    assert "29 of 30 rows" in missing.err
    assert good.code == 0


def test_a_house_that_has_a_list_is_not_restored_over(week: Person, tmp_path: Path) -> None:
    week.run("backup", str(tmp_path / "kept.zip"))

    ran = week.run("restore", str(tmp_path / "kept.zip"))

    assert ran.code == 1
    assert "is not empty" in ran.err


def test_another_secret_is_not_overwritten(week: Person, tmp_path: Path) -> None:
    week.run("backup", str(tmp_path / "kept.zip"))
    new = fresh(week, tmp_path / "new")
    (new.home / "subscribers").mkdir()
    (new.home / "subscribers" / "secret").write_text("x" * 64)

    ran = new.run("restore", str(tmp_path / "kept.zip"))

    assert ran.code == 1
    assert "is another secret" in ran.err


def test_a_file_of_the_backup_that_would_lie_outside_is_refused(
    week: Person, tmp_path: Path
) -> None:
    week.run("backup", str(tmp_path / "kept.zip"))
    with (
        zipfile.ZipFile(tmp_path / "kept.zip") as kept,
        zipfile.ZipFile(tmp_path / "evil.zip", "w") as evil,
    ):
        for name in kept.namelist():
            held = kept.read(name)
            if name == "manifest.json":
                held = held.replace(b'"files": [', b'"files": ["../outside",', 1)
            evil.writestr(name, held)
        evil.writestr("home/../outside", "x")

    ran = fresh(week, tmp_path / "new").run("restore", str(tmp_path / "evil.zip"))

    assert ran.code == 1
    assert "outside the home" in ran.err
    assert not (tmp_path / "outside").exists()


def test_the_drill_a_restore_in_the_middle_of_a_send_gives_nobody_the_issue_twice(
    week: Person, tmp_path: Path
) -> None:
    """The disk dies after the send went on; the backup knows of a part of it only."""
    person = fresh(week, tmp_path / "first")
    shutil.copytree(week.home / "issues", person.home / "issues")
    readers = person.csv(*(f"r{n}@example.org,,active" for n in range(40)))
    person.settings |= {"NEWSLETTER_BATCH_SIZE": "10", "NEWSLETTER_UNDO_MINUTES": "0"}
    person.run("subscribers", "import", str(readers), "--consent", "on paper")
    person.run("approve", "--by", "editor@example.org")
    path = tmp_path / "kept.zip"
    with Sandbox(tmp_path / "world", now=lambda: NOW, write_eml=False, background=False) as world:
        person.settings |= {"SENDGRID_API_KEY": "SG.drill", "SENDGRID_BASE_URL": world.url}
        person.settings["NEWSLETTER_DRILL"] = "answered:2"
        person.start("send", WEEK, "--yes").communicate()
        del person.settings["NEWSLETTER_DRILL"]
        person.run("backup", str(path))
        person.run("send", "--yes")
        person.run("resolve", "--give-up")
        went = Counter(address for address, _ in world.delivered())
        new = fresh(person, tmp_path / "new")

        back = new.run("restore", str(path), "--json")
        tried = [new.run("send", "--yes"), new.run("resume"), new.run("send", "--yes")]
        new.run("resolve", "--give-up")
        last = new.run("send", "--yes")
        after = Counter(address for address, _ in world.delivered())

    assert back.code == 0, back.err
    assert back.json["batches_in_doubt"] > 0
    assert "paused" in tried[0].err
    assert "not known" in tried[2].err
    assert last.code in (0, 3)
    assert after == went
    assert set(went.values()) == {1}


def test_a_week_that_was_sent_after_the_backup_needs_an_operators_word(
    week: Person, tmp_path: Path
) -> None:
    person = fresh(week, tmp_path / "first")
    shutil.copytree(week.home / "issues", person.home / "issues")
    readers = person.csv(*(f"r{n}@example.org,,active" for n in range(5)))
    person.run("subscribers", "import", str(readers), "--consent", "on paper")
    person.run("approve", "--by", "editor@example.org")
    person.run("backup", str(tmp_path / "kept.zip"))
    person.run("send", "--yes")
    new = fresh(person, tmp_path / "new")
    new.run("restore", str(tmp_path / "kept.zip"))

    unsynced = new.run("send", "--yes")
    new.run("suppressions", "sync")
    refused = new.run("send", "--yes")
    letters = new.letters()
    word = new.run("send", "--yes", "--not-sent-before")

    assert unsynced.code == refused.code == 1
    assert "newsletter suppressions sync" in unsynced.err
    assert "may have been sent" in refused.err
    assert "--not-sent-before" in refused.err
    assert not letters
    assert word.code == 0
    with new.house() as house, house.db.read() as connection:
        assert restores.newest(connection)


def test_mail_to_single_people_that_waited_is_not_sent_by_a_restored_house(
    week: Person, tmp_path: Path
) -> None:
    with week.house() as house, house.db.write() as connection:
        mails.queue(
            connection,
            "login",
            "editor@example.org",
            subscriber_id=None,
            values={"login_url": "https://x.example", "minutes": 15},
            now=house.clock(),
        )
    week.run("backup", str(tmp_path / "kept.zip"))
    new = fresh(week, tmp_path / "new")

    back = new.run("restore", str(tmp_path / "kept.zip"), "--json")

    assert back.json["mails_not_sent"] == 1
    assert "will not be sent" in back.err
