"""Mail to one person: what waits in the queue, test mails, notices to editors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter import render
from newsletter.deliver import plan as planning
from newsletter.deliver.judge import about_all
from newsletter.errors import NewsletterError, Refused
from newsletter.model import Answer, Email, Masthead, Message, Outcome, Rendered, Week
from newsletter.render import Templates
from newsletter.sending.means import Means
from newsletter.store import mails, subscribers
from newsletter.store.mails import Mail
from newsletter.subscribers.tokens import Purpose

_AT_ONCE = 100
_LEASE = timedelta(minutes=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=2)
_MOST_ATTEMPTS = 12

_Links = Callable[[Means, int, datetime], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What became of the mails that waited. `halted` says why the rest still waits, if it does."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    halted: str = ""


def _confirm(means: Means, subscriber_id: int, now: datetime) -> dict[str, str]:
    token = means.tokens.sign(Purpose.CONFIRM, subscriber_id, now)
    return {"confirm_url": means.masthead.link(f"confirm/{token}")}


def _member(means: Means, subscriber_id: int, now: datetime) -> dict[str, str]:
    leave = means.tokens.sign(Purpose.LEAVE, subscriber_id, now)
    preferences = means.tokens.sign(Purpose.PREFERENCES, subscriber_id, now)
    return {
        "leave_url": means.masthead.link(f"leave/{leave}"),
        "preferences_url": means.masthead.link(f"preferences/{preferences}"),
    }


def _stay(means: Means, subscriber_id: int, now: datetime) -> dict[str, str]:
    token = means.tokens.sign(Purpose.STAY, subscriber_id, now)
    return _member(means, subscriber_id, now) | {"stay_url": means.masthead.link(f"stay/{token}")}


# The personal links that a kind of mail carries; they are made when it goes, not when it waits.
_LINKS: dict[str, _Links] = {"confirm": _confirm, "welcome": _member, "stay": _stay}


def dispatch(means: Means, templates: Templates) -> Dispatched:
    """Hand over every mail that is due, a few at a time.

        mails.claim | render.message | provider.hand_over | mails.done or later or failed

    A mail whose answer is lost is tried again: a confirmation twice is better than none.
    """
    sent = later = failed = 0
    while not means.stop.is_set():
        with means.db.write() as connection:
            due = mails.claim(connection, means.clock(), _LEASE, _AT_ONCE)
        if not due:
            break
        for mail in due:
            answer = _hand_over(means, templates, mail)
            if answer.outcome is Outcome.DENIED or about_all(answer):
                _put_off(means, mail, answer)
                return Dispatched(sent, later + 1, failed, answer.reason)
            if answer.outcome is Outcome.ACCEPTED:
                with means.db.write() as connection:
                    mails.done(connection, mail.id, answer.message_id)
                sent += 1
            elif answer.outcome is Outcome.REFUSED or mail.attempts >= _MOST_ATTEMPTS:
                with means.db.write() as connection:
                    mails.failed(connection, mail.id, answer.reason)
                failed += 1
            else:
                _put_off(means, mail, answer)
                later += 1
    return Dispatched(sent, later, failed)


def _hand_over(means: Means, templates: Templates, mail: Mail) -> Answer:
    now = means.clock()
    values = dict(mail.values)
    if mail.subscriber_id is not None:
        with means.db.read() as connection:
            if subscribers.get(connection, mail.subscriber_id) is None:
                return Answer(Outcome.REFUSED, reason="the reader asked to be forgotten")
        if links := _LINKS.get(mail.kind):
            values |= links(means, mail.subscriber_id, now)
    try:
        message = render.message(mail.kind, mail.to, means.masthead, templates, **values)
    except NewsletterError as error:
        # A template of one's own may be broken: this mail waits for its mending, the rest goes.
        return Answer(Outcome.LATER, reason=str(error))
    message = _with_leave_headers(message, values, means.masthead)
    return means.provider.hand_over(planning.single(message, means.masthead))


def _with_leave_headers(message: Message, values: dict[str, object], masthead: Masthead) -> Message:
    leave_url = values.get("leave_url")
    if not isinstance(leave_url, str):
        return message
    headers = planning.leave_headers(leave_url, planning.answers_to(masthead))
    return Message(
        message.to,
        message.subject,
        message.text,
        message.html,
        message.kind,
        {**message.headers, **headers},
    )


def _put_off(means: Means, mail: Mail, answer: Answer) -> None:
    pause = min(_FIRST_PAUSE * 2 ** (mail.attempts - 1), _LONGEST_PAUSE)
    pause = max(pause, timedelta(seconds=answer.retry_after or 0))
    with means.db.write() as connection:
        mails.later(connection, mail.id, means.clock() + pause, answer.reason)


def send_test(
    means: Means, templates: Templates, week: Week, rendered: Rendered, to: Email
) -> Answer:
    """Send an issue to one address, marked as a test, with links that lead nowhere."""
    marked = render.as_test(render.sample(rendered, means.masthead), templates)
    message = Message(to.text, marked.subject, marked.text, marked.html, f"test-{week}")
    answer = means.provider.hand_over(planning.single(message, means.masthead))
    if answer.outcome is not Outcome.ACCEPTED:
        raise Refused(f"The test mail to {to} was not taken: {answer.reason}")
    return answer
