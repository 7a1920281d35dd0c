"""Robots at the door: many joins at once, over real connections, from many places."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from newsletter import serving, settings
from newsletter.store.schema import mails
from newsletter.wiring import House


def flooded(home: Path, joins: int, addresses: int, origins: int) -> tuple[Counter[int], House]:
    """Post so many joins through a trusted proxy; give the answers, and the newsletter."""
    chance = random.Random(6)
    asks = [(chance.randrange(addresses), chance.randrange(origins)) for _ in range(joins)]

    def post(part: list[tuple[int, int]]) -> list[int]:
        with httpx2.Client(base_url=address, timeout=60) as client:
            return [
                client.post(
                    "/subscribe",
                    json={"email": f"Victim{victim}@Example.org"},
                    headers={"x-forwarded-for": f"198.51.100.{origin}"},
                ).status_code
                for victim, origin in part
            ]

    with House(settings.load({"NEWSLETTER_HOME": str(home)})) as house:
        with serving.background(house) as address, ThreadPoolExecutor(8) as robots:
            codes = [
                code for part in robots.map(post, (asks[n::8] for n in range(8))) for code in part
            ]
        return Counter(codes), house


@pytest.mark.parametrize(
    ("joins", "addresses", "origins"),
    [
        (400, 40, 5),
        pytest.param(10_000, 1_000, 50, marks=pytest.mark.drill),
    ],
)
def test_a_flood_from_many_places_mails_nobody_more_than_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, joins: int, addresses: int, origins: int
) -> None:
    monkeypatch.setenv("NEWSLETTER_WEB__TRUSTED_PROXIES", "127.0.0.1")
    monkeypatch.setenv("NEWSLETTER_JOIN__JOINS_A_MINUTE", "0")

    codes, house = flooded(tmp_path, joins, addresses, origins)

    with house.db.read() as connection:
        sent = Counter(connection.scalars(select(mails.c.to)))
    # Twenty uses an hour and origin, whatever the addresses; the others are told to wait.
    assert codes == {202: 20 * origins, 429: joins - 20 * origins}
    assert 0 < len(sent) <= addresses
    assert set(sent.values()) == {1}
