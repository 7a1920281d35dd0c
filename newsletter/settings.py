"""Settings: environment over `.env` over `newsletter.toml`, read once, checked once.

Names stand with the prefix `NEWSLETTER_`; the conventional ones (`DATABASE_URL`,
`SENDGRID_...`) without. `.env` and `newsletter.toml` lie in `NEWSLETTER_HOME`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, BaseModel, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from newsletter.errors import BadValue, WrongUsage
from newsletter.model import Email, Masthead

PREFIX = "NEWSLETTER_"
SENDGRID = "https://api.sendgrid.com"

# Settings that carry their conventional name, without our prefix.
PLAIN_NAMES = (
    "database_url",
    "sendgrid_api_key",
    "sendgrid_base_url",
    "sendgrid_webhook_public_key",
)
_DEMO_ADDRESS = "http://127.0.0.1:8000"


def _plain(name: str) -> Any:
    return AliasChoices(name, name.upper())


class GatherSettings(BaseModel):
    """How feeds are fetched. Times in the unit that the name says, sizes in bytes unpacked."""

    model_config = {"extra": "forbid"}

    connect_seconds: float = Field(10, gt=0, le=120, description="until a connection stands")
    read_seconds: float = Field(20, gt=0, le=300, description="between two pieces of an answer")
    total_seconds: float = Field(60, gt=0, le=900, description="for one feed, redirects included")
    parse_seconds: float = Field(20, gt=0, le=300, description="for reading one feed or page")
    body_bytes: int = Field(10 * 1024 * 1024, gt=1024, description="largest feed, unpacked")
    redirects: int = Field(5, ge=0, le=20, description="hops that are followed")
    at_a_time: int = Field(64, ge=1, le=512, description="feeds fetched at a time")
    per_host: int = Field(2, ge=1, le=16, description="requests at a time to one host")
    pause_seconds: float = Field(
        1.0, ge=0, le=60, description="between two requests to one host; none on loopback"
    )
    entries: int = Field(2000, ge=1, le=100_000, description="entries of one feed that are taken")
    processes: int = Field(
        0, ge=0, le=64, description="that parse; 0: one for each processor, 4 at most"
    )
    moves: int = Field(
        3,
        ge=1,
        le=100,
        description="days on which a permanent redirect is seen before a feed moves",
    )
    backoff_minutes: float = Field(
        10, gt=0, le=10_080, description="the first wait for a failing feed; it doubles"
    )
    backoff_most_hours: float = Field(24, gt=0, le=720, description="the longest such wait")
    slow_minutes: float = Field(
        60, gt=0, le=10_080, description="wait after a 429 that does not say how long"
    )
    fresh_most_hours: float = Field(24, ge=0, le=720, description="longest max-age that is obeyed")
    told_most_days: float = Field(7, gt=0, le=90, description="longest Retry-After that is obeyed")
    articles: int = Field(
        50, ge=0, le=10_000, description="pages read a run for posts with a teaser only; 0: none"
    )
    articles_seconds: float = Field(
        120, gt=0, le=3600, description="for these pages together; the rest is read next time"
    )
    silent_days: int = Field(
        60, ge=1, le=3650, description="without a post after which a feed is shown as silent"
    )


class JoinSettings(BaseModel):
    """What joining asks and limits."""

    model_config = {"extra": "forbid"}

    confirm_days: float = Field(7, gt=0, le=60, description="how long a confirmation link is good")
    confirmations_a_day: int = Field(1, ge=1, le=10, description="to one address")
    confirmations_in_all: int = Field(
        3, ge=1, le=20, description="to one address that never confirms"
    )
    joins_an_hour_per_origin: int = Field(20, ge=1, description="from one address of origin")
    joins_a_minute: int = Field(
        300, ge=0, description="from everywhere together, then all are asked to wait; 0: any number"
    )
    sites: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="other sites whose scripts may post the form, parted by commas; * for all"
    )
    form_token: bool = Field(
        False, description="take the form only with the token that our own page or a script got"
    )
    proof_of_work: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="numbers that a browser tries before it may join (ALTCHA); 0: none",
    )
    check_dns: bool = Field(False, description="refuse domains that take no mail, by asking DNS")
    refused_domains: str = Field(
        "", description="file with domains that may not join, one a line, throw-away ones say"
    )
    reminder: bool = Field(False, description="ask once more, after two days without an answer")
    pending_days: float = Field(
        30, ge=1, le=365, description="after which those who never confirmed are erased"
    )
    origin_days: float = Field(
        180, ge=0, le=3650, description="how long address of origin and program of an act are kept"
    )

    @field_validator("sites", mode="before")
    @classmethod
    def _parted(cls, value: object) -> object:
        return _parts(value)


class WebSettings(BaseModel):
    """How the pages are reached."""

    model_config = {"extra": "forbid"}

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses whose X-Forwarded headers are believed, parted by commas"
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="who sends it as a bearer token may read /metrics; without it this machine may",
    )
    hsts: bool | None = Field(
        None, description="tell browsers to use HTTPS alone; unless set, if the address is https"
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _parted(cls, value: object) -> object:
        return _parts(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one, strict=False)
            except ValueError as error:
                # Not even `*`: then every visitor could say that they come from anywhere.
                raise ValueError(f"addresses or networks of proxies; {one!r} is none") from error
        return value


def _parts(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list) else value


class KeepSettings(BaseModel):
    """How long what is kept, in days; the hourly `tidy` removes the rest and says how much."""

    model_config = {"extra": "forbid"}

    events_days: float = Field(
        400, ge=7, le=36500, description="events of an issue; its figures are kept for good"
    )
    looks_days: float = Field(90, ge=3, le=36500, description="marks of opens and clicks")
    mails_days: float = Field(90, ge=1, le=36500, description="mails to single people that went")
    set_aside_days: float = Field(
        180, ge=1, le=36500, description="notes of what could not be taken in"
    )


class CalendarSettings(BaseModel):
    """When what happens by itself: cron expressions in the newsletter's time zone, or `never`."""

    model_config = {"extra": "forbid"}

    gather: str = Field("0 5 * * *", description="ask the feeds what is new")
    draft: str = Field("0 6 * * 4", description="draft the week's issue and tell the editors")
    tidy: str = Field("17 * * * *", description="remind and let go of who never confirmed")
    recall: str = Field("20 7 * * 1", description="look for picks that were retracted since")
    suppressions: str = Field("40 4 * * *", description="take in SendGrid's suppression lists")
    watch: str = Field("*/15 * * * *", description="look for what an operator must know")
    sends: str = Field("*/5 * * * *", description="workers: go on with sends that are under way")

    @field_validator("*")
    @classmethod
    def _a_cron(cls, value: str) -> str:
        from croniter import croniter

        if value != "never" and not croniter.is_valid(value):
            raise ValueError("five fields of cron like '0 5 * * *', or never")
        return value

    def hours(self) -> dict[str, str]:
        """The entries with their cron expressions."""
        return self.model_dump()


