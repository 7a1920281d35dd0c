"""What an operator must know and nobody would see: looked for, judged, mailed once a cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.model import Act, SendState, SourceState, State
from newsletter.store import alerts, consents, events, ledger, mails, sources, subscribers
from newsletter.wiring import House

# Feeds fail all the time; so many of them at once are our own network, or a setting.
_FAILING = 0.5
_NOT_GATHERED = timedelta(hours=36)
# SendGrid posts events within a minute; this long after delivery began its silence is a fault.
_SILENT_AFTER, _SILENT_UNTIL = timedelta(hours=2), timedelta(days=3)
# A send on its way records an outcome every few seconds.
_STANDS_STILL = timedelta(minutes=30)
# A list that loses this share in a week, and at least so many people.
_SHRINKING, _FEWEST = 0.02, 20
_WEEK = timedelta(days=7)

Alarms = Iterator[tuple[str, str]]


def look(house: House) -> list[str]:
    """Look for every cause of alarm; mail the new ones to the operators; give their words.

    store | judge | alerts.stand | mails.queue
    """
    now = house.clock()
    operators = house.settings.operators or house.settings.editors
    with house.db.write() as connection:
        found = dict(alarms(connection, now))
        new = [found[cause] for cause in alerts.stand(connection, found, now)]
        for operator in operators if new else ():
            values = {"alarms": new}
            mails.queue(connection, "alert", operator, subscriber_id=None, values=values, now=now)
    return new


def alarms(connection: Connection, now: datetime) -> Alarms:
    """Every cause that stands now, with a sentence that names the thing and the cure."""
    for kind in _KINDS:
        yield from kind(connection, now)


def _sends(connection: Connection, now: datetime) -> Alarms:
    for one in ledger.open_sends(connection, paused=True):
        name = f"{one.week} (take {one.take})"
        if one.state is SendState.PAUSED:
            yield (
                f"paused {one.ref}",
                f"The send of {name} is paused: {one.reason or 'no reason was given'}. Look at it "
                f"with: newsletter status {one.week}; let it go on with: newsletter resume "
                f"{one.week}",
            )
            continue
        last = ledger.span(connection, one.id)[1] or one.frozen_at
        if now - last > _STANDS_STILL:
            yield (
                f"still {one.ref}",
                f"The send of {name} is not done and nothing moved since {last:%Y-%m-%d %H:%M} "
                f"UTC. Go on with: newsletter send {one.week}",
            )


def _webhook(connection: Connection, now: datetime) -> Alarms:
    for one in ledger.lately_done(connection, since=now - _SILENT_UNTIL):
        began = max(filter(None, (one.send_at, one.finished_at, one.frozen_at)))
        if _SILENT_AFTER <= now - began <= _SILENT_UNTIL and not events.any_of(connection, one.id):
            yield (
                f"silent {one.ref}",
                f"{one.week} was delivered from {began:%Y-%m-%d %H:%M} UTC and the mail provider "
                "has reported nothing. Check that its Event Webhook posts to /hooks/sendgrid and "
                "that SENDGRID_WEBHOOK_PUBLIC_KEY is its key: newsletter doctor",
            )


def _gather(connection: Connection, now: datetime) -> Alarms:
    active = [one for one in sources.all(connection) if one.state is SourceState.ACTIVE]
    checked = [one.checked_at for one in active if one.checked_at]
    failing = sum(1 for one in active if one.failures)
    if checked and now - max(checked) > _NOT_GATHERED:
        yield (
            "gather late",
            f"No feed was read since {max(checked):%Y-%m-%d %H:%M} UTC. Check that the calendar "
            "is kept (newsletter serve --with-schedule, a worker or cron), or run: newsletter "
            "gather",
        )
    elif active and failing > _FAILING * len(active):
        yield (
            "gather failing",
            f"{failing} of {len(active)} feeds fail. See why with: newsletter sources list",
        )


def _list(connection: Connection, now: datetime) -> Alarms:
    acts = consents.acts(connection, since=now - _WEEK)
    gone = sum(acts.get(act, 0) for act in (Act.LEAVE, Act.BOUNCE, Act.COMPLAIN))
    come = sum(acts.get(act, 0) for act in (Act.CONFIRM, Act.IMPORT))
    lost = gone - come
    if lost < _FEWEST:
        return
    before = subscribers.count(connection).get(State.ACTIVE, 0) + lost
    if lost > _SHRINKING * before:
        year, number, _ = now.isocalendar()
        yield (
            f"shrinking {year}-W{number:02}",
            f"The list lost {lost:,} of {before:,} readers within a week ({gone:,} gone, {come:,} "
            "come). Look at the bounces and complaints of the last issue: newsletter status",
        )


_KINDS: tuple[Callable[[Connection, datetime], Alarms], ...] = (_sends, _webhook, _gather, _list)
