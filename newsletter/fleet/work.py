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
from newsletter.pipeline import editing, recalling, sourcing
from newsletter.sending import hands, singles, telling
from newsletter.sending import keeping as pruning
from newsletter.sending.keeping import Keep
from newsletter.signup import Keeping
from newsletter.store import jobs, ledger
from newsletter.wiring import House, reported

# A day that was missed is made up for, and what the provider lists late is found again.
_LOOK_BACK = timedelta(days=8)


def perform(house: House, name: str) -> str:
    """Do an entry of the calendar; say what came of it, in words that hold no address."""
    return WORK[name](house)


def gather(house: House) -> str:
    """Ask the feeds that are due; a home without sources begins with its `feeds.opml`."""
    begin_with_a_list(house)
    done = house.gather()
    return (
        f"{done.ok} sources ok, {done.unchanged} unchanged, {done.failed} failed; "
        f"{done.new} new posts"
    )


def begin_with_a_list(house: House) -> None:
    sourcing.begin_with(house.db, house.settings.folder("feeds.opml"), now=house.clock())


def draft(house: House) -> str:
    """Draft this week's issue, or add newcomers to its spare stories, and tell the editors."""
    week = Week.of(house.clock(), house.settings.zone)
    done = editing.draft(house.shop, week)
    singles.dispatch(house.means, house.templates)
    if done.path is None:
        return f"{week}: nothing good enough among {done.stories} stories"
    return f"{week}: {'drafted with' if done.created else 'added'} {done.added} stories"


def tidy(house: House) -> str:
    """Remind, and let go of, those who never confirmed; remove what was kept long enough."""
    done = tidied(house)
    singles.dispatch(house.means, house.templates)
    return ", ".join(f"{number:,} {what}" for what, number in done.items() if number) or "nothing"


def tidied(house: House) -> dict[str, int]:
    """Do what `tidy` does, without the mail; say what was done and removed, and how much."""
    join, keep = house.settings.join, house.settings.keep
    keeping = Keeping(
        pending=timedelta(days=join.pending_days),
        origins=timedelta(days=join.origin_days),
        reminder=join.reminder,
    )
    now = house.clock()
    people = signup.tidy(house.db, keeping, now)
    gone = pruning.prune(
        house.db,
        Keep(
            events=timedelta(days=keep.events_days),
            looks=timedelta(days=keep.looks_days),
            mails=timedelta(days=keep.mails_days),
            set_aside=timedelta(days=keep.set_aside_days),
        ),
        now,
    )
    return {
        "reminded": people.reminded,
        "pending sign-ups erased": people.erased,
        "origins blanked": people.blanked,
        "events removed": gone.events,
        "opens and clicks removed": gone.looks,
        "mails removed": gone.mails,
        "notes set aside removed": gone.set_aside,
        "sign-ins removed": gone.sign_ins,
    }


def recall(house: House) -> str:
    """Look for picks that were retracted since they went out, and tell the editors."""
    new = recalling.look(house.shop, house.settings.editors)
    if new:
        singles.dispatch(house.means, house.templates)
    return f"{len(new)} picks were retracted"


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
        jobs.forget(connection)
    return f"{len(found)} sends open, {asked} hands asked"


WORK: dict[str, Callable[[House], str]] = {
    "gather": gather,
    "draft": draft,
    "tidy": tidy,
    "recall": recall,
    "suppressions": suppressions,
    "watch": watching,
    "sends": sends,
}


def told(error: Exception) -> str:
    """An error in words that may be kept: what a person can mend in full, else its kind.

    Another error's text may hold somebody's address.
    """
    return str(error) if isinstance(error, NewsletterError) else type(error).__name__