class Settings(BaseSettings):
    """Every setting of the house, with its default; `docs/settings.md` lists them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(Path(), description="where issues, subscribers, templates, feeds.opml lie")
    database_url: str = Field(
        "", validation_alias=_plain("database_url"), description="SQLite or PostgreSQL"
    )
    sendgrid_api_key: str = Field(
        "",
        validation_alias=_plain("sendgrid_api_key"),
        repr=False,
        description="without it mail goes to the local sandbox's outbox",
    )
    sendgrid_base_url: str = Field(
        SENDGRID,
        validation_alias=_plain("sendgrid_base_url"),
        description="another host that speaks SendGrid's API, without a path",
    )
    sendgrid_webhook_public_key: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        validation_alias=_plain("sendgrid_webhook_public_key"),
        description="keys that sign events, parted by commas; without one all events are refused",
    )
    secret: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        repr=False,
        description="signs tokens and sessions; several parted by commas, the first signs",
    )
    base_url: str = Field(_DEMO_ADDRESS, description="public address in links")
    from_: str = Field(
        "",
        validation_alias=AliasChoices("from", "NEWSLETTER_FROM"),
        description="sender, NAME <ADDRESS> or ADDRESS",
    )
    reply_to: str = Field("", description="where answers go")
    title: str = Field("", description="the newsletter's name")
    postal_address: str = Field("", description="the postal address that the law wants in a mail")
    editors: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="addresses that may use the desk and approve, parted by commas"
    )
    approvers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="those of the editors who may approve, parted by commas; unless set, all of "
        "them",
    )
    second_reader: bool = Field(
        False, description="whoever approves must be another than who edited last"
    )
    operators: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="addresses that alarms are mailed to, parted by commas; unless set, the "
        "editors'",
    )
    undo_minutes: float | None = Field(
        None,
        ge=0,
        le=24 * 60,
        description="time to change one's mind after a send; 15 unless set, "
        "and 0 while mail goes to the local sandbox",
    )
    rate: float | None = Field(None, gt=0, description="recipients a second at most")
    lanes: int = Field(4, ge=1, le=9, description="SendGrid batch ids per issue")
    in_flight: int = Field(16, ge=1, le=256, description="requests at a time")
    hands: int = Field(4, ge=1, le=256, description="workers that are asked to help with a send")
    batch_size: int = Field(1000, ge=1, le=1000, description="recipients a request")
    request_seconds: float = Field(30, gt=0, le=300, description="how long an answer may take")
    late_hours: float = Field(
        24, gt=0, description="a send that lay longer goes on by `send --late` alone"
    )
    spread_hours: float = Field(
        0, ge=0, le=48, description="from the first readers' delivery to the last ones'"
    )
    brake_bounces: float = Field(
        0.1, gt=0, le=1, description="share of bounces at which a send pauses itself"
    )
    brake_complaints: float = Field(
        0.003, gt=0, le=1, description="share of complaints at which a send pauses itself"
    )
    brake_after: int = Field(
        200, ge=1, description="deliveries whose fate must be known before the brake judges"
    )
    dkim_selectors: Annotated[tuple[str, ...], NoDecode] = Field(
        ("s1", "s2"), description="names of the DKIM keys that `doctor` looks for, by commas"
    )
    dns_server: str = Field(
        "", description="ADDRESS or ADDRESS:PORT that `doctor` asks in place of the system's DNS"
    )
    soft_bounces: int = Field(
        3, ge=1, le=100, description="bounces that may pass after which an address is bounced"
    )
    soft_bounce_days: float = Field(60, gt=0, le=3650, description="how long such a bounce counts")
    sunset_issues: int = Field(
        8, ge=2, le=100, description="issues of which none arrived, after which a reader is silent"
    )
    sunset_days: float = Field(
        30, ge=1, le=3650, description="how long an answer is waited for before one is let go"
    )
    track_clicks: bool = Field(False, description="let SendGrid rewrite links to count clicks")
    track_opens: bool = Field(False, description="let SendGrid add a picture to count opens")
    track_people: bool = Field(
        False, description="keep who opened and clicked what; else how many, and nobody's name"
    )
    smallest_issue: int = Field(3, ge=1, le=100, description="fewest picks that make an issue")
    largest_issue: int = Field(12, ge=1, le=100, description="most picks in an issue")
    allow_private_networks: bool = Field(
        False, description="may feeds and links lie on loopback and private addresses"
    )
    timezone: str = Field("UTC", description="weeks and times that people see")
    log: str = Field("text", description="how the journal is written: text or json")
    log_level: str = Field("info", description="from which level: debug, info, warning, error")
    now: datetime | None = Field(None, description="a fixed time in place of the clock")
    drill: str = Field(
        "", description="STEP:N ends the process the Nth time it comes to a step of a send"
    )
    gather: GatherSettings = Field(GatherSettings(), description="fetching")
    join: JoinSettings = Field(JoinSettings(), description="joining")
    web: WebSettings = Field(WebSettings(), description="pages")
    keep: KeepSettings = Field(KeepSettings(), description="retention")
    calendar: CalendarSettings = Field(CalendarSettings(), description="what happens by itself")

    @field_validator(
        "sendgrid_webhook_public_key",
        "secret",
        "editors",
        "approvers",
        "operators",
        "dkim_selectors",
        mode="before",
    )
    @classmethod
    def _listed(cls, value: object) -> object:
        return _parts(value)

    @field_validator("base_url", "sendgrid_base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("an address like https://news.example.org")
        return value.rstrip("/")

    @field_validator("sendgrid_base_url")
    @classmethod
    def _host_alone(cls, value: str) -> str:
        if urlsplit(value).path:
            raise ValueError("an address without a path, like https://api.eu.sendgrid.com")
        return value

    @field_validator("from_", "reply_to")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if value:
            _parse_email(mailbox(value)[1])
        return value

    @field_validator("editors", "approvers", "operators")
    @classmethod
    def _mail_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_parse_email(one).key for one in value)

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(one) < 16 for one in value):
            raise ValueError("at least 16 characters of chance")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("a time zone's name like Europe/Zurich") from error
        return value

    @field_validator("log")
    @classmethod
    def _format(cls, value: str) -> str:
        return _one_of(value, ("text", "json"))

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        return _one_of(value, ("debug", "info", "warning", "error"))

    @field_validator("now")
    @classmethod
    def _with_zone(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value

    @property
    def zone(self) -> tzinfo:
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)

    @property
    def local(self) -> bool:
        """Whether mail stays on this machine, in the sandbox's outbox."""
        return not self.sendgrid_api_key

    @property
    def undo(self) -> float:
        """The undo window in minutes. Nothing that stays on this machine needs one."""
        if self.undo_minutes is not None:
            return self.undo_minutes
        return 0.0 if self.local else 15.0

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.folder('subscribers') / 'newsletter.sqlite'}"

    @property
    def outbox(self) -> Path:
        return self.folder("subscribers") / "outbox"

    def folder(self, name: str) -> Path:
        return self.home / name

    @property
    def masthead(self) -> Masthead:
        return Masthead(
            title=self.title or "Newsletter",
            base_url=self.base_url,
            postal_address=self.postal_address,
            sender=self.from_,
            reply_to=self.reply_to,
            # Without click tracking nobody hears who followed it.
            canary=self.track_clicks,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `init_settings` carries what newsletter.toml says: the last word is the environment's.
        return env_settings, dotenv_settings, init_settings


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the home that the environment names.

    Raises `WrongUsage` with the variable, what was given and what is wanted.
    """
    env = os.environ if environment is None else environment
    home = Path(env.get("NEWSLETTER_HOME") or ".").expanduser().resolve()
    if home.exists() and not home.is_dir():
        raise WrongUsage(f"NEWSLETTER_HOME is {str(home)!r}, which is no folder.")
    values = _from_toml(home / "newsletter.toml")
    dotenv = home / ".env"
    try:
        return Settings(
            _env_file=dotenv if dotenv.is_file() else None,
            **{**values, "home": home},
        ).model_copy(update={"home": home})
    except ValidationError as error:
        raise WrongUsage(_sentence(error)) from error
    except Exception as error:  # pydantic-settings wraps what it cannot read in its own errors
        raise WrongUsage(f"The settings cannot be read: {error}") from error


def mailbox(text: str) -> tuple[str, str]:
    """Split `NAME <ADDRESS>` or `ADDRESS` into name and address."""
    name, bracket, rest = text.strip().rpartition("<")
    if bracket and rest.endswith(">"):
        return name.strip().strip('"'), rest[:-1].strip()
    return "", text.strip()


def variable(name: str) -> str:
    """The environment variable of a setting, `gather.articles` -> `NEWSLETTER_GATHER__ARTICLES`."""
    if name in PLAIN_NAMES:
        return name.upper()
    return PREFIX + name.rstrip("_").replace(".", "__").upper()


def _from_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{path.name} is no TOML file: {error}. Mend it at that place.") from error
    known = {name.rstrip("_") for name in Settings.model_fields} - {"home"}
    for name in values:
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f" Did you mean {near[0]!r}?" if near else " See docs/settings.md."
            raise WrongUsage(f"{path.name} has an unknown setting {name!r}.{meant}")
    return values


def _one_of(value: str, known: Sequence[str]) -> str:
    if value.lower() not in known:
        raise ValueError(f"one of {', '.join(known)}")
    return value.lower()


def _parse_email(text: str) -> Email:
    try:
        return Email.parse(text)
    except BadValue as error:
        raise ValueError(f"a mail address like news@example.org ({error})") from error


_WANTED: dict[str, str] = {
    "bool_parsing": "true or false",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "datetime_from_date_parsing": "a time like 2026-11-18T12:00:00Z",
    "datetime_parsing": "a time like 2026-11-18T12:00:00Z",
    "extra_forbidden": "a known name; see docs/settings.md",
}


_SAYS = re.compile(r"^(Value error, |Input should be )")


def _sentence(error: ValidationError) -> str:
    lines = []
    for one in error.errors():
        place = [str(part) for part in one["loc"]]
        name = variable(".".join(place).lower().removeprefix(PREFIX.lower()))
        wanted = _WANTED.get(one["type"]) or _SAYS.sub("", one["msg"])
        given = "..." if "SECRET" in name or "KEY" in name else repr(one["input"])
        lines.append(f"{name} is {given}; wanted: {wanted}.")
    return " ".join(lines)
