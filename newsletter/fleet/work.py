"""What each entry of the calendar is, in calls of the very shells that commands call.

Each function does it once and says in a few words what came of it; each can be done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from newsletter import signup
from newsletter.errors import NewsletterError
from newsletter.fleet import watch
from newsletter.model import Week
from newsletter.pipeline import editing
from newsletter.sending import hands, singles, telling
from newsletter.signup import Keeping
from newsletter.store import ledger
from newsletter.wiring import House, reported

# A day that was missed is made up for, and what the provider lists late is found again.
_LOOK_BACK = timedelta(days=8)


def perform(house: House, name: str) -> str:
    """Do an entry of the calendar; say what came of it, in words that hold no address."""
    return WORK[name](house)


def gather(house: House) -> str:
    """Ask the feeds that are due."""
    done = house.gather()
    return (
        f"{done.ok} sources ok, {done.unchanged} unchanged, {done.failed} failed; "
        f"{done.new} new posts"
    )


def draft(house: House) -> str:
    """Draft this week's issue, or add newcomers to its spare stories, and tell the editors."""
    week = Week.of(house.clock(), house.settings.zone)
    done = editing.draft(house.shop, week)
    singles.dispatch(house.means, house.templates)
    if done.path is None:
        return f"{week}: nothing good enough among {done.stories} stories"
    return f"{week}: {'drafted with' if done.created else 'added'} {done.added} stories"


def tidy(house: House) -> str:
    """Remind, and let go of, those who never confirmed."""
    join = house.settings.join
    keeping = Keeping(
        pending=timedelta(days=join.pending_days),
        origins=timedelta(days=join.origin_days),
        reminder=join.reminder,
    )
    done = signup.tidy(house.db, keeping, house.clock())
    singles.dispatch(house.means, house.templates)
    return f"{done.reminded} reminded, {done.erased} erased, {done.blanked} origins blanked"


def suppressions(house: House) -> str:
    """Take in the provider's suppression lists, and tell it of ours."""
    done = telling.sync(house.means, since=house.clock() - _LOOK_BACK, act=reported)
    return f"{done.taken} taken, {done.known} known, {done.told} told"


def watching(house: House) -> str:
    """Look for what an operator must know, and mail it to them, each cause once."""
    told = watch.look(house)
    if told:
        singles.dispatch(house.means, house.templates)
    return f"{len(told)} new alarms"


def sends(house: House) -> str:
    """Ask workers for hands wherever a send is open, so that none stands still."""
    with house.db.write() as connection:
        found = ledger.open_sends(connection)
        asked = sum(hands.ask(connection, one.id, house.means.knobs.hands) for one in found)
    return f"{len(found)} sends open, {asked} hands asked"


WORK: dict[str, Callable[[House], str]] = {
    "gather": gather,
    "draft": draft,
    "tidy": tidy,
    "suppressions": suppressions,
    "watch": watching,
    "sends": sends,
}


def told(error: Exception) -> str:
    """An error in words that may be kept: what a person can mend in full, else its kind.

    Another error's text may hold somebody's address.
    """
    return str(error) if isinstance(error, NewsletterError) else type(error).__name__
