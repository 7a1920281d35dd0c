"""Who says where a request comes from: the connection, or a proxy that is trusted by name."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from newsletter import serving, settings, signup
from newsletter.errors import WrongUsage
from newsletter.wiring import House

READER = "ada@example.org"


def joined_from(home: Path, **headers: str) -> str:
    """The address of origin that is kept when a join arrives with these headers."""
    with (
        House(settings.load({"NEWSLETTER_HOME": str(home)})) as house,
        serving.background(house) as address,
        httpx2.Client(base_url=address) as client,
    ):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client.post("/subscribe", json={"email": READER}, headers=named)
        (proof,) = signup.show(house.db, READER)["consents"]
    return str(proof["origin"])


@pytest.mark.parametrize(
    ("proxies", "said", "kept"),
    [
        ("", "203.0.113.9", "127.0.0.1"),
        ("192.0.2.1", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.0/8,10.0.0.0/8", "203.0.113.9", "203.0.113.9"),
        # What a visitor wrote there before our proxies added to it counts for nothing.
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1,10.0.0.7", "198.51.100.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_reader_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str, said: str, kept: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_WEB__TRUSTED_PROXIES", proxies)

    assert joined_from(tmp_path, X_Forwarded_For=said) == kept


@pytest.mark.parametrize("proxies", ["*", "the proxy", "10.0.0.0/99"])
def test_what_is_no_address_of_a_proxy_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_WEB__TRUSTED_PROXIES", proxies)

    with pytest.raises(WrongUsage, match="TRUSTED_PROXIES"):
        settings.load({"NEWSLETTER_HOME": str(tmp_path)})
