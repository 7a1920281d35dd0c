"""The tables. One text for SQLite and PostgreSQL; each table says what a row is.

Times are UTC. Personal data stands in `subscribers`, `consents`, `mails`, `suppressions`,
`lifts`, `attempts` and, until they are digested, `reports` only; everything else refers to people
by number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time in UTC: `timestamptz` on PostgreSQL, text without a zone on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone reached the store: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by INTEGER PRIMARY KEY alone, so big keys need a word for each database.
Key = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, default=default, server_default=default)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, default=default, server_default=str(default))


# A feed that we read, with its health and what it takes to ask politely again.
sources = Table(
    "sources",
    metadata,
    Column("id", Key, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    _text("title"),
    Column("weight", Float, nullable=False, default=1.0, server_default="1.0"),
    _text("folder"),
    Column("state", String(10), nullable=False, default="active", server_default="active"),
    _text("etag"),
    _text("last_modified"),
    _text("body_digest"),
    Column("added_at", Moment, nullable=False),
    Column("checked_at", Moment),
    Column("good_at", Moment),
    Column("changed_at", Moment),
    Column("next_at", Moment),
    _number("failures"),
    _text("failure"),
    _text("moved_to"),
    _number("moved_seen"),
    Column("moved_at", Moment),
    sqlite_autoincrement=True,
)

# One post, once, whatever number of feeds carry it; the source is the first that did.
posts = Table(
    "posts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("link", Text, nullable=False),
    Column("source_id", Key, ForeignKey("sources.id", ondelete="SET NULL"), index=True),
    _text("source_title"),
    _text("guid"),
    _text("title"),
    _text("text"),
    _text("author"),
    Column("published", Moment),
    Column("first_seen", Moment, nullable=False, index=True),
    Column("updated_at", Moment),
    _text("doi"),
    _text("pmid"),
    _text("image"),
    _text("image_alt"),
    _number("image_width"),
    _number("image_height"),
    _text("language"),
    _text("digest"),
    Column("titles", JSON, nullable=False, default=list, server_default="[]"),
    Column("article_at", Moment),
    Index("ix_posts_published", "published"),
    sqlite_autoincrement=True,
)

# Every name under which a post is known: "guid SOURCE GUID", "url ADDRESS", "doi DOI", "pmid N".
post_keys = Table(
    "post_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("post_id", Key, ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, index=True),
)

# What an address of an issue answered when it was looked up; `weight` is in bytes, 0 if not told.
links = Table(
    "links",
    metadata,
    Column("url", Text, primary_key=True),
    _number("status"),
    _text("reason"),
    Column("weight", BigInteger, nullable=False, default=0, server_default="0"),
    Column("checked_at", Moment, nullable=False, index=True),
)

# What was approved, whole: the mail itself, so that a send needs no other file.
approvals = Table(
    "approvals",
    metadata,
    Column("id", Key, primary_key=True),
    Column("week", String(12), nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    _text("preheader"),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("web", Text, nullable=False),
    Column("variants", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("waivers", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# A story as a draft offered it to editors, so that an approval shows what they made of it.
proposals = Table(
    "proposals",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("section", String(10), nullable=False),
    Column("printed", Boolean, nullable=False),
    _text("source"),
    _text("title"),
    Column("subjects", JSON, nullable=False, default=list, server_default="[]"),
)

# What editors did with a proposed story, for its source or for one of its subjects.
lessons = Table(
    "lessons",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("about", String(8), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("deed", String(8), primary_key=True),
    _text("title"),
    _text("came"),
    _text("went"),
    Index("ix_lessons_about_name", "about", "name"),
)

# Work that was retracted, by the operator's data set; `key` is "doi NAME" or "pmid NUMBER".
retracted = Table(
    "retracted",
    metadata,
    Column("key", Text, primary_key=True),
    _text("nature"),
    _text("day"),
    _text("reason"),
    _text("notice"),
)

# What was wrong in an issue that went out, in an editor's words; `number` counts from 1. If it is
# mailed, its approval and its send are named `2026-W47-c1`.
corrections = Table(
    "corrections",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
)

# A work that an issue rested on and that was retracted since; editors are told of each once.
retracted_picks = Table(
    "retracted_picks",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("said", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# A reader whom nothing reached for many issues and who was asked whether they still want it;
# `answered_at` when they said so.
stays = Table(
    "stays",
    metadata,
    Column("subscriber_id", Key, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("answered_at", Moment),
)

# A person on the list; `key` is the address by which they are unique.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    _text("name"),
    Column("state", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    _text("source"),
    Column("sections", SmallInteger, nullable=False, default=7, server_default="7"),
    Column("paused_until", Moment),
    Column("asked_at", Moment),
    _number("asked"),
    Index("ix_subscribers_state", "state", "id"),
    sqlite_autoincrement=True,
)

# The words under which people agreed, each version once; the digest is the text's SHA-256.
wordings = Table(
    "wordings",
    metadata,
    Column("id", Key, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# Append-only proof of what a person agreed to; a trigger refuses changes.
consents = Table(
    "consents",
    metadata,
    Column("id", Key, primary_key=True),
    Column(
        "subscriber_id",
        Key,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("act", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    _text("source"),
    # A version of `wordings`, 0 for none. No foreign key: it would be looked up for each of a
    # million rows of a list, and no wording is ever deleted.
    _number("wording_id"),
    _text("origin"),
    _text("user_agent"),
    # What is still to be blanked once its time is over.
    Index(
        "ix_consents_origin",
        "at",
        sqlite_where=text("origin != '' OR user_agent != ''"),
        postgresql_where=text("origin != '' OR user_agent != ''"),
    ),
    # Who left since when.
    Index(
        "ix_consents_left",
        "at",
        sqlite_where=text("act = 'leave'"),
        postgresql_where=text("act = 'leave'"),
    ),
    sqlite_autoincrement=True,
)

# An address that a person wants to be reached at instead, until it is confirmed from there.
address_changes = Table(
    "address_changes",
    metadata,
    Column("id", Key, primary_key=True),
    Column(
        "subscriber_id",
        Key,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("email", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# Why somebody left, if they said so: a reason of our list, and nobody's name.
leave_reasons = Table(
    "leave_reasons",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("reason", String(20), nullable=False),
    sqlite_autoincrement=True,
)

# A key to the API, by its hash; `scopes` parted by spaces.
api_keys = Table(
    "api_keys",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
)

# A keyed hash of an address that asked to be forgotten, so that no import brings it back.
erasures = Table(
    "erasures",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    # Names the key of the hash; empty for those from before keys had names.
    Column("keyed_by", String(8), nullable=False, default="", server_default=""),
)

# An address that must not be mailed, whatever the list says.
suppressions = Table(
    "suppressions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    _text("source"),
    Column("told_at", Moment),
)

# An address that may be mailed again, until the provider was told so too; `scope` says which of
# its lists it is taken off.
lifts = Table(
    "lifts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("scope", String(10), nullable=False, default="all", server_default="all"),
)

# How often an address of origin used the form since a moment, so that nobody floods strangers.
attempts = Table(
    "attempts",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    _number("count"),
    Index("ix_attempts_since", "since"),
)

# A mail to one person that waits to be handed over (confirmation, welcome, notice).
mails = Table(
    "mails",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("to", Text, nullable=False),
    Column("subscriber_id", Key),
    Column("values", JSON, nullable=False),
    Column("state", String(10), nullable=False, default="waiting", server_default="waiting"),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("lease_until", Moment),
    _number("attempts"),
    _text("message_id"),
    _text("reason"),
    Index("ix_mails_state", "state", "due_at"),
    sqlite_autoincrement=True,
)

# One issue on its way: frozen audience, time of delivery, and how it stands.
sends = Table(
    "sends",
    metadata,
    Column("id", Key, primary_key=True),
    Column("week", String(12), nullable=False),
    Column("take", Integer, nullable=False),
    Column("ref", String(16), nullable=False, unique=True),
    Column("approval_id", Key, ForeignKey("approvals.id"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", String(10), nullable=False, default="open", server_default="open"),
    Column("frozen_at", Moment, nullable=False),
    Column("send_at", Moment),
    Column("undo_until", Moment),
    Column("finished_at", Moment),
    _number("audience"),
    _text("audience_digest"),
    Column("resumed_at", Moment),
    _text("reason"),
    UniqueConstraint("week", "take"),
    sqlite_autoincrement=True,
)

# A provider's batch id under which some batches can be cancelled together.
lanes = Table(
    "lanes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("send_id", Key, ForeignKey("sends.id"), nullable=False),
    Column("number", Integer, nullable=False),
    _number("round"),
    _text("batch_id"),
    Column("send_at", Moment),
    Column("state", String(10), nullable=False, default="open", server_default="open"),
    UniqueConstraint("send_id", "number", "round"),
    sqlite_autoincrement=True,
)

# Up to 1,000 deliveries handed over in one request; the state of all its deliveries.
batches = Table(
    "batches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("send_id", Key, ForeignKey("sends.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("variant", SmallInteger, nullable=False),
    Column("lane_id", Key, ForeignKey("lanes.id")),
    Column("state", String(10), nullable=False, default="ready", server_default="ready"),
    _number("size"),
    Column("lease_until", Moment),
    _text("holder"),
    _number("attempts"),
    Column("not_before", Moment),
    _text("message_id"),
    _number("status"),
    _text("reason"),
    Column("claimed_at", Moment),
    Column("done_at", Moment),
    UniqueConstraint("send_id", "number"),
    Index("ix_batches_state", "send_id", "state", "number"),
    Index("ix_batches_message_id", "message_id"),
    sqlite_autoincrement=True,
)

# One issue to one subscriber. Its state is its batch's, unless `exception` says otherwise.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("send_id", Key, ForeignKey("sends.id"), nullable=False),
    Column("subscriber_id", Key, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("exception", String(12)),
    Column("reason", Text),
    UniqueConstraint("send_id", "subscriber_id"),
    Index("ix_deliveries_batch", "send_id", "batch"),
    Index(
        "ix_deliveries_exception",
        "send_id",
        sqlite_where=text("exception IS NOT NULL"),
        postgresql_where=text("exception IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

# Bounces that may pass: those of one person are counted together.
_SOFT = text("kind = 'bounced' AND NOT permanent")

# What the provider reported, each once by its own id, in any order. Opens and clicks name no
# person: `mark` tells readers of one issue apart, and cannot be turned back without the secret.
events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("send_id", Key),
    Column("delivery_id", Key),
    Column("subscriber_id", Key),
    _text("message_id"),
    _text("reason"),
    Column("permanent", Boolean, nullable=False, default=False, server_default="0"),
    Column("machine", Boolean, nullable=False, default=False, server_default="0"),
    Column("cause", String(20), nullable=False, default="", server_default=""),
    Column("mailbox", String(20), nullable=False, default="", server_default=""),
    Column("mark", String(16), nullable=False, default="", server_default=""),
    _text("link"),
    Index("ix_events_send", "send_id", "kind"),
    Index("ix_events_delivery", "delivery_id"),
    Index(
        "ix_events_soft",
        "subscriber_id",
        sqlite_where=_SOFT,
        postgresql_where=_SOFT,
    ),
)

# What became of an issue, counted: kept once its events are gone, and so that pages need not
# count again. `events` is how many there were.
figures = Table(
    "figures",
    metadata,
    Column("send_id", Key, ForeignKey("sends.id"), primary_key=True),
    Column("at", Moment, nullable=False),
    _number("events"),
    Column("counted", JSON, nullable=False),
)

# What could not be taken in, counted and kept to be looked at: stage, reason, no personal data.
set_aside = Table(
    "set_aside",
    metadata,
    Column("id", Key, primary_key=True),
    Column("stage", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    _text("thing"),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)

# An editor's one-time link into the desk, by the hash of its token.
logins = Table(
    "logins",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("editor", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

# An editor who is signed in, by the hash of the cookie.
sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("editor", Text, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# A change of an `issue.toml`: who, what, and the whole text afterwards (zlib). What it was before
# is the row before; changes by a text editor get a row of their own as soon as they are noticed.
edits = Table(
    "edits",
    metadata,
    Column("id", Key, primary_key=True),
    Column("week", String(8), nullable=False),
    Column("at", Moment, nullable=False),
    _text("by"),
    Column("what", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("text", LargeBinary, nullable=False),
    Index("ix_edits_week", "week", "id"),
    sqlite_autoincrement=True,
)

# A link, by its hash, under which anybody may look at a week's preview until it expires.
shares = Table(
    "shares",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("week", String(8), nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# The newest moment of the calendar at which an entry was begun, and what came of it.
ticks = Table(
    "ticks",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("done_at", Moment),
    _text("outcome"),
    _text("trouble"),
)

# A cause of alarm that stands: operators are told once, and again only if it comes back.
alerts = Table(
    "alerts",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("told", Text, nullable=False),
)

# A restore of this database from a backup, after which some things wait for an operator's word.
restores = Table(
    "restores",
    metadata,
    Column("id", Key, primary_key=True),
    Column("backup_at", Moment, nullable=False),
    Column("restored_at", Moment, nullable=False),
    Column("synced_at", Moment),
    sqlite_autoincrement=True,
)

# A signed report that was taken in and waits for a worker to digest it; then it is deleted.
reports = Table(
    "reports",
    metadata,
    Column("id", Key, primary_key=True),
    Column("received_at", Moment, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
