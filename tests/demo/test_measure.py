"""`newsletter bench` measures with real parts and leaves nothing behind."""

from __future__ import annotations

from tests.stories.conftest import Person, person  # noqa: F401


def test_an_operator_sees_what_this_machine_carries(person: Person) -> None:  # noqa: F811
    ran = person.run("bench", "--readers", "300", "--json")

    figures = {one["what"]: one["number"] for one in ran.json["figures"]}
    assert ran.code == 0
    assert figures["readers frozen and handed over"] == 300
    assert figures["events verified and taken in"] == 600
    assert all(one["rate"] > 0 for one in ran.json["figures"])
    assert not list(person.home.iterdir())


def test_a_bench_leaves_a_real_list_alone(person: Person) -> None:  # noqa: F811
    person.run("subscribers", "import", str(person.csv("a@example.org,,active")), "--consent", "x")
    own = f"sqlite:///{person.home}/subscribers/newsletter.sqlite"

    ran = person.run("bench", "--readers", "10", "--database", own)

    assert ran.code == 1
    assert "is not empty" in ran.err
