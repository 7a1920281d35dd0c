"""A reader who was asked whether they stay."""

from __future__ import annotations

from starlette.testclient import TestClient

from newsletter.model import Email, State
from newsletter.store import silence, subscribers
from newsletter.subscribers.tokens import Purpose
from newsletter.web.services import Services


def _asked(shop: Services, state: State = State.ACTIVE) -> tuple[int, str]:
    with shop.db.write() as connection:
        email = Email.parse("quiet@example.org")
        number = subscribers.add(connection, email, state, name="", source="test", now=shop.clock())
        assert number is not None
        silence.note_asked(connection, [number], shop.clock())
    return number, f"/stay/{shop.tokens.sign(Purpose.STAY, number, shop.clock())}"


def _answered(shop: Services, number: int) -> bool:
    with shop.db.read() as connection:
        return number in silence.answers(connection, [number])


def test_one_press_says_that_they_stay_and_looking_says_nothing(
    client: TestClient, shop: Services
) -> None:
    number, address = _asked(shop)

    page = client.get(address)
    assert "Yes, I want to stay" in page.text
    assert not _answered(shop, number)

    assert "you stay" in client.post(address).text
    assert _answered(shop, number)
    assert client.post(address).status_code == 200


def test_who_left_meanwhile_is_told_so_and_brought_back_by_nothing(
    client: TestClient, shop: Services
) -> None:
    _, address = _asked(shop, State.LEFT)

    assert "not on the list" in client.post(address).text
    with shop.db.read() as connection:
        person = subscribers.find(connection, "quiet@example.org")
    assert person is not None
    assert person.state is State.LEFT


def test_a_link_for_something_else_is_none(client: TestClient, shop: Services) -> None:
    number, _ = _asked(shop)
    other = shop.tokens.sign(Purpose.LEAVE, number, shop.clock())

    assert client.post(f"/stay/{other}").status_code == 404
