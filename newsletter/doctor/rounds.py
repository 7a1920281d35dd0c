"""The rounds: every look in its turn; one that cannot be made holds up none of the others."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.doctor import machine, outside
from newsletter.doctor.findings import Found, Level, Look
from newsletter.errors import NewsletterError
from newsletter.wiring import House

HERE: dict[str, Look] = {
    "settings": machine.settings,
    "database": machine.database,
    "secret": machine.secret,
    "disk": machine.disk,
    "feeds": machine.feeds,
    "calendar": machine.by_itself,
}
OUTSIDE: dict[str, Look] = {
    "SendGrid": outside.provider,
    "DNS": outside.records,
    "pages": outside.pages,
}


def examine(house: House, *, offline: bool = False) -> Iterator[Found]:
    """Look at everything; `offline` names what needs a network and leaves it alone."""
    if house.settings.now:
        yield Found(
            "clock",
            Level.WARNING,
            f"the time is fixed at {house.settings.now.isoformat()}",
            "Unset NEWSLETTER_NOW, unless this is a demo or a drill.",
        )
    for name, look in HERE.items():
        yield from _looked(house, name, look)
    for name, look in OUTSIDE.items():
        if offline:
            yield Found(name, Level.UNSEEN, "not looked at: offline", "Run it without --offline.")
        else:
            yield from _looked(house, name, look)
    if offline or house.settings.local:
        yield Found("clock", Level.UNSEEN, "not compared with SendGrid's", "Run it with a key.")


def _looked(house: House, name: str, look: Look) -> Iterator[Found]:
    try:
        yield from look(house)
    except NewsletterError as error:
        what, _, cure = str(error).partition(". ")
        yield Found(name, Level.ERROR, what.rstrip("."), cure or "See docs/troubleshooting.md.")
    except Exception as error:
        yield Found(
            name,
            Level.ERROR,
            f"it could not be looked at: {type(error).__name__}: {error}",
            "See docs/troubleshooting.md.",
        )
