"""The only builder: from settings to everything that the shells are handed.

Nothing is opened before it is asked for, so that a command which needs no
database, no provider or no templates does not wait for them.
"""

from __future__ import annotations

import os
import random
import secrets
import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from newsletter import __version__, journal
from newsletter.errors import BadValue, NewsletterError
from newsletter.store import Database

# A command waits for what it uses and no more: the rest is imported where it is built.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from sqlalchemy import Connection

    from newsletter.deliver.events import Report
    from newsletter.deliver.sendgrid import SendGrid
    from newsletter.gather.limits import Limits
    from newsletter.model import Reported
    from newsletter.pipeline.gathered import Gathered, GatherStep
    from newsletter.pipeline.shop import Workshop
    from newsletter.render import Templates
    from newsletter.sandbox import Sandbox
    from newsletter.sending.means import Means
    from newsletter.settings import Settings
    from newsletter.signup import Spool
    from newsletter.store.papers import Papers
    from newsletter.subscribers.tokens import Tokens

# The local sandbox takes any key; this one says in its log where mail came from.
LOCAL_KEY = "SG.local-sandbox"


class House:
    """Everything that one command or server works with; close it to let go of all of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stop = threading.Event()
        self._open = ExitStack()
        journal.written_as(settings.log, settings.log_level)

    def __enter__(self) -> House:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def clock(self) -> Callable[[], datetime]:
        """The time, or the fixed one of `NEWSLETTER_NOW`."""
        fixed = self.settings.now
        return (lambda: fixed) if fixed else (lambda: datetime.now(UTC))

    @cached_property
    def chance(self) -> random.Random:
        return random.Random(secrets.randbits(64))

    @cached_property
    def db(self) -> Database:
        """The store, migrated if it is SQLite."""
        database = Database(self.settings.database)
        self._open.callback(database.close)
        database.ready()
        return database

    @cached_property
    def templates(self) -> Templates:
        from newsletter.render import Templates

        own = self.settings.folder("templates")
        return Templates([own] if own.is_dir() else [])

    @cached_property
    def papers(self) -> Papers:
        from newsletter.store.papers import Papers

        return Papers(self.settings.folder("issues"))

    @cached_property
    def secrets(self) -> tuple[bytes, ...]:
        """What signs tokens: the setting, or a file made on first use that only we can read."""
        if self.settings.secret:
            return tuple(one.encode() for one in self.settings.secret)
        return (_kept_secret(self.settings.folder("subscribers") / "secret"),)

    @cached_property
    def tokens(self) -> Tokens:
        from newsletter.subscribers.tokens import Tokens

        return Tokens(self.secrets, confirm_lasts=timedelta(days=self.settings.join.confirm_days))

    @cached_property
    def sandbox(self) -> Sandbox:
        """The local SendGrid in this process, with its outbox; its events come straight back."""
        from newsletter.sandbox import Sandbox

        sandbox = Sandbox(self.settings.outbox, now=self.clock, post_events=self.take_report)
        self._open.enter_context(sandbox)
        return sandbox

    @cached_property
    def provider(self) -> SendGrid:
        """The only way out: SendGrid, or the local sandbox while there is no key."""
        from newsletter.deliver.sendgrid import SendGrid

        local = self.settings.local
        provider = SendGrid(
            LOCAL_KEY if local else self.settings.sendgrid_api_key,
            self.sandbox.url if local else self.settings.sendgrid_base_url,
            timeout=self.settings.request_seconds,
            clock=self.clock,
        )
        self._open.callback(provider.close)
        return provider

    @cached_property
    def webhook_keys(self) -> tuple[EllipticCurvePublicKey, ...]:
        """The keys whose events are believed; the sandbox's own only while mail stays here."""
        from newsletter.deliver import events as reporting

        texts = list(self.settings.sendgrid_webhook_public_key)
        if self.settings.local:
            texts.append(self.sandbox.public_key)
        return tuple(reporting.public_key(text) for text in texts)

    def take_report(self, raw: bytes, headers: Mapping[str, str]) -> int:
        """Take in one POST of the event webhook and give the status to answer with.

        403 without a word for what is not signed by a known key; 400 for what no second try
        would mend; 500 when it could not be stored, so that it comes again.
        """
        from newsletter.deliver import events as reporting

        signature = headers.get(reporting.SIGNATURE, "")
        timestamp = headers.get(reporting.TIMESTAMP, "")
        if not reporting.verify(self.webhook_keys, signature, timestamp, raw):
            return 403
        try:
            report = reporting.parse(raw)
        except BadValue:
            return 400
        try:
            if not self._left_to_workers(raw):
                self.digest(report)
        except Exception:  # whatever it was, the provider keeps it for us and tries again
            return 500
        return 200

    def digest(self, report: Report, *, waiting: int | None = None) -> None:
        """Take in what a verified report tells; `waiting` is its number if it waited for that."""
        from newsletter.sending import reports
        from newsletter.sending.consequences import Soft
        from newsletter.store.intake import Marks

        reports.take(
            self.db,
            report,
            now=self.clock(),
            act=reported,
            marks=Marks(self.secrets[0], self.settings.track_people),
            soft=Soft(self.settings.soft_bounces, timedelta(days=self.settings.soft_bounce_days)),
            waiting=waiting,
        )

    def _left_to_workers(self, raw: bytes) -> bool:
        """Keep a report for the workers, if one lives; its job commits with it."""
        if self.db.is_sqlite:
            return False
        from newsletter.store import inbox, jobs

        with self.db.write() as connection:
            if not jobs.workers(connection):
                return False
            inbox.keep(connection, raw, self.clock())
        return True

    @cached_property
    def shop(self) -> Workshop:
        from newsletter.pipeline.shop import Workshop

        settings = self.settings
        return Workshop(
            db=self.db,
            papers=self.papers,
            templates=self.templates,
            masthead=settings.masthead,
            zone=settings.zone,
            clock=self.clock,
            smallest=settings.smallest_issue,
            largest=settings.largest_issue,
            editors=settings.editors,
            operators=settings.operators,
            approvers=settings.approvers,
            second_reader=settings.second_reader,
        )

    @cached_property
    def spool(self) -> Spool:
        """Where leaves wait while the database takes no writes."""
        from newsletter.signup import Spool

        return Spool(self.settings.folder("subscribers") / "leaves.jsonl")

    def take_leaves(self) -> int:
        """Take in the leaves that wait: before anything is sent, and whenever time is."""
        from newsletter.signup import leave_noted

        return self.spool.take(lambda who, seen, at: leave_noted(self.db, who, seen, at))

    @cached_property
    def means(self) -> Means:
        from newsletter.deliver.plan import Tracking
        from newsletter.deliver.sendgrid import lease
        from newsletter.sending import brake, steps
        from newsletter.sending.means import Knobs, Means, this_process

        settings = self.settings
        return Means(
            db=self.db,
            provider=self.provider,
            tokens=self.tokens,
            masthead=settings.masthead,
            clock=self.clock,
            chance=self.chance,
            knobs=Knobs(
                lanes=settings.lanes,
                in_flight=settings.in_flight,
                hands=settings.hands,
                batch_size=settings.batch_size,
                rate=settings.rate,
                undo=timedelta(minutes=settings.undo),
                lease=lease(settings.request_seconds),
                tracking=Tracking(clicks=settings.track_clicks, opens=settings.track_opens),
                stale=timedelta(hours=settings.late_hours),
                spread=timedelta(hours=settings.spread_hours),
                brake=brake.Limits(
                    settings.brake_bounces, settings.brake_complaints, settings.brake_after
                ),
            ),
            holder=this_process(secrets.token_hex(4)),
            stop=self.stop,
            step=steps.drill(settings.drill) if settings.drill else steps.nothing,
        )

    @cached_property
    def gather_limits(self) -> Limits:
        from newsletter.gather.limits import Limits

        ours = self.settings.gather
        return Limits(
            connect_seconds=ours.connect_seconds,
            read_seconds=ours.read_seconds,
            total_seconds=ours.total_seconds,
            parse_seconds=ours.parse_seconds,
            body_bytes=ours.body_bytes,
            redirects=ours.redirects,
            at_a_time=ours.at_a_time,
            per_host=ours.per_host,
            pause_seconds=ours.pause_seconds,
            entries=ours.entries,
            processes=ours.processes,
            moves=ours.moves,
            wait_first=timedelta(minutes=ours.backoff_minutes),
            wait_most=timedelta(hours=ours.backoff_most_hours),
            slow_wait=timedelta(minutes=ours.slow_minutes),
            fresh_most=timedelta(hours=ours.fresh_most_hours),
            told_most=timedelta(days=ours.told_most_days),
            articles_seconds=ours.articles_seconds,
        )

    def gather(
        self,
        *,
        only: str | None = None,
        among: Collection[int] | None = None,
        since: datetime | None = None,
        force: bool = False,
        progress: Callable[[GatherStep], None] | None = None,
    ) -> Gathered:
        """Take in what the sources have that is new; see `pipeline.gathering.gather`."""
        from newsletter.pipeline import gathering

        return gathering.gather(
            self.db,
            limits=self.gather_limits,
            allow_private=self.settings.allow_private_networks,
            user_agent=self.user_agent,
            now=self.clock,
            chance=self.chance,
            zone=self.settings.zone,
            only=only,
            among=among,
            since=since,
            force=force,
            articles=self.settings.gather.articles,
            progress=progress,
        )

    @property
    def user_agent(self) -> str:
        return f"Newsletter/{__version__} (+{self.settings.base_url})"

    def settle(self) -> None:
        """While mail stays here: release what is due from the outbox and take in its events."""
        if self.settings.local and self.settings.outbox.is_dir():
            self.sandbox.release_due()
            self.sandbox.flush_events()

    def missing(self) -> str:
        """What the law wants in every mail and no setting says: a sentence, or nothing."""
        wanted = {
            "NEWSLETTER_FROM": self.settings.from_,
            "NEWSLETTER_POSTAL_ADDRESS": self.settings.postal_address,
        }
        missing = [name for name, value in wanted.items() if not value]
        if not missing:
            return ""
        return (
            f"{' and '.join(missing)} must be set before anything is sent: every mail names "
            "its sender and a postal address. Put them into .env or newsletter.toml."
        )


def reported(connection: Connection, acts: Sequence[Reported]) -> None:
    """Move subscribers on the provider's word: what sending is handed for that."""
    from newsletter import signup

    signup.reported_all(connection, acts, signup.Visit("mail provider"))


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        _make_secret(path)
    kept = path.read_bytes().strip()
    if len(kept) < 32:
        raise NewsletterError(
            f"{path} is damaged: it holds no secret. Restore it from a backup; without it "
            "links in mails that went out no longer work."
        )
    return kept


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secret.")
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # A link is never half there, and of two processes that come first at once one makes it.
    with suppress(FileExistsError):
        os.link(temporary, path)
    os.unlink(temporary)
