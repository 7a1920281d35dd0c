"""A list moves to PostgreSQL and back, and both sides are the same."""

from __future__ import annotations

from pathlib import Path

from newsletter.store import Database, carry
from tests.stories.conftest import Person


def counts(url: str) -> dict[str, int]:
    database = Database(url)
    with database.read() as connection:
        found = carry.occupied(connection)
    database.close()
    return found


def test_a_list_moves_to_postgresql_and_back_the_same(
    week: Person, postgres_url: str, elsewhere: str
) -> None:
    there = week.run("move", "--to", postgres_url, "--json")
    week.settings["DATABASE_URL"] = postgres_url
    sent_again = week.run("send", "--yes")
    back = week.run("move", "--to", elsewhere, "--json")

    assert there.code == back.code == 0, there.err + back.err
    digests = {one["table"]: (one["rows"], one["digest"]) for one in there.json}
    assert {one["table"]: (one["rows"], one["digest"]) for one in back.json} == digests
    assert digests["deliveries"][0] == digests["subscribers"][0] == 30
    assert digests["posts"][0] > 3
    assert digests["events"][0] >= 30
    assert "nothing more is sent" in sent_again.err
    assert counts(elsewhere) == counts(postgres_url)


def test_new_rows_follow_the_moved_ones(week: Person, postgres_url: str) -> None:
    week.run("move", "--to", postgres_url)
    week.settings["DATABASE_URL"] = postgres_url

    ran = week.run(
        "subscribers", "import", str(week.csv("new@example.org,,active")), "--consent", "x"
    )
    shown = week.run("subscribers", "count", "--json")

    assert ran.code == 0, ran.err
    assert shown.json["active"] == 31


def test_a_database_that_holds_a_list_is_not_moved_into(week: Person, elsewhere: str) -> None:
    week.run("move", "--to", elsewhere)
    before = counts(elsewhere)

    again = week.run("move", "--to", elsewhere)

    assert again.code == 1
    assert "is not empty" in again.err
    assert counts(elsewhere) == before


def test_it_cannot_be_moved_onto_itself(week: Person) -> None:
    own = f"sqlite:///{week.home}/subscribers/newsletter.sqlite"

    ran = week.run("move", "--to", own)

    assert ran.code == 1
    assert "nothing to move" in ran.err


def test_a_row_that_does_not_fit_keeps_nothing_on_the_other_side(
    week: Person, postgres_url: str
) -> None:
    with week.house() as house, house.db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE subscribers SET name = 'a' || char(0) || 'b' WHERE id = 7"
        )

    ran = week.run("move", "--to", postgres_url)

    assert ran.code == 1
    assert "subscribers has a row that PostgreSQL does not take" in ran.err
    assert counts(postgres_url) == {}


def test_an_address_that_is_none_is_wrong_usage(week: Person, tmp_path: Path) -> None:
    ran = week.run("move", "--to", f"mysql://{tmp_path}")

    assert ran.code == 2
